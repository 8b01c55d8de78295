// Measures the combinations one after the other: k6 run loadtests/matrix.js
// Choose with PROFILE= COMBINATIONS= VUS= THINK= WARM_UP= DURATION= MIX= ROUTES= ROUND= RESULTS= PORT_BASE= SERVICE_HOST= TARGETS=
// RUN_ID= where several starts of k6 measure the combinations of one run.
// RATE= for an open model: as many requests a second, whatever the answers do. LIMITS= counts late answers.

import { sleep } from 'k6';
import exec from 'k6/execution';
import { isMachineReadable, resultOf } from './lib/figures.js';
import { refuseUnready } from './lib/guards.js';
import { measuredSince, sliceOf, thresholds, TREND_STATS } from './lib/measures.js';
import { isSegment, refuseMistakes } from './lib/mistakes.js';
import { GAP, GRACEFUL_STOP } from './lib/profiles.js';
import { cumulated, drawn, seeded } from './lib/random.js';
import { readSettings } from './lib/settings.js';
import { table } from './lib/table.js';
import { visit } from './lib/visit.js';

const settings = readSettings();
const routeNames = Object.keys(settings.mix);
const routeSums = cumulated(Object.values(settings.mix));
const cellTime = settings.warmUp + settings.duration;
const LAST_NAP = 0.05;
const REDUCED = 'k6 was asked for its machine-readable summary, which leaves out p99, other percentiles and the timeline.\n';

/** @type {import('./lib/journeys.js').Visitor} */
let visitor;

/** Visitors who wait for their answers (closed model), or requests that come whatever the answers do (open model). */
function arrivals() {
  const { rate, vus } = settings;
  if (!rate) return /** @type {const} */ ({ executor: 'constant-vus', vus });
  return /** @type {const} */ ({ executor: 'constant-arrival-rate', rate, preAllocatedVUs: vus, maxVUs: vus });
}

/** @param {import('./lib/combinations.js').Combination} combination @param {number} place */
function scenario({ name }, place) {
  return /** @type {const} */ ([
    name,
    {
      ...arrivals(),
      duration: `${cellTime}s`,
      startTime: `${place * (cellTime + GRACEFUL_STOP + GAP)}s`,
      gracefulStop: `${GRACEFUL_STOP}s`,
      tags: { combination: name },
    },
  ]);
}

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: Object.fromEntries(settings.combinations.map(scenario)),
  // k6 reads the options of its first start only, and every visitor starts this script again.
  thresholds: __VU === 0 ? thresholds(settings) : {},
  summaryTrendStats: TREND_STATS,
  // A tag with the address would make a time series of every page of the catalogue.
  systemTags: ['scenario', 'status', 'error_code'],
  setupTimeout: '60s',
};

export function setup() {
  refuseMistakes();
  const k6 = refuseUnready(settings.combinations);
  const run = Date.now().toString(36);
  return { run, id: __ENV.RUN_ID || run, k6 };
}

/** Starts a visitor anew for each combination, and spreads the visitors over one think time. @param {string} run */
function arrive(run) {
  const number = exec.vu.idInTest - 1;
  const random = seeded(settings.round * 100003 + number);
  const { vus: visitors, limits, hitRatio } = settings;
  visitor = { random, number, visitors, limits, hitRatio, browsing: null, sent: 0, run };
  sleep((settings.think.mean * (number % settings.vus)) / settings.vus);
}

/** Tells whoever reads the log when to look at the server's side. @param {string} combination */
function say(combination) {
  const since = exec.scenario.startTime + settings.warmUp * 1000;
  console.info(`${combination} is measured from ${since} for ${settings.duration} s`);
}

/** The warm-up and the measured time are one unbroken load; the clock says which a request belongs to. @param {string} combination @returns {import('./lib/visit.js').Phase} */
function phase(combination) {
  const since = exec.scenario.startTime + settings.warmUp * 1000;
  const now = Date.now();
  if (now < since) return { phase: 'warm-up' };
  measuredSince.add(since, { combination });
  return { phase: 'measured', slice: sliceOf((now - since) / 1000, settings.duration) };
}

/** Seconds left of this combination's time. */
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
  if (exec.vu.iterationInScenario === 0) arrive(`${data.run}-${combination.name}`);
  // Those who wake at the very end must not send one last burst together.
  if (timeLeft() === 0) return sleep(LAST_NAP);
  const route = routeNames[drawn(visitor.random, routeSums)];
  visit(visitor, combination, route, phase(combination.name));
  pause();
}

/** @param {any} data */
export function handleSummary(data) {
  const results = settings.combinations.map((one) => resultOf(data, one, settings)).filter((one) => one);
  if (results.length === 0 || isSegment()) return { stdout: 'Nothing was measured to its end, so no result was written.\n' };
  /** @type {Record<string, string>} */
  const outputs = { stdout: `${table(results)}${isMachineReadable(data) ? REDUCED : ''}\nResults: ${settings.results}\n` };
  for (const result of results) {
    const name = `${result && result.combination}${settings.suffix}.json`;
    outputs[`${settings.results}/${name}`] = `${JSON.stringify(result, null, 2)}\n`;
  }
  return outputs;
}
