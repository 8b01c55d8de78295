// A shard of a load (k6's --execution-segment): the data beside its result with which `python -m loadtests pool` adds
// the shards up.

import exec from 'k6/execution';
import { nameOf } from './batches.js';
import { figureName, PLACES } from './measures.js';
import { BATCHES } from './phases.js';
import { SCRIPT } from './script.js';

/** @typedef {import('./figures.js').Figures} Figures */
/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {import('./phases.js').Phase} Phase */

// For figures without a percentile beyond p95.
const COARSE = PLACES.filter((place) => place % 0.5 === 0);
const LINE = 'MATRIX-SHARD';

/** The shard of this process: its number and how many there are; null for a whole load. */
export function partOf() {
  const { executionSegment: segment, executionSegmentSequence: sequence } = exec.test.options;
  if (!segment) return null;
  const places = (sequence || segment.replace(':', ',')).split(',');
  return { segment, sequence: sequence || '', number: places.indexOf(segment.split(':')[0]) + 1, of: places.length - 1 };
}

/** Why this shard cannot be measured, or an empty text. @param {Settings} settings */
export function refusalOfPart({ vus, turns, asked, duration }) {
  const part = partOf();
  if (!part) return '';
  if (!part.sequence) {
    const sequence = '--execution-segment-sequence=0,1/4,1/2,3/4,1';
    return `--execution-segment cannot be used alone: every part would send the same visitors; add ${sequence}`;
  }
  const fewest = Math.min(duration > 0 ? vus : Infinity, turns > 0 ? asked.visitors : Infinity);
  if (part.of > fewest) return `${part.of} segments cannot share ${fewest} visitors: make fewer, or raise VUS and VISITORS`;
  // The warm-up sets the length of the turns, and all shards need the same one.
  const { noSetup } = /** @type {{ noSetup?: boolean }} */ (exec.test.options);
  if (turns === 0 || noSetup) return '';
  return `TURNS=${turns} cannot be shared by parts that are set up one by one: give TURNS=0, or use make matrix GENERATORS=${part.of}`;
}

/** When all shards of a load begin their turns: by the clock, not by each one's own start. @param {number | undefined} startsAt @param {string} offset of the scenario in seconds */
export function startOf(startsAt, offset) {
  return startsAt === undefined ? Math.ceil(exec.scenario.startTime) : startsAt + 1000 * parseFloat(offset);
}

/** Counts and the quantile function. @param {Record<string, number>} trend @param {number[]} places */
function curve({ count = 0, avg = 0, min, ...trend }, places) {
  const at = count > 0 ? [min, ...places.map((place) => trend[`p(${place})`])].map(short) : [];
  return { count, avg, at };
}

/** @param {number} milliseconds */
function short(milliseconds) {
  return Math.round(milliseconds * 1e4) / 1e4;
}

/** The data that a result lacks. @param {Figures} figures @param {any} result @param {Settings} settings @param {Phase[]} phases @param {number} service */
export function shardOf(figures, result, settings, phases, service) {
  const tags = { phase: 'measured', combination: result.combination };
  const of = (/** @type {Record<string, string>} */ more, places = PLACES) =>
    curve(figures(figureName('http_req_duration', { ...tags, ...more })), places);
  const parts = [...phases.map(({ seconds }) => seconds / BATCHES), Infinity];
  return {
    ...partOf(),
    script_sha256: SCRIPT,
    visitors: figures(figureName('visitors', { combination: result.combination })).count || 0,
    block_s: settings.duration > 0 ? result.timeline[0].duration_s : Math.min(...parts),
    places: [0, ...PLACES],
    coarse: [0, ...COARSE],
    latency: of({}),
    routes: Object.fromEntries(Object.keys(result.routes).map((route) => [route, of({ route })])),
    timeline: result.timeline.map((/** @type {any} */ _, /** @type {number} */ slice) => of({ slice: String(slice) }, COARSE)),
    turns: Object.fromEntries(phases.map(({ name }, phase) => [name, batchesOf(figures, phase, service)])),
    head_to_head: Object.fromEntries(phases.map(({ name }, phase) => [name, curve(figures(`${nameOf(phase, service)}_latency`), PLACES)])),
  };
}

/** @param {Figures} figures @param {number} phase @param {number} service */
function batchesOf(figures, phase, service) {
  return Array.from({ length: BATCHES }, (_, batch) => {
    const named = (/** @type {string} */ figure) => figures(`${nameOf(phase, service, batch)}_${figure}`);
    const { passes: hits = 0, fails: misses = 0 } = named('hits');
    return { latency: curve(named('latency'), COARSE), contrasts: named('contrast').count || 0, hits, asked: hits + misses };
  });
}

/** Files for handleSummary to return, or lines on standard output with SHARDS=stdout. @param {Record<string, any>} results by name of the file @param {string} folder @returns {Record<string, string>} */
export function written(results, folder) {
  const part = partOf();
  const suffix = part ? `.shard-${part.number}-of-${part.of}.json` : '.json';
  const named = Object.entries(results);
  if (__ENV.SHARDS === 'stdout') {
    return { stdout: named.map(([name, result]) => `\n${LINE} ${name}${suffix} ${JSON.stringify(result)}\n`).join('') };
  }
  const indent = part ? 0 : 2;
  return Object.fromEntries(named.map(([name, result]) => [`${folder}/${name}${suffix}`, `${JSON.stringify(result, null, indent)}\n`]));
}
