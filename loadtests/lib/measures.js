// What is counted while the load runs, and which of it is kept per combination and per route.

import http from 'k6/http';
import { Counter, Gauge } from 'k6/metrics';

/** @typedef {import('./settings.js').Settings} Settings */

export const FAILED = ['no answer', 'redirect', 'status'];
export const FAILURES = [...FAILED, 'combination', 'content type', 'body'];
export const CACHE_ANSWERS = ['hit', 'miss', 'stale', 'bypass', 'off'];
// The curve is denser towards its slow end, which is where services differ.
export const CURVE = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 92.5, 95, 97.5, 99, 99.5, 99.9];
// The quantile function that parts of a load hand over, as dense as pooling needs: k6 knows of its part after its options.
export const PLACES = [...places(0, 90, 0.5), ...places(90, 98, 0.1), ...places(98, 100, 0.01)];
// Parts of the measured time, each with figures of its own, to show what changes while it lasts.
export const SLICES = 12;

export const wrongAnswers = new Counter('wrong_answers');
export const cacheAnswers = new Counter('cache_answers');
export const shortStock = new Counter('short_stock');
export const lateAnswers = new Counter('late_answers');
export const orders = new Counter('orders');
export const measuredSince = new Gauge('measured_since');
export const visitors = new Counter('visitors');

/** Percentiles after `from` up to `to`. @param {number} from @param {number} to @param {number} step */
function places(from, to, step) {
  return Array.from({ length: Math.round((to - from) / step) }, (_, place) => Math.round(100 * (from + (place + 1) * step)) / 100);
}

export function trendStats() {
  return ['avg', 'min', 'med', 'max', 'count', ...PLACES.map((place) => `p(${place})`)];
}

/** The name of one figure: a metric with tags. @param {string} metric @param {Record<string, string>} tags */
export function figureName(metric, tags) {
  const list = Object.entries(tags).map(([tag, value]) => `${tag}:${value}`);
  return `${metric}{${list.join(',')}}`;
}

/** The part of the measured time that a request belongs to. @param {number} seconds since it began @param {number} duration */
export function sliceOf(seconds, duration) {
  return String(Math.min(SLICES - 1, Math.floor((seconds / duration) * SLICES)));
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
    // What was never sent belongs to no visitor, and so has none of the scenario's own tags.
    table[figureName('dropped_iterations', { scenario: name })] = ['count==0'];
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
  const slices = Array.from({ length: SLICES }, (_, number) => ({ ...measured, slice: String(number) }));
  const scopes = [measured, ...Object.keys(settings.mix).map((route) => ({ ...measured, route }))];
  return [
    figureName('measured_since', { combination }),
    figureName('visitors', { combination }),
    figureName('short_stock', measured),
    ...scopes.flatMap((tags) => [
      figureName('http_req_duration', tags),
      figureName('http_reqs', tags),
      figureName('late_answers', tags),
      ...FAILURES.map((kind) => figureName('wrong_answers', { ...tags, kind })),
    ]),
    // A trend counts its requests too, so a slice costs one figure and those that only failures add to.
    ...slices.flatMap((tags) => [
      figureName('http_req_duration', tags),
      ...FAILED.map((kind) => figureName('wrong_answers', { ...tags, kind })),
    ]),
    ...CACHE_ANSWERS.map((label) => figureName('cache_answers', { ...measured, label })),
  ];
}
