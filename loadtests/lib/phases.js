// The head to head: which routes the services are compared on, one after the other, and under which load.

import { isWrite, OWN_MIX } from './routes.js';

/**
 * @typedef {object} Load of one phase
 * @property {string} name of its figures in the result files
 * @property {number} visitors how many ask at once
 * @property {number} share of the time
 * @property {number} warmUp requests that each service answers before
 * @property {number[]} [seeds] of the only requests that are sent; none given: as many as the route has
 *
 * @typedef {object} Asked of all phases that are not asked one at a time
 * @property {number} visitors
 * @property {number} warmUp requests, 0 for as many as each phase usually has
 *
 * @typedef {Omit<Load, 'share'> & { route: string, seconds: number }} Phase
 */

// Of each phase, as loadtests/schema/turns.py has it.
export const BATCHES = 10;

/** How often each route counts in the weighted mix: as the profile `mixed` asks for them. @type {Record<string, number>} */
export const WEIGHTS = { product: 20, revenue: 10, dashboard: 10, create_order: 6 };

export const VISITORS = 8;
const WARM_UP = 40;
/**
 * By route. The light read is asked one at a time too, which is its service time. So is the heavy report, of which none
 * waits for another then, out of few, so that a cache holds them: three of the whole shop, one of a category.
 * @type {Record<string, Load[]>}
 */
const LOADS = {
  product: [
    { name: 'product', visitors: VISITORS, share: 0.34, warmUp: 600 },
    { name: 'product_alone', visitors: 1, share: 0.08, warmUp: 0 },
  ],
  revenue: [{ name: 'revenue', visitors: 1, share: 0.26, warmUp: 4, seeds: [0, 1, 2, 7] }],
  dashboard: [{ name: 'dashboard', visitors: VISITORS, share: 0.17, warmUp: WARM_UP }],
};

/** @param {string} route @returns {Load[]} */
function loadsOf(route) {
  return (!OWN_MIX && LOADS[route]) || [{ name: route, visitors: VISITORS, share: 0.15, warmUp: WARM_UP }];
}

/** The phases of these routes, those that change rows at the end. @param {string[]} routes @param {number} seconds of all together @param {Asked} [asked] @returns {Phase[]} */
export function phasesOf(routes, seconds, asked = { visitors: VISITORS, warmUp: 0 }) {
  if (seconds === 0) return [];
  const ordered = [...routes].sort((one, other) => Number(isWrite(one)) - Number(isWrite(other)));
  const loads = ordered.flatMap((route) => loadsOf(route).map((load) => ({ route, ...load })));
  const shares = loads.reduce((sum, { share }) => sum + share, 0);
  return loads.map(({ share, ...load }) => ({ ...load, ...askedOf(load, asked), seconds: (seconds * share) / shares }));
}

/** @param {Omit<Load, 'share'>} load @param {Asked} asked */
function askedOf({ visitors, warmUp }, asked) {
  return visitors === 1 ? {} : { visitors: asked.visitors, warmUp: asked.warmUp || warmUp };
}
