// What functions without any request give, written down: FOLDER= holds results of services that took turns.

import { Contrasts } from '../../loadtests/lib/batches.js';
import { effectsTable, pairsOf } from '../../loadtests/lib/effects_table.js';
import { effectOf, mixLevels, phaseLevels } from '../../loadtests/lib/estimates.js';
import { phasesOf } from '../../loadtests/lib/phases.js';
import { huber } from '../../loadtests/lib/robust.js';
import { scenariosOf } from '../../loadtests/lib/scenarios.js';
import { batchAt, orderOf, scheduleOf, turnAt } from '../../loadtests/lib/turns.js';

const NAMES = ['sync', 'sync-cached', 'async', 'async-cached'];
const BEGINS = 1000;

/** The contrasts that two services end up with. @param {Array<[batch: number, answers: Array<[service: number, latency: number]>]>} rounds */
function contrastsOf(rounds) {
  const kept = [[], []];
  const metrics = kept.map((values) => ({ batches: [0, 1].map((batch) => ({ contrast: { add: (one) => values.push([batch, one]) } })) }));
  const contrasts = new Contrasts(metrics);
  for (const [batch, answers] of rounds) {
    contrasts.beginRound(batch);
    answers.forEach(([service, latency]) => contrasts.add(service, latency));
  }
  contrasts.end();
  return kept;
}

function estimates() {
  const results = NAMES.map((name) => JSON.parse(open(`${__ENV.FOLDER}/${name}.json`)));
  const columns = { mix: mixLevels(results), ...Object.fromEntries(Object.keys(results[0].turns).map((phase) => [phase, phaseLevels(results, phase)])) };
  const of = (levels) => Object.fromEntries(pairsOf(results).map(([title, ...pair]) => [title, effectOf(levels, ...pair)]));
  return { effects: Object.fromEntries(Object.entries(columns).map(([name, levels]) => [name, of(levels)])), table: effectsTable(results) };
}

/** The scenarios of a start by name: how many seconds after the begin. @param {number} round */
function startsOf(round) {
  const combinations = NAMES.map((name) => ({ name, varies: { cache: name.endsWith('cached') } }));
  const phases = phasesOf(given.routes, 20);
  const writes = phases.filter(({ route }) => route === 'create_order');
  const reads = phases.filter((phase) => !writes.includes(phase));
  const scenarios = scenariosOf({ combinations, round, warmUp: 1, duration: 2, vus: 5, rate: null }, reads, writes);
  return Object.fromEntries(Object.entries(scenarios).map(([name, { startTime }]) => [name, parseFloat(startTime)]));
}

const given = JSON.parse(__ENV.GIVEN);
const schedule = scheduleOf(BEGINS, 2, given.latencies, 7);
const answers = {
  orders: given.seeds.map((seed) => Array.from({ length: 600 }, (_, round) => orderOf(4, round, seed))),
  schedule,
  turns: Array.from({ length: 2000 }, (_, at) => turnAt(schedule, BEGINS + at)),
  batches: [BEGINS - 1, BEGINS, BEGINS + 199, BEGINS + 200, BEGINS + 1999, BEGINS + 2500].map((at) => batchAt(schedule, at, 10)),
  means: given.samples.map(huber),
  contrasts: contrastsOf(given.rounds),
  phases: phasesOf(given.routes, 100),
  starts: [1, 2, 3, 4, 5, 6].map(startsOf),
  ...estimates(),
};

export const options = { vus: 1, iterations: 1 };
export default function () {}
export const handleSummary = () => ({ [__ENV.WRITTEN]: JSON.stringify(answers) });
