// Sends a visitor's request, checks its answer and counts it.

import http from 'k6/http';
import exec from 'k6/execution';
import { cacheAnswers, cacheLabel, lateAnswers, orders, shortStock, wrongAnswers } from './measures.js';
import { ORDERING, ROUTES } from './routes.js';

/** @typedef {import('./combinations.js').Combination} Combination */
/** @typedef {import('./journeys.js').Call} Call */
/** @typedef {import('./journeys.js').Visitor} Visitor */
/** @typedef {{ phase: string, slice?: string }} Phase the time that a request belongs to, as tags */

// Longer than the service's own limit for a request, which is 8 s.
const TIMEOUT = '10s';
const JSON_TYPE = 'application/json';

/** A request in the form of http.batch. @param {Call} call @param {string} url @param {Record<string, string>} tags */
export function requestOf(call, url, tags) {
  const body = call.body ? JSON.stringify(call.body) : null;
  const headers = { ...call.headers };
  if (body) headers['Content-Type'] = JSON_TYPE;
  return { method: call.method, url: url + call.path, body, params: { headers, tags, timeout: TIMEOUT, redirects: 0 } };
}

/** @param {string | null} type */
function isJson(type) {
  return (type || '').split(';')[0] === JSON_TYPE;
}

/** The kind of failure and its text, or null. @param {Call} call @param {http.Response} response @param {Combination} combination */
function faultOf(call, response, combination) {
  const sender = response.headers['X-Combination'];
  if (response.status === 0) return { kind: 'no answer', what: response.error };
  if (combination.expect && sender !== combination.expect) {
    return { kind: 'combination', what: `${sender} answered` };
  }
  if (response.status === call.alsoRight) return null;
  if (response.status !== call.status) return otherStatus(response);
  if (!call.wrongText && !isJson(response.headers['Content-Type'])) {
    return { kind: 'content type', what: response.headers['Content-Type'] };
  }
  return wrongBody(call, response);
}

/** Redirects to another address are not followed. @param {http.Response} response */
function otherStatus(response) {
  const elsewhere = response.headers.Location;
  const redirects = response.status >= 300 && response.status < 400 && elsewhere;
  if (redirects) return { kind: 'redirect', what: `redirect to ${elsewhere}, which is not followed` };
  return { kind: 'status', what: `status ${response.status}` };
}

/** @param {Call} call @param {http.Response} response */
function wrongBody(call, response) {
  let what = '';
  try {
    what = call.wrongText ? call.wrongText(response) : call.wrong(response.json(), response);
  } catch (error) {
    what = `it has another shape: ${error}`;
  }
  return what ? { kind: 'body', what } : null;
}

/** Counts created orders, for the note at the end of the run. @param {string} route @param {http.Response} response */
export function countOrder(route, response) {
  if (route === ORDERING && response.status === 201) orders.add(1);
}

/** Sends a request, checks its answer and counts errors; `fault` is null if there is none, `at` is when the answer came. @param {Call} call @param {Combination} combination @param {string} route @param {Record<string, string>} tags */
export function exchange(call, combination, route, tags) {
  const { method, url, body, params } = requestOf(call, combination.url, tags);
  const response = http.request(method, url, body, params);
  const at = Date.now();
  const fault = faultOf(call, response, combination);
  if (fault) wrongAnswers.add(1, { ...tags, kind: fault.kind });
  countOrder(route, response);
  return { response, at, fault };
}

/** @param {Visitor} visitor @param {Combination} combination @param {string} route @param {Phase} phase */
export function visit(visitor, combination, route, phase) {
  const tags = { combination: combination.name, route, ...phase };
  const call = ROUTES[route](visitor);
  visitor.sent += 1;
  const { response, fault } = exchange(call, combination, route, tags);
  const label = cacheLabel(response);
  if (label) cacheAnswers.add(1, { ...tags, label });
  if (response.status === call.alsoRight) shortStock.add(1, tags);
  if (response.timings.duration > visitor.limits[route]) lateAnswers.add(1, tags);
  if (fault) report(visitor, combination, call, fault.what);
}

/** Only the first visitor logs: fifty lines about one broken service would hide the first. @param {Visitor} visitor @param {Combination} combination @param {Call} call @param {string} what */
function report(visitor, combination, call, what) {
  if (!visitor.first || exec.vu.iterationInScenario > 20) return;
  console.error(`${combination.name}: ${call.method} ${call.path}: ${what}`);
}
