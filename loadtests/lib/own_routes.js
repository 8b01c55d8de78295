// A user's own route, from a file: its request, with keys drawn for each, and the check of its answer.

import { drawn, zipf } from './random.js';

/**
 * @typedef {object} OwnRoute
 * @property {string} name letters, digits, - and _
 * @property {string} [method] default GET
 * @property {string} path may contain {key}
 * @property {number} [weight] default 1
 * @property {Record<string, unknown[] | { from: number, to: number }>} [keys] the first value of each is the most frequent (Zipf)
 * @property {unknown} [body] JSON; "{key}" is replaced by the key
 * @property {Record<string, string>} [headers]
 * @property {number} [status] default 200
 * @property {{ contains?: string, equals?: Record<string, unknown> }} [check] of the answer's text, and of its JSON fields
 *
 * @typedef {import('./journeys.js').Visitor} Visitor
 * @typedef {import('./journeys.js').Call} Call
 * @typedef {Record<string, any>} Keys
 */

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const FIELDS = ['name', 'method', 'path', 'weight', 'keys', 'body', 'headers', 'status', 'check'];
const MOST_KEYS = 1000000;

/** The error in a route, empty if there is none. @param {any} route @param {any[]} earlier */
export function faultOf(route, earlier) {
  if (!route || !/^[\w-]+$/.test(route.name || '')) return 'every route needs a name of letters, digits, - and _';
  const unknown = Object.keys(route).find((field) => !FIELDS.includes(field));
  /** @type {Array<[boolean, string]>} */
  const faults = [
    [unknown !== undefined, `it has ${unknown}, and the fields are ${FIELDS.join(', ')}`],
    [earlier.some((other) => other.name === route.name), 'it is there twice'],
    [typeof route.path !== 'string' || !route.path.startsWith('/'), 'its path must begin with /'],
    [route.method !== undefined && !METHODS.includes(route.method), `its method must be one of ${METHODS.join(', ')}`],
    [route.weight !== undefined && !(route.weight > 0), 'its weight must be above 0'],
    [route.status !== undefined && !(route.status >= 100 && route.status < 600), 'its status must be one of HTTP'],
    [Object.values(route.keys || {}).some((key) => !(sizeOf(key) > 0)), 'a key is a list, or {"from": 1, "to": 2000}'],
    [missingKey(route) !== '', `it names the key ${missingKey(route)}, which is not under keys`],
  ];
  const fault = faults.find(([holds]) => holds);
  return fault ? `route ${route.name}: ${fault[1]}` : '';
}

/** @param {any} key */
function sizeOf(key) {
  if (Array.isArray(key)) return key.length;
  const size = Number.isInteger(key.from) && Number.isInteger(key.to) ? key.to - key.from + 1 : 0;
  return size <= MOST_KEYS ? size : 0;
}

/** @param {any} route */
function missingKey(route) {
  const named = `${route.path} ${JSON.stringify(route.body || '')}`.match(/\{\w+\}/g) || [];
  return (named.find((name) => !(name.slice(1, -1) in (route.keys || {}))) || '').slice(1, -1);
}

/** @param {OwnRoute} route @returns {(visitor: Visitor) => Call} */
export function journeyOf(route) {
  const draws = Object.entries(route.keys || {}).map(([name, key]) => /** @type {const} */ ([name, drawing(key)]));
  return (visitor) => {
    const keys = /** @type {Keys} */ ({});
    for (const [name, draw] of draws) keys[name] = draw(visitor.random);
    return {
      method: route.method || 'GET',
      path: route.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(keys[name])),
      body: route.body === undefined ? undefined : /** @type {object} */ (filled(route.body, keys)),
      headers: route.headers,
      status: route.status || 200,
      wrong: () => '',
      wrongText: (response) => wrongAnswer(route, keys, response),
    };
  };
}

/** @param {unknown[] | { from: number, to: number }} key @returns {(random: () => number) => unknown} */
function drawing(key) {
  const sums = zipf(sizeOf(key));
  return (random) => (Array.isArray(key) ? key[drawn(random, sums)] : key.from + drawn(random, sums));
}

/** Replaces "{key}" by the key's value and {key} inside a longer text by the key as text. @param {any} value @param {Keys} keys @returns {any} */
function filled(value, keys) {
  if (typeof value === 'string') {
    const whole = /^\{(\w+)\}$/.exec(value);
    return whole ? keys[whole[1]] : value.replace(/\{(\w+)\}/g, (_, name) => keys[name]);
  }
  if (Array.isArray(value)) return value.map((item) => filled(item, keys));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, keys)]));
}

/** @param {OwnRoute} route @param {Keys} keys @param {any} response */
function wrongAnswer(route, keys, response) {
  const { contains, equals } = route.check || {};
  if (contains !== undefined && !(response.body || '').includes(contains)) return `it does not hold ${contains}`;
  for (const [field, value] of Object.entries(filled(equals || {}, keys))) {
    const actual = response.json(field);
    if (JSON.stringify(actual) !== JSON.stringify(value)) return `${field} is ${JSON.stringify(actual)}`;
  }
  return '';
}
