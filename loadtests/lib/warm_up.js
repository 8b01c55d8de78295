// Warm-up before the head to head: each service gets the same number of the requests that are measured next.

import http from 'k6/http';
import { countOrder, requestOf } from './visit.js';
import { callOf } from './turn_calls.js';

/** @typedef {import('./combinations.js').Combination} Combination */
/** @typedef {import('./phases.js').Phase} Phase */

const SLOW_SHARE = 0.95;
// Waits only once for a service that does not answer.
const LONGEST_MS = 9000;

/**
 * A service's p95 latency under a phase's load, in milliseconds, with as many concurrent requests as visitors.
 * @param {Phase} phase @param {Combination} combination @param {import('./turn_calls.js').Source} source
 */
export function warmUp(phase, combination, source) {
  const { visitors } = phase;
  const latencies = [0];
  const ends = Date.now() + LONGEST_MS;
  for (let sent = 0; sent < Math.max(phase.warmUp, visitors) && Date.now() < ends; sent += visitors) {
    const calls = Array.from({ length: visitors }, (_, place) => callOf(phase, source, sent + place, place));
    const answers = http.batch(calls.map((call) => requestOf(call, combination.url, { phase: 'warm-up' })));
    answers.forEach((answer) => countOrder(phase.route, answer));
    latencies.push(...answers.map((answer) => answer.timings.duration));
  }
  const settled = latencies.slice(latencies.length >> 1).sort((a, b) => a - b);
  return settled[Math.floor(settled.length * SLOW_SHARE)];
}
