// The order of measuring: turns of reads, the load of each combination, then turns of writes, because their rows make
// the reports slower.

import { secondsOf } from './head_to_head.js';
import { GAP, GRACEFUL_STOP } from './profiles.js';
import { orderOf } from './turns.js';

/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {import('./phases.js').Phase} Phase */

/** @param {Settings} settings @param {Phase[]} reads @param {Phase[]} writes */
export function scenariosOf(settings, reads, writes) {
  const begin = reads.length > 0 ? secondsOf(reads) : 0;
  const each = settings.warmUp + settings.duration + GAP;
  const order = settings.duration > 0 ? orderOfCombinations(settings) : [];
  return Object.fromEntries([
    ...turnsScenario('turns', reads, 0),
    ...order.map((service, place) => cellScenario(settings, service, begin + place * each)),
    ...turnsScenario('turns_of_writes', writes, begin + order.length * each),
  ]);
}

/**
 * The order of the combinations, drawn for each start, so that none is always first. Each uncached combination is
 * followed by a cached one, because its last answers keep the database busy.
 * @param {Settings} settings
 */
function orderOfCombinations({ combinations, round }) {
  const drawn = orderOf(combinations.length, 0, round);
  const cached = (/** @type {number} */ service) => Boolean(combinations[service].varies?.cache);
  const second = drawn.filter(cached);
  const pairs = drawn.filter((service) => !cached(service)).flatMap((service) => [service, ...second.splice(0, 1)]);
  return [...pairs, ...second];
}

/** Visitors that wait for their answers (closed model), or a constant arrival rate (open model). @param {Settings} settings */
function arrivals({ rate, vus }) {
  if (!rate) return /** @type {const} */ ({ executor: 'constant-vus', vus });
  return /** @type {const} */ ({ executor: 'constant-arrival-rate', rate, preAllocatedVUs: vus, maxVUs: vus });
}

/** @param {Settings} settings @param {number} service @param {number} start seconds */
function cellScenario(settings, service, start) {
  const { name } = settings.combinations[service];
  return /** @type {const} */ ([
    name,
    {
      ...arrivals(settings),
      duration: `${settings.warmUp + settings.duration}s`,
      startTime: `${start}s`,
      gracefulStop: `${GRACEFUL_STOP}s`,
      tags: { combination: name },
    },
  ]);
}

/** Empty without phases. @param {'turns' | 'turns_of_writes'} name also the function's @param {Phase[]} phases @param {number} start seconds */
function turnsScenario(name, phases, start) {
  if (phases.length === 0) return [];
  const vus = Math.max(...phases.map(({ visitors }) => visitors));
  const maxDuration = `${secondsOf(phases) + GRACEFUL_STOP}s`;
  const executor = /** @type {const} */ ('per-vu-iterations');
  return [[name, { executor, vus, iterations: 1, startTime: `${start}s`, maxDuration, exec: name, gracefulStop: '0s' }]];
}
