// A k6 trend in milliseconds.

// A percentile needs this many requests beyond it: p95 needs 200 requests, p99 1,000.
const BEYOND = 10;

/** To three places. @param {number | null | undefined} value */
export function rounded(value) {
  return value === undefined || value === null ? null : Math.round(value * 1000) / 1000;
}

/** A percentile; null if too few requests are beyond it, on its side of the median. @param {Record<string, number>} trend @param {number} percentile @param {number} requests @param {number} [beyond] */
export function percentileOf(trend, percentile, requests, beyond = BEYOND) {
  // In tenths of a percent, which are exact; 1 - 0.95 is not 0.05.
  const tenths = Math.min(Math.round(percentile * 10), Math.round(1000 - percentile * 10));
  return requests * tenths < beyond * 1000 ? null : rounded(trend[`p(${percentile})`]);
}

/** @param {Record<string, number>} trend @param {number} requests @param {number} [beyond] */
export function latency(trend, requests, beyond = BEYOND) {
  if (requests === 0) return { avg: null, min: null, p50: null, p90: null, p95: null, p99: null, max: null };
  return {
    avg: rounded(trend.avg),
    min: rounded(trend.min),
    p50: rounded(trend.med),
    p90: rounded(trend['p(90)']),
    p95: percentileOf(trend, 95, requests, beyond),
    p99: percentileOf(trend, 99, requests, beyond),
    max: rounded(trend.max),
  };
}
