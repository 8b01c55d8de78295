// Unusable settings. They are collected while the script starts, where an exception would print a stack trace, and
// printed by setup(), one line each, before the first request.

import exec from 'k6/execution';

/** @type {string[]} */
const mistakes = [];

/** @template T @param {string} name @param {string} value @param {string} cure @param {T} instead @returns {T} */
export function refuse(name, value, cure, instead) {
  mistakes.push(`${name}=${value} cannot be used: ${cure}`);
  return instead;
}

/** Ends the run with a line for each mistake. @param {string} other a mistake found since, or empty */
export function refuseMistakes(other) {
  if (other) mistakes.push(other);
  mistakes.slice(1).forEach((line) => console.error(line));
  if (mistakes.length > 0) exec.test.abort(mistakes[0]);
}
