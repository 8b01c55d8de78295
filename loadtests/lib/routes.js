// What visitors ask for: our own journeys, or the routes of a file that ROUTES= names.

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
  const fault = entries.map((one, at) => faultOf(one, entries.slice(0, at))).find((line) => line);
  return fault ? refuse('ROUTES', __ENV.ROUTES, fault, null) : entries;
}

const own = ownRoutes();

/** One function per route. @type {Record<string, (visitor: Visitor) => Call>} */
export const ROUTES = own ? Object.fromEntries(own.map((one) => [one.name, journeyOf(one)])) : JOURNEYS;

const READING = ['GET', 'HEAD', 'OPTIONS'];
const WRITES = own
  ? own.filter(({ method = 'GET' }) => !READING.includes(method)).map(({ name }) => name)
  : ['create_order', 'update_product'];

/** The route that makes orders; null among routes of the user's own. */
export const ORDERING = own ? null : 'create_order';

/** Whether requests of this route change rows: they end cached values too. @param {string} route */
export function isWrite(route) {
  return WRITES.includes(route);
}

/** How often each is asked for, by the file; null for our own routes, of which the profile says so. */
export const OWN_MIX = own ? Object.fromEntries(own.map((one) => [one.name, one.weight || 1])) : null;

/** Tells one file of routes from another, whatever it is called; null for our own routes. */
export const OWN_HASH = own ? sha256(readText(__ENV.ROUTES), 'hex') : null;
