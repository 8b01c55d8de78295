// A hash of the script: all shards of a load must come from the same script.

import crypto from 'k6/crypto';

const IMPORTED = /from '\.\/(?:lib\/)?([^']+\.js)'/g;

/** Adds a file's text, and those of what it imports. @param {string} path @param {Map<string, string>} texts */
function read(path, texts) {
  if (texts.has(path)) return;
  const text = open(import.meta.resolve(path).replace('file://', ''));
  texts.set(path, text);
  for (const [, name] of text.matchAll(IMPORTED)) read(`./${name}`, texts);
}

function hash() {
  const texts = new Map();
  read('../matrix.js', texts);
  return crypto.sha256(JSON.stringify([...texts].sort()), 'hex');
}

// k6 may open files only in the script's first run.
export const SCRIPT = __VU === 0 ? hash() : '';
