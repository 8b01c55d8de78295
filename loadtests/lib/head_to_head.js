// The services take turns: which visitor sends requests to which service, one phase after the other.

import exec from 'k6/execution';
import { serviceMetrics } from './batches.js';
import { PhaseVisit } from './phase_visit.js';
import { scheduleOf } from './turns.js';
import { warmUp } from './warm_up.js';

/** @typedef {import('./combinations.js').Combination} Combination */
/** @typedef {import('./phases.js').Phase} Phase */
/** @typedef {Record<string, number[]>} Latencies by phase and service, milliseconds */

// Before the first phase, until all visitors have started, and after each phase, for late answers.
const LEAD_S = 0.5;
const GAP_S = 0.5;
const PRIME = 31;

/** Seconds that phases take, with the pauses between them. @param {Phase[]} phases */
export function secondsOf(phases) {
  return phases.reduce((sum, phase) => sum + phase.seconds + GAP_S, LEAD_S);
}

export class HeadToHead {
  /** @param {Phase[]} phases @param {import('./settings.js').Settings} settings */
  constructor(phases, { combinations, round, hitRatio }) {
    this.phases = phases;
    this.combinations = combinations;
    this.seed = round;
    this.hitRatio = hitRatio;
    this.metrics = phases.map((_, phase) => combinations.map((_one, service) => serviceMetrics(phase, service)));
  }

  /** The requests to one service. @param {Combination} combination @param {string} run @returns {import('./turn_calls.js').Source} */
  source({ name }, run) {
    return { seed: this.seed, hitRatio: this.hitRatio, run: `${run}-${name}` };
  }

  /** The same warm-up for all, one service after the other. @param {Phase[]} phases @param {string} run @returns {Latencies} */
  prepare(phases, run) {
    const warmed = (/** @type {Phase} */ phase) =>
      this.combinations.map((combination) => warmUp(phase, combination, this.source(combination, `${run}-warm-up`)));
    return Object.fromEntries(phases.map((phase) => [phase.name, warmed(phase)]));
  }

  /** One visitor's part of these phases. @param {Phase[]} phases @param {Latencies} latencies @param {string} run @param {number} start milliseconds of the epoch */
  visit(phases, latencies, run, start) {
    let begins = start + LEAD_S * 1000;
    for (const phase of phases) {
      const number = this.phases.indexOf(phase);
      const schedule = scheduleOf(begins, phase.seconds, latencies[phase.name], this.seed * PRIME + number);
      new PhaseVisit(phase, schedule, this.services(number, run), exec.scenario.iterationInTest).run();
      begins = schedule.ends + GAP_S * 1000;
    }
  }

  /** @param {number} number of the phase @param {string} run @returns {import('./phase_visit.js').Service[]} */
  services(number, run) {
    return this.combinations.map((combination, place) => ({
      combination,
      source: this.source(combination, run),
      metrics: this.metrics[number][place],
    }));
  }
}
