// The effects of the cache and of the other stack, a line each, in 80 columns.

import { mixLevels, routeLevels, simpleEffect } from './estimates.js';

/** @typedef {any} Result one combination's result */
/** @typedef {import('./estimates.js').Effect} Effect */
/** @typedef {[title: string, without: number, withIt: number]} Pair places of two results that differ in one thing */

const WORDS = /** @type {Array<[boolean, string]>} */ ([[false, 'uncached'], [true, 'cached']]);
const LIGHT_READ = 'product';

/** Each pair that differs in one thing; without a word of what they vary, each against the first. @param {Result[]} results @returns {Pair[]} */
export function pairsOf(results) {
  const known = results.every(({ varies }) => varies);
  const stacks = known ? [...new Set(results.map(({ varies }) => varies.stack))] : [];
  const place = (/** @type {string} */ stack, /** @type {boolean} */ cache) =>
    results.findIndex(({ varies }) => varies.stack === stack && varies.cache === cache);
  const caches = stacks.map((stack) => /** @type {Pair} */ ([`cache in ${stack}`, place(stack, false), place(stack, true)]));
  const others = stacks.slice(1).flatMap((stack) =>
    WORDS.map(([cache, word]) => /** @type {Pair} */ ([`${stack} ${word}`, place(stacks[0], cache), place(stack, cache)])),
  );
  const pairs = [...caches, ...others].filter(([, without, withIt]) => without >= 0 && withIt >= 0);
  if (pairs.length > 0) return pairs;
  return results.slice(1).map(({ combination }, place) => [`${combination} against ${results[0].combination}`, 0, place + 1]);
}

/** @param {Effect} effect */
function shown({ ratio, low, high, verdict }) {
  if (ratio === null || low === null || high === null) return verdict;
  return `${digits(ratio)} (${digits(low)} to ${digits(high)}) ${verdict}`;
}

/** @param {number} value */
function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** @param {Result[]} results */
export function effectsTable(results) {
  if (results.length < 2 || Object.keys(results[0].turns).length === 0) return '';
  const columns = /** @type {Array<[string, number[][]]>} */ ([['weighted mix', mixLevels(results, results[0].weights)]]);
  if (LIGHT_READ in results[0].turns) columns.push(['light read', routeLevels(results, LIGHT_READ)]);
  const lines = pairsOf(results).map(([title, without, withIt]) => [
    title,
    ...columns.map(([, levels]) => shown(simpleEffect(levels, without, withIt))),
  ]);
  const all = [['times quicker on average', ...columns.map(([title]) => title)], ...lines];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const text = all.map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
  return `\n${text.join('\n')}\n${NOTE}`;
}

const NOTE = `
Services in turns, ratio with 95 % interval; one start of the processes, so each
interval has 1 % a process added to it. CPU of the services: make matrix.
`;
