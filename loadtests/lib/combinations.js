// Which services are measured, and where they are.

import { readJson } from './files.js';

/**
 * @typedef {object} Combination
 * @property {string} name
 * @property {string} url
 * @property {string | null} expect the X-Combination wanted, null when none is sent
 * @property {{ stack: string, cache: boolean }} [varies]
 * @property {string} [ready] the path that answers 200 when it is ready; ours is /health/ready
 */

const OUR_FILE = '../combinations.json';
const PORT_BASE = 8000;
const COMPOSE_PORT = 8000;

/** @param {string} path */
function load(path) {
  const entries = readJson(path === OUR_FILE ? import.meta.resolve(OUR_FILE).replace('file://', '') : path);
  const good = Array.isArray(entries) && entries.every((one) => one.name && /^https?:/.test(one.url));
  if (!good) throw new Error(`${path} must be a list of {"name", "url", "expect", "varies"}`);
  return /** @type {Combination[]} */ (entries.map((one) => ({ ...one, expect: one.expect || null })));
}

/** @param {Combination} one */
function placed(one) {
  if (__ENV.TARGETS === 'compose') return { ...one, url: `http://${one.name}:${COMPOSE_PORT}` };
  const base = Number(__ENV.PORT_BASE || PORT_BASE);
  if (!Number.isInteger(base) || base < 1 || base > 65000) {
    throw new Error(`PORT_BASE=${__ENV.PORT_BASE} cannot be used: give a port number, as 18000`);
  }
  const match = /^http:\/\/127\.0\.0\.1:(\d+)$/.exec(one.url);
  if (!match) return one;
  const port = Number(match[1]) - PORT_BASE + base;
  return { ...one, url: `http://${__ENV.SERVICE_HOST || '127.0.0.1'}:${port}` };
}

/** The combinations asked for by COMBINATIONS, in the order asked for; all of ours when it is empty. */
export function chosenCombinations() {
  const asked = __ENV.COMBINATIONS || '';
  const [file, names] = parted(asked);
  const known = load(file);
  const chosen = names.length === 0 ? known : names.map((name) => named(name, known, asked));
  return file === OUR_FILE ? chosen.map(placed) : chosen;
}

/** A file and names, of `a,b` or `file.json` or `file.json#a,b`. @param {string} asked @returns {[string, string[]]} */
function parted(asked) {
  const [file, list] = /\.json(#|$)/.test(asked) ? asked.split('#') : [OUR_FILE, asked];
  const names = list ? list.split(',').map((name) => name.trim()) : [];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated) throw new Error(`COMBINATIONS=${asked} cannot be used: ${repeated} is there twice`);
  return [file, names];
}

/** @param {string} name @param {Combination[]} known @param {string} asked */
function named(name, known, asked) {
  const found = known.find((one) => one.name === name);
  if (found) return found;
  const names = known.map((one) => one.name).join(', ');
  throw new Error(`COMBINATIONS=${asked} cannot be used: the names are ${names}, or give a .json file`);
}
