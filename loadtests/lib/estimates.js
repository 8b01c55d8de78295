// Results of the head to head: ratios of average latencies with 95 % intervals, over the batches of one start. The
// formulas are those of loadtests/analysis/{batches,effects,head_to_head}.py; a test compares the digits.

import { STUDENT_T } from './quantiles.js';

/** @typedef {any} Result one combination's result */
/** @typedef {number[][]} Levels the logarithm of a latency in milliseconds, by batch that counts and service */
/** @typedef {{ ratio: number, low: number, high: number, verdict: string }} Effect above 1 is better */

// Two processes of one service differ by 1 % (standard deviation): half the interval of the ratio of two of them.
const BETWEEN_STARTS = 0.028;
const BAND = Math.log(1.05);
const LEAST = Math.log(1.03);
const MOST_VOID = 0.2;

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {number[]} values */
function mean(values) {
  return sum(values) / values.length;
}

/** @param {number} estimate @param {number} low @param {number} high logarithms */
function verdictOf(estimate, low, high) {
  if (low > 0 && estimate > LEAST) return 'better';
  if (high < 0 && estimate < -LEAST) return 'worse';
  return low >= -BAND && high <= BAND ? 'same' : 'cannot tell';
}

/** How many times quicker the second service is than the first, null if too few batches count. @param {Levels} levels @param {number} without index of the first @param {number} withIt index of the second @returns {Effect | null} */
export function effectOf(levels, without, withIt) {
  const values = levels.map((services) => services[without] - services[withIt]);
  if (values.length < 2) return null;
  const middle = mean(values);
  const squares = sum(values.map((value) => (value - middle) ** 2));
  const error = Math.sqrt(squares / (values.length - 1) / values.length);
  const half = Math.hypot(STUDENT_T[values.length - 2] * error, BETWEEN_STARTS);
  const [ratio, low, high] = [middle, middle - half, middle + half].map(Math.exp);
  return { ratio, low, high, verdict: verdictOf(middle, middle - half, middle + half) };
}

/** The numbers of the batches that count: for all services or for none. @param {Result[]} results @param {string} phase @returns {number[]} */
function counting(results, phase) {
  const numbers = results[0].turns[phase].map((/** @type {any} */ batch) => batch.batch);
  const counts = (/** @type {any} */ batch) => batch.void === null && batch.contrast !== null && batch.requests > 0;
  return numbers.filter((/** @type {number} */ number) => results.every(({ turns }) => counts(turns[phase][number])));
}

/** The mean of one service over these batches, weighted by requests. @param {Result} result @param {string} phase @param {number[]} numbers */
function average({ turns }, phase, numbers) {
  const batches = numbers.map((number) => turns[phase][number]);
  return sum(batches.map((batch) => batch.requests * batch.latency_ms.avg)) / sum(batches.map((batch) => batch.requests));
}

/** By batch number, only batches that count. @param {Result[]} results @param {string} phase @returns {Map<number, number[]>} */
function levelsByNumber(results, phase) {
  const numbers = counting(results, phase);
  const base = mean(results.map((result) => Math.log(average(result, phase, numbers))));
  return new Map(numbers.map((number) => [number, results.map(({ turns }) => base + turns[phase][number].contrast)]));
}

/** @param {Result[]} results @param {string} phase @returns {Levels} */
export function phaseLevels(results, phase) {
  return [...levelsByNumber(results, phase).values()];
}

/** The weighted mix, for batches that count on all its routes. @param {Result[]} results @returns {Levels} */
export function mixLevels(results) {
  const { weights, turns } = results[0];
  const routes = Object.keys(weights);
  if (!routes.every((route) => route in turns)) return [];
  const byRoute = routes.map((route) => levelsByNumber(results, route));
  const total = sum(Object.values(weights));
  const numbers = [...byRoute[0].keys()].filter((number) => byRoute.every((levels) => levels.has(number)));
  const level = (/** @type {number} */ number, /** @type {number} */ service) =>
    sum(routes.map((route, at) => weights[route] * Math.exp((byRoute[at].get(number) || [])[service])));
  return numbers.map((number) => results.map((_, service) => Math.log(level(number, service) / total)));
}

/** The void batches with a reason each; `whole`: so many are void that the rest is not trusted. @param {Result[]} results */
export function voidBatches(results) {
  const listed = Object.entries(results[0].turns).flatMap(([phase, batches]) =>
    batches.map((/** @type {any} */ _, /** @type {number} */ number) => reasonOf(results, phase, number)),
  );
  const reasons = listed.filter((reason) => reason);
  return { reasons, batches: listed.length, whole: reasons.length > MOST_VOID * listed.length };
}

/** The first service's reason, empty where the batch is not void. @param {Result[]} results @param {string} phase @param {number} number */
function reasonOf(results, phase, number) {
  const result = results.find(({ turns }) => turns[phase][number].void !== null);
  return result ? `${result.combination} in ${phase}: ${result.turns[phase][number].void}` : '';
}
