// What the end of a run says beside its figures.

import { MOST_OVERLAPPING } from './turn_figures.js';

/** @typedef {any} Result one combination's result */

const CURE = 'stop other programs, or give k6 and the services more cores';

/** @param {Result[]} results @param {import('./figures.js').Figures} figures */
export function endNotes(results, figures) {
  const late = Object.keys(results[0].turns).filter((phase) => lateShare(results, phase) > MOST_OVERLAPPING);
  const orders = figures('orders').count || 0;
  return [
    ...late.map((phase) => `Turns could not be kept in ${phase}: ${percent(lateShare(results, phase))} of its requests reach over theirs; ${CURE}.\n`),
    ...(orders > 0 ? [`${orders} orders were made.\n`] : []),
  ].join('');
}

/** The share of a phase's requests that reach over their turns. @param {Result[]} results @param {string} phase */
function lateShare(results, phase) {
  const batches = results.flatMap(({ turns }) => turns[phase]);
  const sum = (/** @type {'requests' | 'overlapping'} */ name) => batches.reduce((total, one) => total + one[name], 0);
  return sum('overlapping') / Math.max(1, sum('requests'));
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
