// The phases of the head to head: one route after the other, each with its load.

import { isWrite, OWN_MIX } from './routes.js';

/**
 * @typedef {object} Load of one phase
 * @property {string} name of its figures in the result files
 * @property {number} visitors concurrent visitors
 * @property {number} share of the time
 * @property {number} warmUp requests to each service before it
 * @property {number[]} [seeds] of the only requests that are sent; by default all requests of the route
 *
 * @typedef {object} Asked settings of all phases with several visitors
 * @property {number} visitors
 * @property {number} warmUp requests, 0: each phase's default
 *
 * @typedef {Omit<Load, 'share'> & { route: string, seconds: number }} Phase
 */

// Batches of each phase, as in loadtests/schema/turns.py.
export const BATCHES = 10;

/** The weight of each route in the mix, as in the profile `mixed`. @type {Record<string, number>} */
export const WEIGHTS = { product: 20, revenue: 10, dashboard: 10, create_order: 6 };

export const VISITORS = 8;
const WARM_UP = 40;
/**
 * By route. The light read is also sent one at a time, which gives its service time. The heavy report too, so that none
 * waits for another; only four different ones, so that a cache holds them: three of the whole shop, one of a category.
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

/** The phases of these routes, writes last. @param {string[]} routes @param {number} seconds of all together @param {Asked} [asked] @returns {Phase[]} */
export function phasesOf(routes, seconds, asked = { visitors: VISITORS, warmUp: 0 }) {
  if (seconds === 0) return [];
  const ordered = [...routes].sort((first, second) => Number(isWrite(first)) - Number(isWrite(second)));
  const loads = ordered.flatMap((route) => loadsOf(route).map((load) => ({ route, ...load })));
  const shares = loads.reduce((sum, { share }) => sum + share, 0);
  return loads.map(({ share, ...load }) => ({ ...load, ...askedOf(load, asked), seconds: (seconds * share) / shares }));
}

/** @param {Omit<Load, 'share'>} load @param {Asked} asked */
function askedOf({ visitors, warmUp }, asked) {
  return visitors === 1 ? {} : { visitors: asked.visitors, warmUp: asked.warmUp || warmUp };
}
