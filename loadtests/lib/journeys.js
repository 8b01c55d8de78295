// One function per route: the request of a visitor and the check of its answer.

import * as answers from './answers.js';
import * as keys from './keys.js';

/**
 * @typedef {object} Visitor
 * @property {import('./random.js').Random} random
 * @property {number} number from 0
 * @property {number} visitors number of all visitors
 * @property {boolean} [first] the first visitor of its k6 process, which logs for all
 * @property {{ category: string | null, after: number, left: number } | null} browsing
 * @property {number} sent requests so far
 * @property {number} request number of this request, unique in the load
 * @property {Record<string, number>} limits milliseconds by route: a longer answer is late
 * @property {number} hitRatio share of `page` requests whose answer is in the cache already
 * @property {string} run names this run, so that a key is not used twice
 *
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path
 * @property {object} [body]
 * @property {Record<string, string>} [headers]
 * @property {number} status the expected one
 * @property {number} [alsoRight] a second expected status, counted separately
 * @property {(body: any, response: any) => string} wrong the error in the body, empty if there is none
 * @property {(response: any) => string} [wrongText] the same for an answer that may not be JSON
 */

/** @param {string} path @param {Record<string, string | number | null>} parts */
function query(path, parts) {
  const given = Object.entries(parts).filter(([, value]) => value !== null);
  return given.length ? `${path}?${given.map(([name, value]) => `${name}=${value}`).join('&')}` : path;
}

/** @param {string} path @param {Call['wrong']} wrong @returns {Call} */
function read(path, wrong) {
  return { method: 'GET', path, status: 200, wrong };
}

/** @param {{ category: string | null, after: number }} page */
export function pagePath({ category, after }) {
  return query('/api/products', { category, after: after || null });
}

/** @param {{ category: string | null, days: number }} report */
export function reportPath({ category, days }) {
  return query('/api/reports/revenue', { days, category });
}

/** @param {Visitor} visitor */
function products(visitor) {
  const choice = visitor.browsing || firstPage(visitor);
  visitor.browsing = null;
  const { category, after } = choice;
  return read(pagePath(choice), (body) => {
    const wrong = answers.wrongPage(body, category, after);
    const more = !wrong && body.next !== null && choice.left > 1;
    visitor.browsing = more ? { category, after: body.next, left: choice.left - 1 } : null;
    return wrong;
  });
}

/** @param {Visitor} visitor */
function firstPage(visitor) {
  const { category, pages } = keys.browse(visitor.random);
  return { category, after: 0, left: pages };
}

/** @param {Visitor} visitor */
function revenue(visitor) {
  const choice = keys.report(visitor.random);
  return read(reportPath(choice), (body) => answers.wrongRevenue(body, choice.days, choice.category));
}

/** @param {Visitor} visitor */
function product(visitor) {
  const id = keys.productId(visitor.random);
  return read(`/api/products/${id}`, (body) => answers.wrongProduct(body, id));
}

/** A category page: one of a few that all visitors request, or one that nobody has requested yet. @param {Visitor} visitor */
function page(visitor) {
  const page = keys.aimedPage(visitor.random, visitor.hitRatio, visitor.request);
  // As text: parsing the body would cost k6 more than the rest of the request.
  const wrongText = (/** @type {any} */ response) => answers.wrongPageText(response.body, page.category);
  return { ...read(pagePath(page), (body) => answers.wrongPage(body, page.category, page.after)), wrongText };
}

function dashboard() {
  return read('/api/dashboard', answers.wrongDashboard);
}

/** @param {Visitor} visitor */
function order(visitor) {
  const id = keys.orderId(visitor.random);
  return read(`/api/orders/${id}`, (body) => answers.wrongOrder(body, id));
}

/** @param {Visitor} visitor @returns {Call} */
function createOrder(visitor) {
  const body = keys.order(visitor.random);
  const key = `${visitor.run}-${visitor.number}-${visitor.sent}`;
  return {
    method: 'POST',
    path: '/api/orders',
    body,
    headers: { 'Idempotency-Key': key },
    status: 201,
    alsoRight: 409, // stock may be short
    wrong: (answer, response) => answers.wrongNewOrder(answer, body, response.headers.Location),
  };
}

/** @param {Visitor} visitor @returns {Call} */
function updateProduct(visitor) {
  const id = keys.ownProductId(visitor.random, visitor.number, visitor.visitors);
  const price = keys.price(visitor.random);
  return {
    method: 'PATCH',
    path: `/api/products/${id}`,
    body: { price },
    status: 200,
    wrong: (body) => answers.wrongProduct(body, id, price),
  };
}

/** @type {Record<string, (visitor: Visitor) => Call>} */
export const ROUTES = {
  products,
  product,
  page,
  revenue,
  dashboard,
  order,
  create_order: createOrder,
  update_product: updateProduct,
};
