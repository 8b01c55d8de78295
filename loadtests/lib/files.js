// Files named by the user: relative to the folder where k6 was started, as in a shell.

import { refuse } from './mistakes.js';

/** @param {string} path */
export function readText(path) {
  return open(path.startsWith('/') || !__ENV.PWD ? path : `${__ENV.PWD}/${path}`);
}

/** Undefined for a file that cannot be read. @param {string} name @param {string} path @returns {any} */
export function readJson(name, path) {
  try {
    return JSON.parse(readText(path));
  } catch (error) {
    return refuse(name, path, `it cannot be read (${String(error).split('\n')[0]})`, undefined);
  }
}
