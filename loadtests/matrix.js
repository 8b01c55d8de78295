// Measures the combinations in turns, and each under the origin's load: k6 run loadtests/matrix.js
// Variables: PROFILE= COMBINATIONS= VUS= THINK= WARM_UP= DURATION= MIX= ROUTES= ROUND= RESULTS= PORT_BASE= SERVICE_HOST= ALLOW_HOSTS= TARGETS=
// TURNS= seconds of the head to head (0: none), with VISITORS= concurrent visitors after WARM_UP_REQUESTS=. DURATION=0: head to head only.
// RUN_ID= is shared by several k6 runs that measure the combinations of one run.
// RATE= requests per second: an open model with a constant arrival rate. LIMITS= counts late answers.

import { sleep } from 'k6';
import exec from 'k6/execution';
import { fillCaches } from './lib/cache_fill.js';
import { effectsTable } from './lib/effects_table.js';
import { endNotes } from './lib/end_notes.js';
import { figuresOf, isMachineReadable, resultOf } from './lib/figures.js';
import { HeadToHead } from './lib/head_to_head.js';
import { refuseUnready } from './lib/guards.js';
import { measuredSince, sliceOf, thresholds, trendStats, visitors as arrivals } from './lib/measures.js';
import { refuseMistakes } from './lib/mistakes.js';
import { phasesOf } from './lib/phases.js';
import { cumulated, drawn, seeded } from './lib/random.js';
import { isWrite } from './lib/routes.js';
import { scenariosOf } from './lib/scenarios.js';
import { readSettings } from './lib/settings.js';
import { partOf, refusalOfPart, shardOf, startOf, written } from './lib/shards.js';
import { table } from './lib/table.js';
import { visit } from './lib/visit.js';

const settings = readSettings();
const routeNames = Object.keys(settings.mix);
const routeSums = cumulated(Object.values(settings.mix));
const cellTime = settings.warmUp + settings.duration;
const phases = phasesOf(Object.keys(settings.weights), settings.turns, settings.asked);
const headToHead = new HeadToHead(phases, settings);
const reads = phases.filter(({ route }) => !isWrite(route));
const writes = phases.filter(({ route }) => isWrite(route));
const scenarios = scenariosOf(settings, reads, writes);
const LAST_NAP = 0.05;
const REDUCED = 'k6 wrote its machine-readable summary, which lacks p99, other percentiles and the timeline.\n';

/** @type {import('./lib/journeys.js').Visitor} */
let visitor;

/** @type {import('k6/options').Options} */
export const options = {
  scenarios,
  // Concurrent warm-up requests all go to one service.
  batch: settings.asked.visitors,
  batchPerHost: settings.asked.visitors,
  // Every VU runs this script again, but k6 uses the options of the first run only.
  ...(__VU === 0 ? { thresholds: thresholds(settings), summaryTrendStats: trendStats() } : {}),
  // A URL tag would create a time series for every catalogue page.
  systemTags: ['scenario', 'status', 'error_code'],
  setupTimeout: '180s',
};

export function setup() {
  refuseMistakes(refusalOfPart(settings));
  const k6 = refuseUnready(settings.combinations);
  const run = Date.now().toString(36);
  // Writes come first because they invalidate cached values.
  const written = headToHead.prepare(writes, run);
  if (phases.length > 0) fillCaches(settings);
  return { run, id: __ENV.RUN_ID || run, k6, latencies: { ...written, ...headToHead.prepare(reads, run) } };
}

/** @typedef {{ run: string, latencies: import('./lib/head_to_head.js').Latencies, starts_at?: number }} Prepared */

/** @param {Prepared} data */
export function turns({ run, latencies, starts_at: startsAt }) {
  headToHead.visit(reads, latencies, run, startOf(startsAt, scenarios.turns.startTime));
  startedWithTurns();
}

/** @param {Prepared} data */
export function turns_of_writes({ run, latencies, starts_at: startsAt }) {
  headToHead.visit(writes, latencies, run, startOf(startsAt, scenarios.turns_of_writes.startTime));
  startedWithTurns();
}

