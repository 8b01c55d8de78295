// The requests of the turns: every service gets the same ones.

import { ROUTES } from './routes.js';
import { seeded } from './random.js';

/**
 * @typedef {object} Source of the calls to one service
 * @property {number} seed
 * @property {number} hitRatio
 * @property {string} run
 */

const PRIME = 1000003;

/** @param {import('./phases.js').Phase} phase @param {Source} source @param {number} number of the request in its phase @param {number} place of its visitor */
export function callOf({ route, visitors, seeds }, { seed, hitRatio, run }, number, place) {
  const random = seeded(seeds ? seeds[number % seeds.length] : seed * PRIME + number);
  const visitor = { random, number: place, visitors, limits: {}, hitRatio, browsing: null, sent: number, request: number, run };
  return ROUTES[route](visitor);
}
