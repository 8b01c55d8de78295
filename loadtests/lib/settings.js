// The settings of a run, read from environment variables and checked once. loadtests/schema/settings.py has the same rules.

import { chosenCombinations } from './combinations.js';
import { refuse } from './mistakes.js';
import { VISITORS, WEIGHTS } from './phases.js';
import { PROFILES, WORST_LATENCY } from './profiles.js';
import { isWrite, OWN_HASH, OWN_MIX, ROUTES } from './routes.js';

/**
 * @typedef {object} Settings
 * @property {string} profile
 * @property {import('./combinations.js').Combination[]} combinations
 * @property {number} vus
 * @property {number} warmUp seconds
 * @property {number} duration seconds of each combination's load, 0: head to head only
 * @property {number | null} rate requests per second of an open model, null: visitors wait for their answers
 * @property {Record<string, number>} limits milliseconds by route: an answer that takes longer is counted as late
 * @property {number} hitRatio share of `page` requests whose answer is in the cache already
 * @property {{ mean: number, fixed: boolean }} think seconds
 * @property {Record<string, number>} mix
 * @property {number} turns seconds of the head to head, 0 for none
 * @property {Record<string, number>} weights of the routes in it
 * @property {import('./phases.js').Asked} asked of its phases
 * @property {string | null} routesHash of the file that ROUTES names, null for our own routes
 * @property {number} round
 * @property {string} results folder
 * @property {string} suffix of a result file's name
 */

const UNITS = /** @type {Record<string, number>} */ ({ '': 1, s: 1, m: 60, h: 3600 });

/** @param {string} name @param {number} preset */
function wholeNumber(name, preset) {
  const text = __ENV[name];
  if (!text) return preset;
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : refuse(name, text, 'give a whole number from 1', preset);
}

/** @param {string} name @param {number} preset */
function share(name, preset) {
  const text = __ENV[name];
  if (!text) return preset;
  return /^(0(\.\d+)?|1(\.0+)?)$/.test(text) ? Number(text) : refuse(name, text, 'give a share from 0 to 1, as 0.9', preset);
}

/** @param {string} name @param {number} preset */
function seconds(name, preset) {
  const text = __ENV[name];
  if (!text) return preset;
  const match = /^(\d+(?:\.\d+)?)(s|m|h|)$/.exec(text);
  const value = match ? Number(match[1]) * UNITS[match[2]] : 0;
  return value > 0 ? value : refuse(name, text, 'give seconds, as 30, 30s or 2m', preset);
}

/** @param {number} preset */
function think(preset) {
  const text = __ENV.THINK;
  const usual = { mean: preset, fixed: false };
  if (!text) return usual;
  if (text === 'fixed') return { mean: 1, fixed: true };
  if (/^\d+(\.\d+)?$/.test(text)) return { mean: Number(text), fixed: false };
  return refuse('THINK', text, 'give the mean in seconds, or the word fixed for exactly 1 s', usual);
}

/** A number above 0 for each named route. @param {string} name @param {Record<string, number>} preset */
function byRoute(name, preset) {
  const text = __ENV[name];
  if (!text) return preset;
  const names = Object.keys(ROUTES);
  const numbers = /** @type {Record<string, number>} */ ({});
  for (const part of text.split(',')) {
    const [route, number] = part.split('=').map((word) => word.trim());
    if (!names.includes(route)) return refuse(name, text, `the routes are ${names.join(', ')}`, preset);
    if (!/^\d+(\.\d+)?$/.test(number || '')) return refuse(name, text, 'write it as products=70,revenue=30', preset);
    if (Number(number) > 0) numbers[route] = Number(number);
  }
  if (Object.keys(numbers).length > 0) return numbers;
  return refuse(name, text, 'one number at least must be above 0', preset);
}

/** Visitors; in an open model the most requests in flight. @param {number | null} rate @param {number} preset */
function vus(rate, preset) {
  return wholeNumber('VUS', rate ? Math.max(preset, Math.ceil(rate * WORST_LATENCY)) : preset);
}

function resultsFolder() {
  const folder = __ENV.RESULTS || import.meta.resolve('../results/latest').replace('file://', '');
  // k6 may open files only in the script's first run; one check before measuring is enough.
  if (__VU === 0 && __ENV.SHARDS !== 'stdout') refuseMissingFolder(folder);
  return folder;
}

/** @param {string} folder */
function refuseMissingFolder(folder) {
  const absolute = folder.startsWith('/') || !__ENV.PWD ? folder : `${__ENV.PWD}/${folder}`;
  try {
    open(absolute);
  } catch (error) {
    const missing = /no such file/.test(String(error));
    if (missing) refuse('RESULTS', folder, `there is no such folder, make it first: mkdir -p ${folder}`, null);
  }
}

/** The user's own services get no writes unless the mix has them. @param {Record<string, number>} mix */
function permitted(mix) {
  const ours = __ENV.STACK !== 'none' && !/\.json/.test(__ENV.COMBINATIONS || '');
  return Object.fromEntries(Object.entries(mix).filter(([route]) => ours || !isWrite(route)));
}

/** Seconds; 0 leaves the part out. @param {string} name @param {number} preset */
function secondsOrNone(name, preset) {
  return __ENV[name] === '0' ? 0 : seconds(name, preset);
}

/** Seconds of the head to head; not possible with a single service or in an open model. @param {boolean} possible @param {number} preset */
function turns(possible, preset) {
  const seconds = secondsOrNone('TURNS', preset);
  return possible ? seconds : 0;
}

/** @returns {Settings} */
export function readSettings() {
  const name = __ENV.PROFILE || 'quick';
  const names = Object.keys(PROFILES);
  const known = names.includes(name) ? name : refuse('PROFILE', name, `the profiles are ${names.join(', ')}`, 'quick');
  const profile = PROFILES[known];
  const rate = wholeNumber('RATE', 0) || null;
  const combinations = chosenCombinations();
  const own = combinations.find((service) => service.mix)?.mix || OWN_MIX;
  const mix = byRoute('MIX', own || permitted(profile.mix));
  return {
    profile: name,
    combinations,
    vus: vus(rate, profile.vus),
    rate,
    limits: byRoute('LIMITS', {}),
    hitRatio: share('HIT_RATIO', 0.9),
    warmUp: seconds('WARM_UP', profile.warm_up_s),
    duration: secondsOrNone('DURATION', profile.duration_s),
    think: rate ? { mean: 0, fixed: false } : think(profile.think_time_s),
    mix,
    turns: turns(combinations.length > 1 && !rate, profile.turns_s || 0),
    asked: { visitors: wholeNumber('VISITORS', VISITORS), warmUp: wholeNumber('WARM_UP_REQUESTS', 0) },
    weights: __ENV.MIX || own ? mix : permitted(WEIGHTS),
    routesHash: OWN_HASH,
    round: wholeNumber('ROUND', 1),
    results: resultsFolder(),
    suffix: __ENV.ROUND ? `.round-${__ENV.ROUND}` : '',
  };
}
