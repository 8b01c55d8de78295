// Named loads. Times are in seconds; a mix has a weight per route.

/**
 * @typedef {object} Profile
 * @property {number} vus
 * @property {number} warm_up_s
 * @property {number} duration_s
 * @property {number} think_time_s
 * @property {number} [turns_s] of the head to head
 * @property {Record<string, number>} mix
 */

/** @type {Record<string, Profile>} */
export const PROFILES = JSON.parse(open('../profiles.json'));

// A request in flight when a combination's time ends may finish while the next one begins.
export const GRACEFUL_STOP = 5;
export const GAP = 1;

// Seconds. In an open model there are VUs for rate x this; requests that find no free VU are dropped and counted.
export const WORST_LATENCY = 1;