/** Without a load per combination, measuring began with the turns. */
function startedWithTurns() {
  if (settings.duration > 0) return;
  settings.combinations.forEach(({ name }) => measuredSince.add(exec.scenario.startTime, { combination: name }));
}

/** A new visitor for each combination; visitors are spread over one think time. @param {string} run @param {string} combination */
function arrive(run, combination) {
  // Not the VU's number: k6 uses different VUs for each combination.
  const number = exec.scenario.iterationInTest;
  const random = seeded(settings.round * 100003 + number);
  const { vus: visitors, limits, hitRatio } = settings;
  const first = exec.scenario.iterationInInstance === 0;
  arrivals.add(1, { combination });
  visitor = { random, number, visitors, first, limits, hitRatio, browsing: null, sent: 0, request: 0, run };
  sleep((settings.think.mean * (number % settings.vus)) / settings.vus);
}

/** Logs when the load is measured, so that the runner takes its snapshots then. @param {string} combination */
function say(combination) {
  const since = exec.scenario.startTime + settings.warmUp * 1000;
  console.info(`${combination} is measured from ${since} for ${settings.duration} s`);
}

/** Warm-up and measured time are one continuous load; the clock decides to which a request belongs. @param {string} combination @returns {import('./lib/visit.js').Phase} */
function phase(combination) {
  const since = exec.scenario.startTime + settings.warmUp * 1000;
  const now = Date.now();
  if (now < since) return { phase: 'warm-up' };
  measuredSince.add(since, { combination });
  return { phase: 'measured', slice: sliceOf((now - since) / 1000, settings.duration) };
}

/** Seconds left for this combination. */
function timeLeft() {
  return Math.max(0, exec.scenario.startTime / 1000 + cellTime - Date.now() / 1000);
}

function pause() {
  if (settings.rate) return;
  const { mean, fixed } = settings.think;
  sleep(Math.min(fixed ? mean : mean * (0.5 + visitor.random()), timeLeft()));
}

/** @param {{ run: string }} data */
export default function (data) {
  const combination = settings.combinations.find(({ name }) => name === exec.scenario.name);
  if (!combination) return;
  if (exec.scenario.iterationInTest === 0) say(combination.name);
  if (exec.vu.iterationInScenario === 0) arrive(`${data.run}-${combination.name}`, combination.name);
  // Visitors that wake at the end must not send a final burst.
  if (timeLeft() === 0) return sleep(LAST_NAP);
  visitor.request = exec.scenario.iterationInTest;
  const route = routeNames[drawn(visitor.random, routeSums)];
  visit(visitor, combination, route, phase(combination.name));
  pause();
}

/** @param {any} data */
export function handleSummary(data) {
  const results = settings.combinations.map((combination) => resultOf(data, combination, settings, phases)).filter((result) => result);
  if (results.length === 0 || partOf()?.sequence === '') return { stdout: 'Nothing was measured to its end, so no result was written.\n' };
  const named = Object.fromEntries(results.map((result) => [`${result?.combination}${settings.suffix}`, withPart(data, result)]));
  const { stdout = '', ...files } = written(named, settings.results);
  return { ...files, stdout: (partOf() ? '' : summaryText(data, results)) + stdout };
}

/** The text at the end of a run. @param {any} data @param {any[]} results */
function summaryText(data, results) {
  return [
    settings.duration > 0 ? table(results) : '',
    effectsTable(results),
    endNotes(results, figuresOf(data)),
    isMachineReadable(data) ? REDUCED : '',
    `\nResults: ${settings.results}\n`,
  ].join('');
}

/** A result; if it is a shard, with the data needed to pool it. @param {any} data @param {any} result */
function withPart(data, result) {
  if (!partOf()) return result;
  const service = settings.combinations.findIndex(({ name }) => name === result.combination);
  return { ...result, shard: shardOf(figuresOf(data), result, settings, phases, service) };
}
