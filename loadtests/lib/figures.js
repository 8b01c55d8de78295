// Turns k6's end-of-test data into one result per combination, in version 1 of the result schema.

import { latency, rounded, percentileOf } from './latency.js';
import { CACHE_ANSWERS, CURVE, FAILED, FAILURES, figureName, SLICES } from './measures.js';
import { headToHead, turns } from './turn_figures.js';

/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {import('./combinations.js').Combination} Combination */
/** @typedef {import('./phases.js').Phase} Phase */
/** @typedef {(name: string) => Record<string, number>} Figures the values of one metric, empty when nothing was counted */

/** Whether k6 passes its machine-readable summary, which lacks most percentiles. @param {any} data */
export function isMachineReadable(data) {
  return Boolean(data.results);
}

/** Reads k6's default summary (1.x and 2.x) and its machine-readable one (since 1.5). @param {any} data @returns {Figures} */
export function figuresOf(data) {
  const table = isMachineReadable(data) ? machineReadable(data) : data.metrics;
  return (name) => (table[name] && table[name].values) || {};
}

/** @param {any} data @returns {Record<string, any>} */
function machineReadable(data) {
  // k6 passes Go structs; only after a round trip through JSON are they plain texts and numbers.
  const listed = /** @type {any[]} */ (JSON.parse(JSON.stringify(data.results.metrics)));
  return Object.fromEntries(listed.map(({ name, values }) => [name, { values: { ...values, ...older(values) } }]));
}

/** The older names of values that both summaries have. @param {Record<string, number>} values of a trend, a rate or another metric */
function older({ med, p90, p95, matches, total }) {
  return { 'p(50)': med, 'p(90)': p90, 'p(95)': p95, passes: matches, fails: total - matches };
}

/** Seconds of the whole run of k6, to the millisecond. @param {any} data */
function runtime(data) {
  return rounded(isMachineReadable(data) ? Number(data.config.duration) : data.state.testRunDurationMs / 1000);
}

/** Run id and k6 version; the machine-readable summary has the version but not the data of setup(). @param {any} data */
function origin(data) {
  const { id = null, k6 = null } = data.setup_data || {};
  return { run_id: id, k6: { version: data.metadata ? String(data.metadata.k6_version) : k6 } };
}

/** @param {Figures} figures @param {string} metric @param {Record<string, string>} tags */
function count(figures, metric, tags) {
  return figures(figureName(metric, tags)).count || 0;
}

/** @param {Figures} figures @param {Record<string, string>} tags */
function outcome(figures, tags) {
  const kinds = FAILURES.map((kind) => [kind, count(figures, 'wrong_answers', { ...tags, kind })]);
  const failures = /** @type {Record<string, number>} */ (Object.fromEntries(kinds));
  const requests = count(figures, 'http_reqs', tags);
  const failed = FAILED.reduce((sum, kind) => sum + failures[kind], 0);
  const total = FAILURES.reduce((sum, kind) => sum + failures[kind], 0);
  const trend = figures(figureName('http_req_duration', tags));
  const late = count(figures, 'late_answers', tags);
  return { requests, failed, checks_failed: total - failed, late, latency_ms: latency(trend, requests), failures };
}

/** @param {Figures} figures @param {Record<string, string>} tags @param {Settings} settings */
function routes(figures, tags, settings) {
  const names = Object.keys(settings.mix).sort();
  return Object.fromEntries(names.map((route) => [route, outcome(figures, { ...tags, route })]));
}

/** @param {Figures} figures @param {Record<string, string>} tags */
function percentiles(figures, tags) {
  const trend = figures(figureName('http_req_duration', tags));
  const requests = count(figures, 'http_reqs', tags);
  return Object.fromEntries(CURVE.map((place) => [`p${place}`, percentileOf(trend, place, requests)]));
}

