// Nothing is measured before every service has said that it is ready, and who it is.

import http from 'k6/http';
import exec from 'k6/execution';

/** @typedef {import('./combinations.js').Combination} Combination */

const CURE = 'start the stack with `make up` or `docker compose up`, or choose others with COMBINATIONS=';

/** What keeps a service from being measured, or nothing. @param {Combination} combination */
function obstacle(combination) {
  const url = combination.url + (combination.ready || '/health/ready');
  const response = http.get(url, { timeout: '5s', tags: { phase: 'setup' } });
  const sender = response.headers['X-Combination'];
  const where = `${combination.name} at ${url}`;
  if (response.status === 0) return `${where} does not answer (${response.error}): ${CURE}`;
  if (combination.expect && sender !== combination.expect) {
    const found = sender ? `it says it is ${sender}` : 'it sends no X-Combination';
    return `${where} is another service, ${found}: something else holds this port, or PORT_BASE is wrong`;
  }
  if (response.status !== 200) return `${where} is not ready (status ${response.status}): see its log, and its database`;
  return '';
}

/** Ends the run with one line when a service cannot be measured. @param {Combination[]} combinations */
export function refuseUnready(combinations) {
  const found = combinations.map(obstacle).filter((line) => line);
  if (found.length > 0) exec.test.abort(found.join('; '));
}
