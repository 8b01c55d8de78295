// The services take turns: which visitor asks which of them, in one phase after the other.

import exec from 'k6/execution';
import { serviceMetrics } from './batches.js';
import { PhaseVisit } from './phase_visit.js';
import { scheduleOf } from './turns.js';
import { warmUp } from './warm_up.js';

/** @typedef {import('./combinations.js').Combination} Combination */
/** @typedef {import('./phases.js').Phase} Phase */
/** @typedef {Record<string, number[]>} Latencies by phase and service, milliseconds */

const LEAD_S = 0.5;
// For answers that are under way.
const GAP_S = 1;
const PRIME = 31;

/** Seconds that phases take, with what is between them. @param {Phase[]} phases */
export function secondsOf(phases) {
  return phases.reduce((sum, phase) => sum + phase.seconds + GAP_S, LEAD_S);
}

export class HeadToHead {
  /** @param {Phase[]} phases @param {import('./settings.js').Settings} settings */
  constructor(phases, { combinations, round, hitRatio }) {
    this.phases = phases;
    this.combinations = combinations;
    this.source = { seed: round, hitRatio };
    this.metrics = phases.map(({ name }) => combinations.map((_, service) => serviceMetrics(name, service)));
  }

  /** The same warm-up for all, one service after the other. @param {string} run @returns {Latencies} */
  prepare(run) {
    const warmed = (/** @type {Phase} */ phase) =>
      this.combinations.map((one) => warmUp(phase, one, { ...this.source, run: `${run}-${one.name}-warm-up` }));
    return Object.fromEntries(this.phases.map((phase) => [phase.name, warmed(phase)]));
  }

  /** One visitor's part of these phases. @param {Phase[]} phases @param {Latencies} latencies @param {string} run */
  visit(phases, latencies, run) {
    const place = exec.scenario.iterationInInstance;
    let begins = Math.ceil(exec.scenario.startTime) + LEAD_S * 1000;
    for (const phase of phases) {
      const number = this.phases.indexOf(phase);
      const seed = this.source.seed * PRIME + number;
      const schedule = scheduleOf(begins, phase.seconds, latencies[phase.name], seed);
      const sources = this.combinations.map(({ name }) => ({ ...this.source, run: `${run}-${name}` }));
      new PhaseVisit(phase, schedule, this.metrics[number], this.combinations, sources, place).run();
      begins = schedule.ends + GAP_S * 1000;
    }
  }
}
