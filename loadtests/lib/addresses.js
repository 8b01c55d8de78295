// Hosts that may be loaded: this machine and those in ALLOW_HOSTS=, because load on somebody else's machine is an attack.
// loadtests/schema/combinations.py has the same rules.

import { refuse } from './mistakes.js';

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
const HOST = '[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\]';
const ADDRESS = new RegExp(`^(https?://)(${HOST})(:[0-9]{1,5})?$`);

/** @param {unknown} url */
export function isAddress(url) {
  return ADDRESS.test(String(url));
}

/** @param {string} url */
function hostOf(url) {
  const [, , host] = ADDRESS.exec(url) || ['', '', ''];
  return plain(host);
}

/** @param {string} host */
function plain(host) {
  return host.trim().toLowerCase().replace(/^\[(.*)\]$/, '$1');
}

/** The host that replaces this machine in the addresses of the services; empty for this machine. */
export function serviceHost() {
  const host = __ENV.SERVICE_HOST || '';
  if (!host || new RegExp(`^(${HOST})$`).test(host)) return host;
  return refuse('SERVICE_HOST', host, 'give the name or the address of a machine', '');
}

/** The address on another host; addresses that are not on this machine stay. @param {string} url @param {string} host */
export function moved(url, host) {
  return host && LOOPBACK.includes(hostOf(url)) ? url.replace(ADDRESS, `$1${host}$3`) : url;
}

/** Refuses addresses on other machines that are not allowed; they come from COMBINATIONS or SERVICE_HOST. @param {string[]} urls */
export function refuseElsewhere(urls) {
  const allowed = [...LOOPBACK, ...(__ENV.ALLOW_HOSTS || '').split(',').map(plain)];
  const elsewhere = urls.map(hostOf).find((host) => !allowed.includes(host));
  if (elsewhere === undefined) return;
  const [name, value] = __ENV.SERVICE_HOST ? ['SERVICE_HOST', __ENV.SERVICE_HOST] : ['COMBINATIONS', __ENV.COMBINATIONS];
  const cure = `load on another machine needs its owner's consent: with it, add ALLOW_HOSTS=${elsewhere}`;
  refuse(name, value, cure, null);
}
