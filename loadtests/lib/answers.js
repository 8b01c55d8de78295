// Checks of answer bodies: a sentence about the first error, or an empty text. A status proves little: an empty page is quick too.

const MONEY = /^\d+\.\d\d$/;
const MONTH = /^\d{4}-\d\d$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const PAGE_SIZE = 20;
const LISTS = ['best_sellers', 'low_stock', 'latest_orders', 'revenue_by_day'];

/** The text of the first condition that holds. @param {Array<[boolean, string]>} faults */
function first(faults) {
  const fault = faults.find(([holds]) => holds);
  return fault ? fault[1] : '';
}

/** @param {any} item @param {string | null} category */
function badItem(item, category) {
  return !MONEY.test(item.price) || !item.sku || !item.name || (category ? item.category !== category : !item.category);
}

/** @param {any} body @param {string | null} category @param {number} after */
export function wrongPage(body, category, after) {
  const items = body.items;
  if (!Array.isArray(items) || items.length === 0) return 'the page has no items';
  const short = items.length < PAGE_SIZE && body.next !== null;
  let last = after;
  for (const item of items) {
    if (!(item.id > last)) return `id ${item.id} does not follow ${last}`;
    if (badItem(item, category)) return `product ${item.id} is malformed or of another category`;
    last = item.id;
  }
  return first([
    [items.length > PAGE_SIZE || short, `the page has ${items.length} items`],
    [body.next !== null && body.next !== last, `next is ${body.next}, the last id ${last}`],
  ]);
}

/** The same check on the text of a full page, without parsing it. @param {string} body @param {string} category */
export function wrongPageText(body, category) {
  const items = body.split('"id":').length - 1;
  const ofIt = body.split(`"${category}"`).length - 1;
  return items === PAGE_SIZE && ofIt === PAGE_SIZE ? '' : `${items} of ${PAGE_SIZE} items are there, ${ofIt} of ${category}`;
}

/** @param {any} row @param {string | null} category */
function badRow(row, category) {
  return !MONEY.test(row.revenue) || !MONTH.test(row.month) || !(row.units > 0) || (category !== null && row.category !== category);
}

/** @param {any} body @param {number} days @param {string | null} category */
export function wrongRevenue(body, days, category) {
  const rows = body.rows;
  if (!Array.isArray(rows) || rows.length === 0) return 'the report has no rows';
  return first([
    [!DAY.test(body.from) || !DAY.test(body.to) || body.from > body.to, 'from and to are no days'],
    [body.days !== days, `days is ${body.days}, not ${days}`],
    [body.category !== category, `category is ${body.category}, not ${category}`],
    [rows.some((row) => badRow(row, category)), 'a row of the report is malformed or of another category'],
  ]);
}

/** @param {any} body @param {number} id @param {string} [price] */
export function wrongProduct(body, id, price) {
  return first([
    [body.id !== id, `the product is ${body.id}, not ${id}`],
    [!MONEY.test(body.price) || !body.name || !body.sku || !body.category, `product ${id} is incomplete`],
    [price !== undefined && body.price !== price, `the price is ${body.price}, set to ${price}`],
    [!Number.isInteger(body.stock) || body.stock < 0, `the stock is ${body.stock}`],
    [!TIME.test(body.updated_at), `updated_at is ${body.updated_at}`],
  ]);
}

/** @param {any} body */
export function wrongDashboard(body) {
  const missing = LISTS.find((name) => !Array.isArray(body[name]));
  const empty = LISTS.find((name) => name !== 'low_stock' && body[name] && body[name].length === 0);
  return missing || empty ? `${missing || empty} is missing or empty` : '';
}

/** @param {string} money */
function cents(money) {
  return Number(money.replace('.', ''));
}

/** @param {any} body @param {number} id */
export function wrongOrder(body, id) {
  const lines = body.lines;
  if (body.id !== id) return `the order is ${body.id}, not ${id}`;
  if (!Array.isArray(lines) || lines.length === 0) return `order ${id} has no lines`;
  if (lines.some((line) => !MONEY.test(line.unit_price) || !(line.quantity > 0))) return `order ${id} has a bad line`;
  const sum = lines.reduce((total, line) => total + line.quantity * cents(line.unit_price), 0);
  return first([
    [!MONEY.test(body.total) || cents(body.total) !== sum, `the total is ${body.total}, the lines say ${sum / 100}`],
    [!DAY.test(body.day) || !TIME.test(body.created_at), `order ${id} has no day or time`],
  ]);
}

/** @param {Array<{ product_id: number, quantity: number }>} lines */
function content(lines) {
  return lines.map((line) => `${line.product_id}x${line.quantity}`).sort().join();
}

/** @param {any} body @param {any} order @param {string} location */
export function wrongNewOrder(body, order, location) {
  const wrong = wrongOrder(body, body.id);
  if (wrong) return wrong;
  return first([
    [body.customer_id !== order.customer_id, `the customer is ${body.customer_id}`],
    [content(body.lines) !== content(order.lines), 'the order does not echo its lines'],
    [location !== `/api/orders/${body.id}`, `Location is ${location}`],
  ]);
}
