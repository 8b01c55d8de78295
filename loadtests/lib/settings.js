// What one run measures: the environment's words, read and checked once.

import { chosenCombinations } from './combinations.js';
import { PROFILES } from './profiles.js';
import { OWN_MIX, ROUTES } from './routes.js';

/**
 * @typedef {object} Settings
 * @property {string} profile
 * @property {import('./combinations.js').Combination[]} combinations
 * @property {number} vus
 * @property {number} warmUp seconds
 * @property {number} duration seconds
 * @property {{ mean: number, fixed: boolean }} think seconds
 * @property {Record<string, number>} mix
 * @property {number} round
 * @property {string} results folder
 * @property {string} suffix of a result file's name
 */

const UNITS = /** @type {Record<string, number>} */ ({ '': 1, s: 1, m: 60, h: 3600 });

/** @param {string} name @param {string} value @param {string} cure @returns {never} */
function refuse(name, value, cure) {
  throw new Error(`${name}=${value} cannot be used: ${cure}`);
}

/** @param {string} name @param {number} preset */
function wholeNumber(name, preset) {
  const text = __ENV[name];
  if (!text) return preset;
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : refuse(name, text, 'give a whole number from 1');
}

/** @param {string} name @param {number} preset */
function seconds(name, preset) {
  const text = __ENV[name];
  if (!text) return preset;
  const match = /^(\d+(?:\.\d+)?)(s|m|h|)$/.exec(text);
  const value = match ? Number(match[1]) * UNITS[match[2]] : 0;
  return value > 0 ? value : refuse(name, text, 'give seconds, as 30, 30s or 2m');
}

/** @param {number} preset */
function think(preset) {
  const text = __ENV.THINK;
  if (!text) return { mean: preset, fixed: false };
  if (text === 'fixed') return { mean: 1, fixed: true };
  if (/^\d+(\.\d+)?$/.test(text)) return { mean: Number(text), fixed: false };
  return refuse('THINK', text, 'give the mean in seconds, or the word fixed for exactly 1 s');
}

/** @param {Record<string, number>} preset */
function mix(preset) {
  const text = __ENV.MIX;
  if (!text) return preset;
  const weights = /** @type {Record<string, number>} */ ({});
  for (const part of text.split(',')) {
    const [route, weight] = part.split('=').map((word) => word.trim());
    if (!(route in ROUTES)) refuse('MIX', text, `the routes are ${Object.keys(ROUTES).join(', ')}`);
    if (!/^\d+(\.\d+)?$/.test(weight || '')) refuse('MIX', text, 'write it as products=70,revenue=30');
    if (Number(weight) > 0) weights[route] = Number(weight);
  }
  if (Object.keys(weights).length === 0) refuse('MIX', text, 'one weight at least must be above 0');
  return weights;
}

function resultsFolder() {
  const asked = __ENV.RESULTS;
  const folder = asked || import.meta.resolve('../results/latest').replace('file://', '');
  // Only the first start of the script may open files, and one look before measuring is enough.
  if (__VU === 0) refuseMissingFolder(folder);
  return folder;
}

/** @param {string} folder */
function refuseMissingFolder(folder) {
  const absolute = folder.startsWith('/') || !__ENV.PWD ? folder : `${__ENV.PWD}/${folder}`;
  try {
    open(absolute);
  } catch (error) {
    const missing = /no such file/.test(String(error));
    if (missing) refuse('RESULTS', folder, `there is no such folder, make it first: mkdir -p ${folder}`);
  }
}

/** @returns {Settings} */
export function readSettings() {
  const name = __ENV.PROFILE || 'origin';
  const profile = PROFILES[name];
  if (!profile) refuse('PROFILE', name, `the profiles are ${Object.keys(PROFILES).join(', ')}`);
  return {
    profile: name,
    combinations: chosenCombinations(),
    vus: wholeNumber('VUS', profile.vus),
    warmUp: profile.warm_up_s,
    duration: seconds('DURATION', profile.duration_s),
    think: think(profile.think_time_s),
    mix: mix(OWN_MIX || profile.mix),
    round: wholeNumber('ROUND', 1),
    results: resultsFolder(),
    suffix: __ENV.ROUND ? `.round-${__ENV.ROUND}` : '',
  };
}
