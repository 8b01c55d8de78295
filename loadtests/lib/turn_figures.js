// The head to head of one service, from k6's end-of-test data: each batch, and each phase as a whole.

import { nameOf } from './batches.js';
import { latency } from './latency.js';
import { BATCHES } from './phases.js';

/** @typedef {import('./figures.js').Figures} Figures */
/** @typedef {import('./phases.js').Phase} Phase */

// If more than this share of requests end after their turn, turns were too short. A batch is small, so its limit is higher.
export const MOST_OVERLAPPING = 0.02;
// The limit of one batch, where one stall of the machine affects several visitors. It hardly changes contrasts: the first
// answer in a turn is left out, and Huber's mean is robust.
const VOID_FROM = 0.1;
const CHANCE = 3;

// Requests needed beyond a percentile of one start; over several starts the whole run decides.
const BEYOND = 1;

/** By phase. @param {Figures} figures @param {Phase[]} phases @param {number} service */
export function turns(figures, phases, service) {
  return Object.fromEntries(phases.map(({ name }, number) => [name, batchesOf(figures, number, service)]));
}

/** @param {Figures} figures @param {number} phase @param {number} service */
function batchesOf(figures, phase, service) {
  return Array.from({ length: BATCHES }, (_, batch) => batchOf(figures, phase, service, batch));
}

/** @param {Figures} figures @param {number} phase @param {number} service @param {number} batch */
function batchOf(figures, phase, service, batch) {
  const named = (/** @type {string} */ figure) => figures(`${nameOf(phase, service, batch)}_${figure}`);
  const { passes: overlapping = 0, fails: within = 0 } = named('overlapping');
  const counted = { requests: overlapping + within, failed: named('failed').count || 0, overlapping };
  const { avg, p50, p95 } = latency(named('latency'), counted.requests, 0);
  return {
    batch,
    ...counted,
    void: voidOf(counted),
    latency_ms: { avg, p50, p95 },
    contrast: given(named('contrast').avg),
    hit_ratio: given(named('hits').rate),
    service_cpu_ms: null,
  };
}

/** Why a batch does not count, null if it does. @param {{ requests: number, failed: number, overlapping: number }} batch */
function voidOf({ requests, failed, overlapping }) {
  if (failed > 0) return `${failed} of ${requests} answers failed or were wrong`;
  const most = VOID_FROM * requests;
  if (overlapping <= most + CHANCE * Math.sqrt(most)) return null;
  return `${overlapping} of ${requests} requests reach over their turn`;
}

/** @param {number | undefined} value */
function given(value) {
  return value === undefined ? null : value;
}

/** The same phases as a whole. @param {Figures} figures @param {Phase[]} phases @param {number} service */
export function headToHead(figures, phases, service) {
  return Object.fromEntries(phases.map((phase, number) => [phase.name, wholeOf(figures, phase, number, service)]));
}

/** @param {Figures} figures @param {Phase} phase @param {number} number of the phase @param {number} service */
function wholeOf(figures, { route, visitors }, number, service) {
  const whole = figures(`${nameOf(number, service)}_latency`);
  const requests = batchesOf(figures, number, service).reduce((sum, batch) => sum + batch.requests, 0);
  const latencies = latency(whole, requests, BEYOND);
  return {
    route,
    visitors,
    turn_ms: given(figures(`${nameOf(number, service)}_turn`).value),
    requests,
    throughput_rps: throughput(visitors, latencies.avg),
    latency_ms: latencies,
  };
}

/** By Little's law, for visitors without think time. A single visitor's phase has a latency only. @param {number} visitors @param {number | null} average milliseconds */
function throughput(visitors, average) {
  return visitors > 1 && average ? Math.round((100000 * visitors) / average) / 100 : null;
}
