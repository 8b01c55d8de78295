// Files that a user names: relative to where k6 was started, as in a shell.

/** @param {string} path */
export function readText(path) {
  return open(path.startsWith('/') || !__ENV.PWD ? path : `${__ENV.PWD}/${path}`);
}

/** @param {string} path @returns {any} */
export function readJson(path) {
  try {
    return JSON.parse(readText(path));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error}`);
  }
}
