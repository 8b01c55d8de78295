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

/** Whether this process makes a part of a load: all parts would write the same files. */
export function isSegment() {
  return exec.test.options.executionSegment !== null;
}

/** Ends the run with a line for each mistake. */
export function refuseMistakes() {
  if (isSegment()) mistakes.push('--execution-segment cannot be used: results of a part of the load pass for the whole');
  mistakes.slice(1).forEach((line) => console.error(line));
  if (mistakes.length > 0) exec.test.abort(mistakes[0]);
}
