// One visitor in one phase: the clock says which service has its turn, and the visitor sends requests to that service.

import { sleep } from 'k6';
import { Contrasts } from './batches.js';
import { cacheLabel } from './measures.js';
import { BATCHES } from './phases.js';
import { callOf } from './turn_calls.js';
import { batchAt, orderOf, turnAt } from './turns.js';
import { exchange } from './visit.js';

/** @typedef {import('./combinations.js').Combination} Combination */
/** @typedef {import('./phases.js').Phase} Phase */
/** @typedef {import('./turns.js').Schedule} Schedule */
/** @typedef {{ combination: Combination, source: import('./turn_calls.js').Source, metrics: import('./batches.js').ServiceMetrics }} Service */

// Consecutive requests of a single visitor to a service with quick answers.
const IN_A_ROW = 4;

export class PhaseVisit {
  /** @param {Phase} phase @param {Schedule} schedule @param {Service[]} services @param {number} place of the visitor, from 0 */
  constructor(phase, schedule, services, place) {
    this.phase = phase;
    this.schedule = schedule;
    this.services = services;
    this.place = place;
    const alone = phase.visitors === 1 && schedule.single.includes(true);
    this.single = alone ? services.map(() => true) : schedule.single;
    this.contrasts = new Contrasts(services.map(({ metrics }) => metrics));
    // Requests that the visitor sent each service before this round, and the most in it.
    this.sent = Math.ceil(phase.warmUp / phase.visitors);
    this.most = 0;
    this.reported = /** @type {Set<Service>} */ (new Set());
  }

  run() {
    const { phase, schedule, place } = this;
    if (place === 0) this.announce();
    if (place >= phase.visitors) return sleepUntil(schedule.ends);
    sleepUntil(schedule.begins);
    if (phase.visitors === 1) this.oneAtATime();
    else this.atOnce();
    this.contrasts.end();
  }

  /** Logs the times of the phase, so that the runner takes its samples then. */
  announce() {
    const { begins, ends, turns } = this.schedule;
    const round = this.phase.visitors > 1 ? `, rounds of ${turns.reduce((sum, turn) => sum + turn, 0)} ms` : '';
    console.info(`turns of ${this.phase.name} from ${begins} to ${ends} in ${BATCHES} batches${round}`);
    if (this.phase.visitors > 1) turns.forEach((turn, place) => this.services[place].metrics.turn.add(turn));
  }

  atOnce() {
    const { schedule } = this;
    let [round, service, earlier] = [-1, -1, 0];
    for (let now = Date.now(); now < schedule.ends; now = Date.now()) {
      const turn = turnAt(schedule, now);
      if (now >= turn.closes) {
        sleepUntil(turn.ends);
        continue;
      }
      if (turn.round !== round) this.beginRound();
      if (turn.round !== round || turn.service !== service) earlier = 0;
      [round, service] = [turn.round, turn.service];
      const answered = this.ask(service, earlier, turn.ends);
      earlier += 1;
      if (!answered) sleepUntil(turn.ends);
    }
  }

  oneAtATime() {
    const { guards, ends, seed } = this.schedule;
    const inARow = this.single.includes(true) ? 1 : IN_A_ROW;
    for (let round = 0; Date.now() < ends; round += 1) {
      this.beginRound();
      for (const service of orderOf(guards.length, round, seed)) {
        if (Date.now() + guards[service] > ends) return;
        for (let earlier = 0; earlier < inARow; earlier += 1) this.ask(service, earlier, Infinity);
      }
    }
  }

  beginRound() {
    this.contrasts.beginRound(batchAt(this.schedule, Date.now(), BATCHES));
    this.sent += this.most;
    this.most = 0;
  }

  /** Whether there was an answer. @param {number} number of the service @param {number} earlier requests sent before in this turn @param {number} ends end of the turn */
  ask(number, earlier, ends) {
    const { phase, place } = this;
    const service = this.services[number];
    this.most = Math.max(this.most, earlier + 1);
    const call = callOf(phase, service.source, (this.sent + earlier) * phase.visitors + place, place);
    const tags = { phase: 'turns', combination: service.combination.name };
    const { response, at, fault } = exchange(call, service.combination, phase.route, tags);
    this.count(service, response, at > ends);
    // The first answer after a change of service is slower than the others.
    if (earlier > 0 || this.single[number]) this.contrasts.add(number, response.timings.duration);
    if (fault) this.fail(service, call, fault.what);
    return response.status !== 0;
  }

  /** @param {Service} service @param {import('k6/http').Response} response @param {boolean} overlapping */
  count({ metrics }, response, overlapping) {
    const { latency, overlapping: overlaps, hits } = metrics.batches[this.contrasts.batch];
    metrics.latency.add(response.timings.duration);
    latency.add(response.timings.duration);
    overlaps.add(overlapping);
    const label = cacheLabel(response);
    if (label) hits.add(label === 'hit' || label === 'stale');
  }

  /** One line per service: fifty lines about a broken one would hide the first. @param {Service} service @param {import('./journeys.js').Call} call @param {string} what */
  fail(service, call, what) {
    service.metrics.batches[this.contrasts.batch].failed.add(1);
    if (this.place > 0 || this.reported.has(service)) return;
    this.reported.add(service);
    console.error(`${service.combination.name} in its turn: ${call.method} ${call.path}: ${what}`);
  }
}

/** @param {number} at milliseconds of the epoch */
function sleepUntil(at) {
  const left = at - Date.now();
  if (left > 0) sleep(left / 1000);
}
