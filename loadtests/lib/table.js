// A plain-text table of the combinations side by side.

/** @typedef {any} Result one combination's result */

const MISSING = '-';

/** @param {number | null} value @param {number} places */
function number(value, places) {
  return value === null || value === undefined || Number.isNaN(value) ? MISSING : value.toFixed(places);
}

/** The share of hits among the answers that name the cache. @param {Result} result */
function hitRatio(result) {
  const { hit, miss, stale, bypass } = result.cache;
  const answers = hit + miss + stale + bypass;
  return answers > 0 ? `${number((100 * (hit + stale)) / answers, 1)} %` : MISSING;
}

/** @param {Result} result @param {Result | undefined} base */
function timesQuicker(result, base) {
  if (!base || !result.latency_ms.avg) return MISSING;
  return `${number(base.latency_ms.avg / result.latency_ms.avg, 2)}x`;
}

/** @param {Result} result @param {Result | undefined} base */
function timesMore(result, base) {
  return base && base.throughput_rps ? `${number(result.throughput_rps / base.throughput_rps, 2)}x` : MISSING;
}

/** @type {Array<[string, (result: Result, base: Result | undefined) => string]>} */
const ROWS = [
  ['requests', (result) => String(result.requests)],
  ['req/s', (result) => number(result.throughput_rps, 1)],
  ['  ceiling VUs/(Z + latency)', (result) => number(result.ceiling_rps, 1)],
  ['  ceiling VUs/Z', (result) => number(result.ceiling_without_latency_rps, 1)],
  ['avg ms', (result) => number(result.latency_ms.avg, 2)],
  ['p50 ms', (result) => number(result.latency_ms.p50, 2)],
  ['p95 ms', (result) => number(result.latency_ms.p95, 2)],
  ['p99 ms', (result) => number(result.latency_ms.p99, 2)],
  ['max ms', (result) => number(result.latency_ms.max, 2)],
  ['failed', (result) => String(result.failed)],
  ['wrong answers', (result) => String(result.checks_failed)],
  ['stock short (expected)', (result) => String(result.short_stock)],
  ['cache hit ratio', hitRatio],
  ['avg: times quicker than sync', timesQuicker],
  ['req/s: times sync', timesMore],
];

/** @param {Result[]} results */
export function table(results) {
  const base = results.find((result) => result.combination === 'sync');
  const lines = ROWS.map(([title, cell]) => [title, ...results.map((result) => cell(result, base))]);
  const all = [['', ...results.map((result) => result.combination)], ...lines];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const text = all.map((line) => line.map((cell, column) => aligned(cell, widths[column], column)).join('  '));
  return `\n${text.map((line) => line.trimEnd()).join('\n')}\n\n${notes(results)}`;
}

/** @param {string} cell @param {number} width @param {number} column */
function aligned(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** @param {Result[]} results */
function notes(results) {
  const { profile, vus, rate_rps: rate, think_time_s: think, duration_s: duration } = results[0];
  const who = rate ? `${rate} requests a second, ${vus} VUs at most` : `${vus} VUs, mean think time Z = ${think} s`;
  const load = `profile ${profile}: ${who}, ${duration} s measured each.`;
  return `${load}\nA dash is too few requests (p95 needs 200, p99 needs 1000), or no cache.\n`;
}
