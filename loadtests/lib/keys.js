// The keys in requests. Their order is fixed and their popularity follows Zipf, so every combination
// gets the same hot keys and the same long tail.

import { drawn, upTo, zipf } from './random.js';

/** @typedef {import('./random.js').Random} Random */

// Ordered by number of order lines; tests/compose/test_seed.py checks it.
export const CATEGORIES = [
  'games',
  'beauty',
  'music',
  'garden',
  'books',
  'health',
  'office',
  'lighting',
  'pets',
  'furniture',
  'sports',
  'clothing',
  'outdoor',
  'travel',
  'kitchen',
  'food',
  'toys',
  'tools',
  'shoes',
  'baby',
];

// The rows of the data set at SCALE=1; a larger one holds these ids too.
const PRODUCTS = 2000;
const CUSTOMERS = 5000;
const ORDERS = 50000;
const MOST_LINES = 5;
const MOST_OF_ONE = 3;
export const PAGES = 5;
// A page that starts after one of these ids is full, in every category.
const COLD_STARTS = 1500;

// The whole shop is requested most, then the best-selling categories. The cost of these reports is the cost of the load: docs/method.md.
export const SCOPES = [null, ...CATEGORIES];
const WHOLE_SHOP = Array.from({ length: 30 }, (_, place) => ({ category: null, days: 105 + place }));
const BY_CATEGORY = CATEGORIES.map((category) => ({ category, days: 365 }));
export const REPORTS = [...WHOLE_SHOP, ...BY_CATEGORY];

const SCOPE_SUMS = zipf(SCOPES.length);
const REPORT_SUMS = zipf(REPORTS.length);
const PRODUCT_SUMS = zipf(PRODUCTS);
const PAGE_SUMS = zipf(PAGES);

/** @param {Random} random */
export function report(random) {
  return REPORTS[drawn(random, REPORT_SUMS)];
}

/** A category, or null for the whole catalogue, and how many of its first pages are read. @param {Random} random */
export function browse(random) {
  return { category: SCOPES[drawn(random, SCOPE_SUMS)], pages: 1 + drawn(random, PAGE_SUMS) };
}

/**
 * A page, so that the cache can answer `share` of them: the first page of a category, or one with a start that no other request has.
 * @param {Random} random @param {number} share @param {number} number of this request, unique
 */
export function aimedPage(random, share, number) {
  if (random() < share) return { category: CATEGORIES[upTo(random, CATEGORIES.length) - 1], after: 0 };
  const place = number % (CATEGORIES.length * COLD_STARTS);
  return { category: CATEGORIES[place % CATEGORIES.length], after: 1 + Math.floor(place / CATEGORIES.length) };
}

/** @param {Random} random */
export function productId(random) {
  return 1 + drawn(random, PRODUCT_SUMS);
}

/** A product that only this visitor changes, so that the answer to a change is known. @param {Random} random @param {number} visitor from 0 @param {number} visitors */
export function ownProductId(random, visitor, visitors) {
  const own = Math.max(1, Math.floor(PRODUCTS / visitors));
  return (1 + (visitor % visitors) + (upTo(random, own) - 1) * visitors - 1) % PRODUCTS + 1;
}

/** @param {Random} random */
export function orderId(random) {
  return upTo(random, ORDERS);
}

/** A new order of distinct products. @param {Random} random */
export function order(random) {
  const ids = new Set();
  const wanted = upTo(random, MOST_LINES);
  while (ids.size < wanted) ids.add(productId(random));
  const lines = [...ids].map((id) => ({ product_id: id, quantity: upTo(random, MOST_OF_ONE) }));
  return { customer_id: upTo(random, CUSTOMERS), lines };
}

/** A price from 1.00 to 500.99, as the API writes it. @param {Random} random */
export function price(random) {
  const cents = String(upTo(random, 100) - 1).padStart(2, '0');
  return `${upTo(random, 500)}.${cents}`;
}
