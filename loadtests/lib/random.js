// Repeatable random numbers: a visitor makes the same choices against every combination.

/** @typedef {() => number} Random a number in [0, 1) */

/** A small generator (mulberry32): the same seed gives the same numbers. @param {number} seed @returns {Random} */
export function seeded(seed) {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from 1 to `last`. @param {Random} random @param {number} last */
export function upTo(random, last) {
  return 1 + Math.floor(random() * last);
}

/** Running sums of weights, scaled to end at 1. @param {number[]} weights */
export function cumulated(weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight) / total);
}

/** Zipf with exponent 1: the n-th of `size` is requested 1/n as often as the first. @param {number} size */
export function zipf(size) {
  return cumulated(Array.from({ length: size }, (_, index) => 1 / (index + 1)));
}

/** An index drawn from running sums. @param {Random} random @param {number[]} sums */
export function drawn(random, sums) {
  const point = random();
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > point) high = middle;
    else low = middle + 1;
  }
  return low;
}
