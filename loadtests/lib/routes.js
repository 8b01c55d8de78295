// The measured routes: our own journeys, or those of the file in ROUTES=.

import { sha256 } from 'k6/crypto';
import { readJson, readText } from './files.js';
import { ROUTES as JOURNEYS } from './journeys.js';
import { refuse } from './mistakes.js';
import { faultOf, journeyOf } from './own_routes.js';

/** @typedef {import('./journeys.js').Visitor} Visitor */
/** @typedef {import('./journeys.js').Call} Call */
/** @typedef {import('./own_routes.js').OwnRoute} OwnRoute */

/** @returns {OwnRoute[] | null} */
function ownRoutes() {
  if (!__ENV.ROUTES) return null;
  const entries = readJson('ROUTES', __ENV.ROUTES);
  if (entries === undefined) return null;
  if (!Array.isArray(entries) || entries.length === 0) {
    return refuse('ROUTES', __ENV.ROUTES, 'it must be a list of {"name", "method", "path", "weight"}', null);
  }
  const fault = entries.map((route, at) => faultOf(route, entries.slice(0, at))).find((line) => line);
  return fault ? refuse('ROUTES', __ENV.ROUTES, fault, null) : entries;
}

const own = ownRoutes();

/** One function per route. @type {Record<string, (visitor: Visitor) => Call>} */
export const ROUTES = own ? Object.fromEntries(own.map((route) => [route.name, journeyOf(route)])) : JOURNEYS;

const READING = ['GET', 'HEAD', 'OPTIONS'];
const WRITES = own
  ? own.filter(({ method = 'GET' }) => !READING.includes(method)).map(({ name }) => name)
  : ['create_order', 'update_product'];

/** The route that creates orders; null with the user's own routes. */
export const ORDERING = own ? null : 'create_order';

/** Whether requests of this route change rows and so invalidate cached values. @param {string} route */
export function isWrite(route) {
  return WRITES.includes(route);
}

/** The weights in the file; null for our own routes, whose weights are in the profile. */
export const OWN_MIX = own ? Object.fromEntries(own.map((route) => [route.name, route.weight || 1])) : null;

/** A hash that identifies the user's file of routes; null for our own routes. */
export const OWN_HASH = own ? sha256(readText(__ENV.ROUTES), 'hex') : null;
