// Notes below the figures at the end of a run.

import { MOST_OVERLAPPING } from './turn_figures.js';

/** @typedef {any} Result one combination's result */

const CURE = 'Stop other programs and start again: turns last as long as the warm-up needs.\n';

/** @param {Result[]} results @param {import('./figures.js').Figures} figures */
export function endNotes(results, figures) {
  const orders = figures('orders').count || 0;
  const shares = Object.keys(results[0].turns).map((phase) => /** @type {const} */ ([phase, lateShare(results, phase)]));
  const late = shares.filter(([, share]) => share > MOST_OVERLAPPING).map(
    ([phase, share]) => `Turns could not be kept in ${phase}: ${percent(share)} of its requests reach over.\n`,
  );
  return [...late, late.length > 0 ? CURE : '', orders > 0 ? `${orders} orders were made.\n` : ''].join('');
}

/** The share of a phase's requests whose answer came after the end of their turn. @param {Result[]} results @param {string} phase */
function lateShare(results, phase) {
  const batches = results.flatMap(({ turns }) => turns[phase]);
  const sum = (/** @type {'requests' | 'overlapping'} */ name) => batches.reduce((total, one) => total + one[name], 0);
  return sum('overlapping') / Math.max(1, sum('requests'));
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
