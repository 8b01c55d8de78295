// Fills the caches before measuring, so that a short load shows the steady state of a long one.

import http from 'k6/http';
import { pagePath, reportPath } from './journeys.js';
import { PAGES, REPORTS, SCOPES } from './keys.js';
import { OWN_MIX } from './routes.js';

/** @typedef {{ category: string | null, after: number }} Page */

const AT_ONCE = 8;
const LONGEST_MS = 10000;

/** Requests each report and each page of the load once. @param {import('./settings.js').Settings} settings */
export function fillCaches({ combinations, mix }) {
  if (OWN_MIX) return;
  for (const { url } of combinations.filter(({ varies }) => varies && varies.cache)) {
    const ends = Date.now() + LONGEST_MS;
    if ('products' in mix) readPages(url, ends);
    if ('revenue' in mix) getAll(REPORTS.map((report) => url + reportPath(report)), ends);
  }
}

/** @param {string} url @param {number} ends */
function readPages(url, ends) {
  let pages = /** @type {Page[]} */ (SCOPES.map((category) => ({ category, after: 0 })));
  for (let number = 0; number < PAGES; number += 1) {
    const answers = getAll(pages.map((page) => url + pagePath(page)), ends);
    pages = answers.flatMap((answer, place) => following(pages[place], answer));
  }
}

/** @param {Page} page @param {http.Response} answer @returns {Page[]} */
function following({ category }, answer) {
  const next = answer.status === 200 ? answer.json('next') : null;
  return typeof next === 'number' ? [{ category, after: next }] : [];
}

/** @param {string[]} urls @param {number} ends the time after which the remaining ones are left out */
function getAll(urls, ends) {
  const answers = /** @type {http.Response[]} */ ([]);
  for (let at = 0; at < urls.length && Date.now() < ends; at += AT_ONCE) {
    const requests = urls.slice(at, at + AT_ONCE).map((url) => ({ method: 'GET', url, params: { tags: { phase: 'fill' } } }));
    answers.push(...http.batch(requests));
  }
  return answers;
}
