// What the head to head shows: ratios of average latencies with 95 % intervals. loadtests/analysis/head_to_head.py has the
// same formulas, and a test feeds both the same files.

import { CRITICAL } from './quantiles.js';

/** @typedef {Record<string, number>} Weights how often each route counts */
/** @typedef {any} Result one combination's result */
/** @typedef {{ ratio: number | null, low: number | null, high: number | null, verdict: string }} Effect above 1 is better */

// Two processes of one service differ by 1 % (standard deviation): half an interval of the ratio of two.
const BETWEEN_STARTS = 0.028;
const BAND = Math.log(1.05);
const LEAST = Math.log(1.03);

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Student's t interval over the batches of one start, widened by what starts differ. @param {number[]} values logarithms @returns {Effect} */
export function effectOf(values) {
  if (values.length < 2) return { ratio: null, low: null, high: null, verdict: 'cannot tell' };
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  const error = Math.sqrt(squares / (values.length - 1) / values.length);
  const half = Math.hypot(CRITICAL[values.length - 2] * error, BETWEEN_STARTS);
  const [ratio, low, high] = [middle, middle - half, middle + half].map(Math.exp);
  return { ratio, low, high, verdict: verdictOf(middle, middle - half, middle + half) };
}

/** @param {number} estimate @param {number} low @param {number} high logarithms */
function verdictOf(estimate, low, high) {
  if (low > 0 && estimate > LEAST) return 'better';
  if (high < 0 && estimate < -LEAST) return 'worse';
  return low >= -BAND && high <= BAND ? 'same' : 'cannot tell';
}

/** The batches that count for all services: a void one is left out with those beside it. @param {Result[]} results @param {string} route */
function countingBatches(results, route) {
  const lists = results.map((result) => result.turns[route] || []);
  return lists[0].map((/** @type {any} */ one) => one.batch).filter((/** @type {number} */ number) =>
    lists.every((list) => list[number] && !list[number].void && list[number].contrast !== null),
  );
}

/** The logarithm of each service's latency, by batch. @param {Result[]} results @param {string} route @returns {number[][]} */
export function routeLevels(results, route) {
  const numbers = countingBatches(results, route);
  const averages = results.map((result) => {
    const batches = numbers.map((/** @type {number} */ number) => result.turns[route][number]);
    const requests = batches.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.requests, 0);
    return batches.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.requests * one.latency_ms.avg, 0) / requests;
  });
  const base = mean(averages.map(Math.log));
  return numbers.map((/** @type {number} */ number) => results.map((result) => base + result.turns[route][number].contrast));
}

/** The logarithm of each service's latency in the weighted mix, by batch: the weighted sum of its routes. @param {Result[]} results @param {Weights} weights @returns {number[][]} */
export function mixLevels(results, weights) {
  const routes = Object.keys(weights).filter((route) => countingBatches(results, route).length > 1);
  const byRoute = routes.map((route) => routeLevels(results, route));
  const batches = Math.min(...byRoute.map((list) => list.length));
  const total = routes.reduce((sum, route) => sum + weights[route], 0);
  return Array.from({ length: routes.length ? batches : 0 }, (_, batch) =>
    results.map((_result, service) =>
      Math.log(routes.reduce((sum, route, at) => sum + weights[route] * Math.exp(byRoute[at][batch][service]), 0) / total),
    ),
  );
}

/** One service against another. @param {number[][]} levels by batch and service @param {number} without @param {number} withIt */
export function simpleEffect(levels, without, withIt) {
  return effectOf(levels.map((services) => services[without] - services[withIt]));
}
