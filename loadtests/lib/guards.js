// Measuring starts only after every service has said that it is ready and which combination it is.

import http from 'k6/http';
import exec from 'k6/execution';

/** @typedef {import('./combinations.js').Combination} Combination */

const CURE = 'start the stack with `make up` or `docker compose up`, or choose others with COMBINATIONS=';

/** @param {Combination} combination */
function readiness(combination) {
  return combination.url + (combination.ready || '/health/ready');
}

/** Why a service cannot be measured, or an empty text. @param {Combination} combination @param {http.Response} response */
function obstacle(combination, response) {
  const url = readiness(combination);
  const sender = response.headers['X-Combination'];
  const where = `${combination.name} at ${url}`;
  if (response.status === 0) return `${where} does not answer (${response.error}): ${CURE}`;
  if (combination.expect && sender !== combination.expect) {
    const name = sender ? `it says it is ${sender}` : 'it sends no X-Combination';
    return `${where} is another service, ${name}: something else holds this port, or PORT_BASE is wrong`;
  }
  const elsewhere = response.headers.Location;
  const redirects = response.status >= 300 && response.status < 400 && elsewhere;
  if (redirects) return `${where} answers with a redirect to ${elsewhere}, which is not followed: give that address`;
  if (response.status !== 200) return `${where} is not ready (status ${response.status}): see its log, and its database`;
  return '';
}

/** Ends the run with one line when a service cannot be measured. Returns k6's version, which is only in its User-Agent. @param {Combination[]} combinations */
export function refuseUnready(combinations) {
  const parameters = { timeout: '5s', tags: { phase: 'setup' }, redirects: 0 };
  const answers = combinations.map((combination) => http.get(readiness(combination), parameters));
  const obstacles = combinations.map((combination, place) => obstacle(combination, answers[place])).filter((line) => line);
  if (obstacles.length > 0) exec.test.abort(obstacles.join('; '));
  const agent = (answers[0].request.headers['User-Agent'] || []).join();
  const match = /k6\/v?([^ ]+)/.exec(agent);
  return match ? match[1] : null;
}
