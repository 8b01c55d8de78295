// The effects of the cache and of the other stack, one per line, in 80 columns.

import { isPlain } from './combinations.js';
import { effectOf, mixLevels, phaseLevels, voidBatches } from './estimates.js';

/** @typedef {any} Result one combination's result */
/** @typedef {[title: string, without: number, withIt: number]} Pair indexes of two results that differ in one property */

const CACHES = /** @type {Array<[boolean, string]>} */ ([[false, 'uncached'], [true, 'cached']]);
const LIGHT_READ = 'product';
const NOTE = `
Average latency in turns, ratio with its 95 % interval, to which 1 % a process
is added, because this is one start of each. CPU of the services: make matrix.
`;

/** Each pair that differs in one property; a service without `varies` is a stack of its own. @param {Result[]} results @returns {Pair[]} */
export function pairsOf(results) {
  const axes = results.map(({ combination, varies }) => varies || { stack: combination, cache: false });
  const stacks = [...new Set(axes.filter(isPlain).map(({ stack }) => stack))];
  const place = (/** @type {string} */ stack, /** @type {boolean} */ cache) =>
    axes.findIndex((axis) => isPlain(axis) && axis.stack === stack && axis.cache === cache);
  const caches = stacks.map((stack) => /** @type {Pair} */ ([`cache in ${stack}`, place(stack, false), place(stack, true)]));
  const others = stacks.slice(1).flatMap((stack) =>
    CACHES.map(([cache, word]) => /** @type {Pair} */ ([`${stack} ${word}`, place(stacks[0], cache), place(stack, cache)])),
  );
  const variants = axes.flatMap((axis, withIt) => {
    const without = place(axis.stack, axis.cache);
    const title = `${axis.server || axis.driver || axis.code || `Python ${axis.python}`} in ${without < 0 ? '' : results[without].combination}`;
    return isPlain(axis) ? [] : [/** @type {Pair} */ ([title, without, withIt])];
  });
  return [...caches, ...others, ...variants].filter(([, without, withIt]) => without >= 0 && withIt >= 0);
}

/** @param {ReturnType<typeof effectOf>} effect */
function shown(effect) {
  if (!effect) return 'cannot tell';
  const { ratio, low, high, verdict } = effect;
  return `${digits(ratio)} (${digits(low)} to ${digits(high)}) ${verdict}`;
}

/** Four characters for values below 1,000. @param {number} value */
function digits(value) {
  return value.toFixed(value < 10 ? 2 : Number(value < 100));
}

/** Empty without a head to head. @param {Result[]} results */
export function effectsTable(results) {
  const phases = Object.keys(results[0].turns);
  if (results.length < 2 || phases.length === 0) return '';
  const { reasons, batches, whole } = voidBatches(results);
  const note = reasons.length > 0 ? `\nVoid: ${reasons.length} of ${batches} batches. The first:\n  ${reasons[0]}\n` : '';
  return whole ? `${note}More than a fifth, so the turns say nothing.\n` : `\n${aligned(linesOf(results, phases))}\n${NOTE}${note}`;
}

/** @param {Result[]} results @param {string[]} phases @returns {string[][]} */
function linesOf(results, phases) {
  const second = phases.includes(LIGHT_READ) ? LIGHT_READ : phases[0];
  const columns = [mixLevels(results), phaseLevels(results, second)];
  const lines = pairsOf(results).map(([title, without, withIt]) => [
    title,
    ...columns.map((levels) => shown(effectOf(levels, without, withIt))),
  ]);
  return [['times quicker', 'weighted mix', second === LIGHT_READ ? 'light read' : second], ...lines];
}

/** @param {string[][]} lines */
function aligned(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}
