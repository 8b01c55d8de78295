// What cannot be used of what was asked for. Collected while the script starts, where an error would be a stack trace,
// and said by setup(), one line each, before anything is sent.

import exec from 'k6/execution';

/** @type {string[]} */
const mistakes = [];

/** @template T @param {string} name @param {string} value @param {string} cure @param {T} instead @returns {T} */
export function refuse(name, value, cure, instead) {
  mistakes.push(`${name}=${value} cannot be used: ${cure}`);
  return instead;
}

/** Ends the run with a line for each mistake. @param {string} other one that is known by now, or nothing */
export function refuseMistakes(other) {
  if (other) mistakes.push(other);
  mistakes.slice(1).forEach((line) => console.error(line));
  if (mistakes.length > 0) exec.test.abort(mistakes[0]);
}
