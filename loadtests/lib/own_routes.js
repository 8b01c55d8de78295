// A route of the user's own, out of a file: what is sent, with keys drawn for each request, and what a right answer is.

import { drawn, zipf } from './random.js';

/**
 * @typedef {object} OwnRoute
 * @property {string} name letters, digits, - and _
 * @property {string} [method] GET unless given
 * @property {string} path may hold {key}
 * @property {number} [weight] 1 unless given
 * @property {Record<string, unknown[] | { from: number, to: number }>} [keys] the first of each is asked for most (Zipf)
 * @property {unknown} [body] JSON in which "{key}" stands for a key
 * @property {Record<string, string>} [headers]
 * @property {number} [status] 200 unless given
 * @property {{ contains?: string, equals?: Record<string, unknown> }} [check] of the answer's text, and of its JSON fields
 *
 * @typedef {import('./journeys.js').Visitor} Visitor
 * @typedef {import('./journeys.js').Call} Call
 * @typedef {Record<string, any>} Keys
 */

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const FIELDS = ['name', 'method', 'path', 'weight', 'keys', 'body', 'headers', 'status', 'check'];
const MOST_KEYS = 1000000;

/** What is wrong with a route, empty when nothing. @param {any} one @param {any[]} earlier */
export function faultOf(one, earlier) {
  if (!one || !/^[\w-]+$/.test(one.name || '')) return 'every route needs a name of letters, digits, - and _';
  const unknown = Object.keys(one).find((field) => !FIELDS.includes(field));
  /** @type {Array<[boolean, string]>} */
  const faults = [
    [unknown !== undefined, `it has ${unknown}, and the fields are ${FIELDS.join(', ')}`],
    [earlier.some((other) => other.name === one.name), 'it is there twice'],
    [typeof one.path !== 'string' || !one.path.startsWith('/'), 'its path must begin with /'],
    [one.method !== undefined && !METHODS.includes(one.method), `its method must be one of ${METHODS.join(', ')}`],
    [one.weight !== undefined && !(one.weight > 0), 'its weight must be above 0'],
    [one.status !== undefined && !(one.status >= 100 && one.status < 600), 'its status must be one of HTTP'],
    [Object.values(one.keys || {}).some((key) => !(sizeOf(key) > 0)), 'a key is a list, or {"from": 1, "to": 2000}'],
    [missingKey(one) !== '', `it names the key ${missingKey(one)}, which is not under keys`],
  ];
  const found = faults.find(([there]) => there);
  return found ? `route ${one.name}: ${found[1]}` : '';
}

/** @param {any} key */
function sizeOf(key) {
  if (Array.isArray(key)) return key.length;
  const size = Number.isInteger(key.from) && Number.isInteger(key.to) ? key.to - key.from + 1 : 0;
  return size <= MOST_KEYS ? size : 0;
}

/** @param {any} one */
function missingKey(one) {
  const named = `${one.path} ${JSON.stringify(one.body || '')}`.match(/\{\w+\}/g) || [];
  return (named.find((name) => !(name.slice(1, -1) in (one.keys || {}))) || '').slice(1, -1);
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

/** A value in which "{key}" is the key itself, and {key} inside a text its text. @param {any} value @param {Keys} keys @returns {any} */
function filled(value, keys) {
  if (typeof value === 'string') {
    const whole = /^\{(\w+)\}$/.exec(value);
    return whole ? keys[whole[1]] : value.replace(/\{(\w+)\}/g, (_, name) => keys[name]);
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, keys));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, keys)]));
}

/** @param {OwnRoute} route @param {Keys} keys @param {any} response */
function wrongAnswer(route, keys, response) {
  const { contains, equals } = route.check || {};
  if (contains !== undefined && !(response.body || '').includes(contains)) return `it does not hold ${contains}`;
  for (const [field, value] of Object.entries(filled(equals || {}, keys))) {
    const found = response.json(field);
    if (JSON.stringify(found) !== JSON.stringify(value)) return `${field} is ${JSON.stringify(found)}`;
  }
  return '';
}
