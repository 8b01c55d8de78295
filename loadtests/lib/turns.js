// The schedule of turns. They last hundredths of a second, so that a slow moment of the machine slows all services.

import { seeded } from './random.js';

/**
 * @typedef {object} Schedule of one phase, the same for every visitor
 * @property {number} begins milliseconds of the epoch
 * @property {number} ends
 * @property {number[]} turns milliseconds that each service's turn lasts
 * @property {number[]} guards milliseconds at the end of a turn without new requests, so that answers come within the turn
 * @property {boolean[]} single whether a service is too slow for a second answer in a turn
 * @property {number} seed of the orders
 *
 * @typedef {object} Turn
 * @property {number} round from 0: each service has one turn in it
 * @property {number} service
 * @property {number} closes when sending ends
 * @property {number} ends
 */

// A visitor gets two or three answers in a turn, or one if they are slow: a round should be shorter than the tenths of a
// second for which a machine's speed is stable.
const SENDING = [22, 44];
const SHORTEST_GUARD = 8;
// A service that does not answer must not take all of the time.
const LONGEST_GUARD = 2000;
const ANSWERS = 2.2;
const SLACK = 1.3;
const PRIME = 7919;

/** A slow service gets longer turns, the others do not. @param {number} begins @param {number} seconds @param {number[]} latencies p95 by service @param {number} seed @returns {Schedule} */
export function scheduleOf(begins, seconds, latencies, seed) {
  const guards = latencies.map((latency) => within(SLACK * latency, SHORTEST_GUARD, LONGEST_GUARD));
  const turns = guards.map((guard, service) => guard + within(ANSWERS * latencies[service], SENDING[0], SENDING[1]));
  const single = latencies.map((latency) => latency > SENDING[1] / ANSWERS);
  return { begins, ends: begins + Math.round(seconds * 1000), turns, guards, single, seed };
}

/** @param {number} value @param {number} least @param {number} most */
function within(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

/** The order of the services in a round, drawn anew for each. @param {number} size @param {number} round @param {number} seed */
export function orderOf(size, round, seed) {
  const random = seeded(seed * 100003 + round * PRIME);
  const order = Array.from({ length: size }, (_, place) => place);
  for (let last = size - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** @param {Schedule} schedule @param {number} now milliseconds of the epoch @returns {Turn} */
export function turnAt({ begins, ends: last, turns, guards, seed }, now) {
  const length = turns.reduce((sum, turn) => sum + turn, 0);
  const round = Math.floor((now - begins) / length);
  const order = orderOf(turns.length, round, seed);
  let ends = begins + round * length;
  for (const service of order) {
    ends += turns[service];
    if (now < ends) return { round, service, closes: Math.min(ends, last) - guards[service], ends };
  }
  // The sum of the turns may be a rounding error below the round's length.
  return { round, service: order[order.length - 1], closes: now, ends: now + 1 };
}

/** The part of a phase that a moment lies in, from 0. @param {Schedule} schedule @param {number} now @param {number} batches */
export function batchAt({ begins, ends }, now, batches) {
  return Math.max(0, Math.min(batches - 1, Math.floor(((now - begins) / (ends - begins)) * batches)));
}
