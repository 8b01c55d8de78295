// The services to measure and their addresses.

import { isAddress, moved, refuseElsewhere, serviceHost } from './addresses.js';
import { readJson } from './files.js';
import { refuse } from './mistakes.js';

/**
 * @typedef {object} Varies
 * @property {string} stack
 * @property {boolean} cache
 * @property {string} [server] missing: the stack's default
 * @property {string} [driver] missing: the stack's default
 * @property {string} [python] missing: the stack's default
 * @property {string} [code] missing: the stack's default
 *
 * @typedef {object} Combination
 * @property {string} name
 * @property {string} url
 * @property {string | null} expect the expected X-Combination, null if the service sends none
 * @property {Varies} [varies]
 * @property {string} [ready] the path that answers 200 when the service is ready; default /health/ready
 * @property {Record<string, number>} [mix] of a service with some routes only; every combination of the run then gets this mix
 */

const OUR_FILE = '../combinations.json';
// The groups of COMBINATIONS=servers and the like; the same as in loadtests/schema/combinations.py.
const GROUPS = /** @type {Record<string, 'server' | 'driver' | 'python' | 'code'>} */ (
  { servers: 'server', drivers: 'driver', pythons: 'python', naive: 'code' }
);
const PORT_BASE = 8000;
const COMPOSE_PORT = 8000;

/** @param {string} path @returns {Combination[]} */
function load(path) {
  const file = path === OUR_FILE ? import.meta.resolve(OUR_FILE).replace('file://', '') : path;
  const entries = readJson('COMBINATIONS', file);
  if (entries === undefined) return load(OUR_FILE);
  const good = Array.isArray(entries) && entries.every((entry) => entry && entry.name && isAddress(entry.url));
  const cure = 'it must be a list of {"name", "url", "expect", "varies"}, each url as http://127.0.0.1:8001';
  if (!good || entries.length === 0) return refuse('COMBINATIONS', path, cure, load(OUR_FILE));
  return /** @type {Combination[]} */ (entries.map((entry) => ({ ...entry, expect: entry.expect || null })));
}

function portBase() {
  const base = Number(__ENV.PORT_BASE || PORT_BASE);
  const good = Number.isInteger(base) && base >= 1 && base <= 65000;
  return good ? base : refuse('PORT_BASE', __ENV.PORT_BASE, 'give a port number, as 18000', PORT_BASE);
}

/** Whether k6 runs in a container on the services' network; with two hosts it does not. */
function inside() {
  return __ENV.TARGETS === 'compose' && !__ENV.SERVICE_HOST;
}

/** @param {string} url @param {number} base */
function beyond(url, base) {
  return url.replace(/\d+$/, (port) => String(Number(port) - PORT_BASE + base));
}

/** The combinations in COMBINATIONS, in that order; by default our four. */
export function chosenCombinations() {
  const text = __ENV.COMBINATIONS || '';
  const [file, listed] = parted(text);
  const known = load(file);
  const names = file === OUR_FILE ? grouped(listed, known) : listed;
  const unknown = names.find((name) => !known.some((combination) => combination.name === name));
  const cure = `the names are ${known.map((combination) => combination.name).join(', ')}, or give a .json file`;
  if (unknown !== undefined) return refuse('COMBINATIONS', text, cure, known);
  const chosen = names.length === 0 ? known : names.flatMap((name) => known.filter((combination) => combination.name === name));
  const ours = file === OUR_FILE;
  // Host names on the containers' network.
  if (ours && inside()) return chosen.map((service) => ({ ...service, url: `http://${service.name}:${COMPOSE_PORT}` }));
  const [base, host] = [portBase(), serviceHost()];
  const addressed = chosen.map((service) => ({ ...service, url: moved(ours ? beyond(service.url, base) : service.url, host) }));
  refuseElsewhere(addressed.map(({ url }) => url));
  return addressed;
}

/** Without names: the combinations with default server and driver. For a group: those and the group's variants. @param {string[]} names @param {Combination[]} known */
function grouped(names, known) {
  const factor = GROUPS[names[0]];
  if (names.length > 1 || (names.length === 1 && !factor)) return names;
  return known.filter(({ varies }) => isPlain(varies) || (varies && varies[factor])).map(({ name }) => name);
}

/** Whether server, driver, Python and code are the stack's defaults. @param {Varies} [varies] */
export function isPlain(varies) {
  return !varies || !(varies.server || varies.driver || varies.python || varies.code);
}

/** File and names from `a,b`, `file.json` or `file.json#a,b`. @param {string} text @returns {[string, string[]]} */
function parted(text) {
  const [file, list] = /\.json(#|$)/.test(text) ? text.split('#') : [OUR_FILE, text];
  const names = list ? list.split(',').map((name) => name.trim()) : [];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated) return refuse('COMBINATIONS', text, `${repeated} is there twice`, [file, []]);
  return [file, names];
}