/** The figures of each slice of the measured time; empty if k6 does not count its requests. @param {Figures} figures @param {Record<string, string>} tags @param {number} duration */
function timeline(figures, tags, duration) {
  if (duration === 0 || figures(figureName('http_req_duration', tags)).count === undefined) return [];
  const width = duration / SLICES;
  return Array.from({ length: SLICES }, (_, number) => ({
    start_s: Math.round(number * width * 1000) / 1000,
    duration_s: Math.round(width * 1000) / 1000,
    ...slice(figures, { ...tags, slice: String(number) }),
  }));
}

/** @param {Figures} figures @param {Record<string, string>} tags */
function slice(figures, tags) {
  const trend = figures(figureName('http_req_duration', tags));
  const requests = trend.count || 0;
  const failed = FAILED.reduce((sum, kind) => sum + count(figures, 'wrong_answers', { ...tags, kind }), 0);
  const { avg, p50, p95, max } = latency(trend, requests);
  return { requests, failed, latency_ms: { avg, p50, p95, max } };
}

/** The whole curve, whatever the number of requests; pooling several starts needs it. @param {Figures} figures @param {Record<string, string>} tags */
function quantiles(figures, tags) {
  const trend = figures(figureName('http_req_duration', tags));
  const inner = CURVE.map((place) => [place, rounded(trend[`p(${place})`])]);
  const requests = count(figures, 'http_reqs', tags);
  const all = [[0, rounded(trend.min)], ...inner, [100, rounded(trend.max)]];
  return Object.fromEntries(all.map(([place, value]) => [place, requests > 0 ? value : null]));
}

/** @param {number} vus @param {number} seconds of one visitor's round */
function ceiling(vus, seconds) {
  return seconds > 0 ? Math.round((vus / seconds) * 100) / 100 : null;
}

/** The result of one combination, null if it was not measured to the end. @param {any} data @param {Combination} combination @param {Settings} settings @param {Phase[]} phases */
export function resultOf(data, combination, settings, phases) {
  const figures = figuresOf(data);
  const since = figures(figureName('measured_since', { combination: combination.name })).value;
  if (!since || Date.now() < since + settings.duration * 1000) return null;
  const tags = { phase: 'measured', combination: combination.name };
  const { failures, ...counted } = outcome(figures, tags);
  const { mean, fixed } = settings.think;
  const service = settings.combinations.indexOf(combination);
  const labels = CACHE_ANSWERS.map((label) => [label, count(figures, 'cache_answers', { ...tags, label })]);
  return {
    schema: 1,
    combination: combination.name,
    varies: combination.varies,
    profile: settings.profile,
    round: settings.round,
    started_at: new Date(since).toISOString(),
    duration_s: settings.duration,
    warm_up_s: settings.warmUp,
    vus: settings.vus,
    rate_rps: settings.rate,
    think_time_s: mean,
    think: fixed ? 'fixed' : 'uniform',
    mix: settings.mix,
    routes_sha256: settings.routesHash,
    hit_ratio_asked: 'page' in settings.mix ? settings.hitRatio : null,
    ...counted,
    failures,
    short_stock: count(figures, 'short_stock', tags),
    dropped_iterations: count(figures, 'dropped_iterations', { scenario: combination.name }),
    throughput_rps: settings.duration > 0 ? Math.round((counted.requests / settings.duration) * 100) / 100 : 0,
    ceiling_rps: settings.rate ? null : ceiling(settings.vus, mean + (counted.latency_ms.avg || 0) / 1000),
    ceiling_without_latency_rps: ceiling(settings.vus, mean),
    percentiles: percentiles(figures, tags),
    quantiles: quantiles(figures, tags),
    timeline: timeline(figures, tags, settings.duration),
    routes: routes(figures, tags, settings),
    cache: Object.fromEntries(labels),
    turns: turns(figures, phases, service),
    head_to_head: headToHead(figures, phases, service),
    weights: phases.length > 0 ? settings.weights : {},
    starts: 1,
    measured_s: runtime(data),
    ...origin(data),
  };
}
