// What the head to head shows: ratios of average latencies with 95 % intervals, over the batches of the one start. The
// formulas are those of loadtests/analysis/{batches,effects,head_to_head}.py, and a test wants the same digits.

import { STUDENT_T } from './quantiles.js';

/** @typedef {any} Result one combination's result */
/** @typedef {number[][]} Levels the logarithm of a latency in milliseconds, by batch that counts and service */
/** @typedef {{ ratio: number, low: number, high: number, verdict: string }} Effect above 1 is better */

// Two processes of one service differ by 1 % (standard deviation): half an interval of the ratio of two of them.
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

/** How many times quicker one service is than another, null where too few batches count. @param {Levels} levels @param {number} without place of the one @param {number} withIt place of the other @returns {Effect | null} */
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
  const numbers = results[0].turns[phase].map((/** @type {any} */ one) => one.batch);
  const counts = (/** @type {any} */ one) => one.void === null && one.contrast !== null && one.requests > 0;
  return numbers.filter((/** @type {number} */ number) => results.every(({ turns }) => counts(turns[phase][number])));
}

/** The mean of one service over these batches, by their requests. @param {Result} result @param {string} phase @param {number[]} numbers */
function average({ turns }, phase, numbers) {
  const batches = numbers.map((number) => turns[phase][number]);
  return sum(batches.map((one) => one.requests * one.latency_ms.avg)) / sum(batches.map((one) => one.requests));
}

/** By number of the batch, none where it does not count. @param {Result[]} results @param {string} phase @returns {Map<number, number[]>} */
function levelsByNumber(results, phase) {
  const numbers = counting(results, phase);
  const base = mean(results.map((result) => Math.log(average(result, phase, numbers))));
  return new Map(numbers.map((number) => [number, results.map(({ turns }) => base + turns[phase][number].contrast)]));
}

/** @param {Result[]} results @param {string} phase @returns {Levels} */
export function phaseLevels(results, phase) {
  return [...levelsByNumber(results, phase).values()];
}

/** The weighted mix, where a batch of each of its routes counts. @param {Result[]} results @returns {Levels} */
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

/** The batches that do not count, with a reason each: `whole` says that they are too many for the rest to be trusted. @param {Result[]} results */
export function voidBatches(results) {
  const listed = Object.entries(results[0].turns).flatMap(([phase, batches]) =>
    batches.map((/** @type {any} */ _, /** @type {number} */ number) => reasonOf(results, phase, number)),
  );
  const reasons = listed.filter((reason) => reason);
  return { reasons, batches: listed.length, whole: reasons.length > MOST_VOID * listed.length };
}

/** The first service's reason, empty where the batch is not void. @param {Result[]} results @param {string} phase @param {number} number */
function reasonOf(results, phase, number) {
  const found = results.find(({ turns }) => turns[phase][number].void !== null);
  return found ? `${found.combination} in ${phase}: ${found.turns[phase][number].void}` : '';
}
