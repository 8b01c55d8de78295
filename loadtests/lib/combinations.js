// Which services are measured, and where they are.

import { isAddress, moved, refuseElsewhere, serviceHost } from './addresses.js';
import { readJson } from './files.js';
import { refuse } from './mistakes.js';

/**
 * @typedef {object} Varies
 * @property {string} stack
 * @property {boolean} cache
 * @property {string} [server] none is the stack's own
 * @property {string} [driver] none is the stack's own
 * @property {string} [python] none is the stack's own
 * @property {string} [code] none is the stack's own
 *
 * @typedef {object} Combination
 * @property {string} name
 * @property {string} url
 * @property {string | null} expect the X-Combination wanted, null when none is sent
 * @property {Varies} [varies]
 * @property {string} [ready] the path that answers 200 when it is ready; ours is /health/ready
 * @property {Record<string, number>} [mix] of the only routes that it answers, the load of a run that it is in
 */

const OUR_FILE = '../combinations.json';
// What COMBINATIONS=servers asks for, as loadtests/schema/combinations.py has it.
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
  const good = Array.isArray(entries) && entries.every((one) => one && one.name && isAddress(one.url));
  const cure = 'it must be a list of {"name", "url", "expect", "varies"}, each url as http://127.0.0.1:8001';
  if (!good || entries.length === 0) return refuse('COMBINATIONS', path, cure, load(OUR_FILE));
  return /** @type {Combination[]} */ (entries.map((one) => ({ ...one, expect: one.expect || null })));
}

function portBase() {
  const base = Number(__ENV.PORT_BASE || PORT_BASE);
  const good = Number.isInteger(base) && base >= 1 && base <= 65000;
  return good ? base : refuse('PORT_BASE', __ENV.PORT_BASE, 'give a port number, as 18000', PORT_BASE);
}

/** Whether this runs in a container beside the services, as on two hosts it does not. */
function inside() {
  return __ENV.TARGETS === 'compose' && !__ENV.SERVICE_HOST;
}

/** @param {string} url @param {number} base */
function beyond(url, base) {
  return url.replace(/\d+$/, (port) => String(Number(port) - PORT_BASE + base));
}

/** The combinations asked for by COMBINATIONS, in the order asked for; all of ours when it is empty. */
export function chosenCombinations() {
  const asked = __ENV.COMBINATIONS || '';
  const [file, listed] = parted(asked);
  const known = load(file);
  const names = file === OUR_FILE ? grouped(listed, known) : listed;
  const unknown = names.find((name) => !known.some((one) => one.name === name));
  const cure = `the names are ${known.map((one) => one.name).join(', ')}, or give a .json file`;
  if (unknown !== undefined) return refuse('COMBINATIONS', asked, cure, known);
  const chosen = names.length === 0 ? known : names.flatMap((name) => known.filter((one) => one.name === name));
  const ours = file === OUR_FILE;
  // Names of the containers' own network.
  if (ours && inside()) return chosen.map((one) => ({ ...one, url: `http://${one.name}:${COMPOSE_PORT}` }));
  const [base, host] = [portBase(), serviceHost()];
  const found = chosen.map((one) => ({ ...one, url: moved(ours ? beyond(one.url, base) : one.url, host) }));
  refuseElsewhere(found.map(({ url }) => url));
  return found;
}

/** Without names, or of a group, those with the stack's own server and driver; the group's own too. @param {string[]} names @param {Combination[]} known */
function grouped(names, known) {
  const factor = GROUPS[names[0]];
  if (names.length > 1 || (names.length === 1 && !factor)) return names;
  return known.filter(({ varies }) => isPlain(varies) || (varies && varies[factor])).map(({ name }) => name);
}

/** Whether server, driver, Python and code are the stack's own. @param {Varies} [varies] */
export function isPlain(varies) {
  return !varies || !(varies.server || varies.driver || varies.python || varies.code);
}

/** A file and names, of `a,b` or `file.json` or `file.json#a,b`. @param {string} asked @returns {[string, string[]]} */
function parted(asked) {
  const [file, list] = /\.json(#|$)/.test(asked) ? asked.split('#') : [OUR_FILE, asked];
  const names = list ? list.split(',').map((name) => name.trim()) : [];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated) return refuse('COMBINATIONS', asked, `${repeated} is there twice`, [file, []]);
  return [file, names];
}
