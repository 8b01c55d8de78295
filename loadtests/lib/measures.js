// What is counted while the load runs, and which of it is kept per combination and per route.

import http from 'k6/http';
import { Counter, Gauge } from 'k6/metrics';

/** @typedef {import('./settings.js').Settings} Settings */

export const FAILURES = ['no answer', 'status', 'combination', 'content type', 'body'];
export const CACHE_ANSWERS = ['hit', 'miss', 'stale', 'bypass', 'off'];
export const TREND_STATS = ['avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'max', 'count'];

export const wrongAnswers = new Counter('wrong_answers');
export const cacheAnswers = new Counter('cache_answers');
export const shortStock = new Counter('short_stock');
export const measuredSince = new Gauge('measured_since');

/** The name of one figure: a metric with tags. @param {string} metric @param {Record<string, string>} tags */
export function figureName(metric, tags) {
  const list = Object.entries(tags).map(([tag, value]) => `${tag}:${value}`);
  return `${metric}{${list.join(',')}}`;
}

/** The answer's cache label, or nothing when the route is not cached. @param {http.Response} response */
export function cacheLabel(response) {
  const label = response.headers['X-Cache'];
  return CACHE_ANSWERS.includes(label) ? label : '';
}

/**
 * k6 hands figures per tag to the summary only where a threshold stands on the tag, so most of
 * these always hold; that no answer is wrong is the one that can fail.
 * @param {Settings} settings
 */
export function thresholds(settings) {
  /** @type {Record<string, string[]>} */
  const table = {};
  for (const { name } of settings.combinations) {
    table[figureName('wrong_answers', { combination: name })] = ['count==0'];
    table[figureName('dropped_iterations', { combination: name })] = ['count==0'];
    for (const metric of keptPerCombination(name, settings)) table[metric] = [alwaysTrue(metric)];
  }
  return table;
}

/** @param {string} metric */
function alwaysTrue(metric) {
  if (metric.startsWith('http_req_duration')) return 'max>=0';
  return metric.startsWith('measured_since') ? 'value>=0' : 'count>=0';
}

/** @param {string} combination @param {Settings} settings */
function keptPerCombination(combination, settings) {
  const measured = { phase: 'measured', combination };
  const scopes = [measured, ...Object.keys(settings.mix).map((route) => ({ ...measured, route }))];
  return [
    figureName('measured_since', { combination }),
    figureName('short_stock', measured),
    ...scopes.flatMap((tags) => [
      figureName('http_req_duration', tags),
      figureName('http_reqs', tags),
      ...FAILURES.map((kind) => figureName('wrong_answers', { ...tags, kind })),
    ]),
    ...CACHE_ANSWERS.map((label) => figureName('cache_answers', { ...measured, label })),
  ];
}
