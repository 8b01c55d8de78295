#!/bin/bash
# The database container's entry point: reports unreadable files of a checkout made under umask 077, then runs the
# image's entry point. The services also read their passwords as another user than the owner.
set -euo pipefail
as_mysql() { if command -v gosu >/dev/null; then gosu mysql "$@"; else setpriv --reuid=mysql --regid=mysql --clear-groups "$@"; fi; }
as_mysql cat /database/* /docker-entrypoint-initdb.d/* /run/secrets/* >/dev/null || {
  echo "database: the servers' users cannot read these files: chmod -R a+rX compose/database compose/secrets" >&2
  exit 2
}
exec docker-entrypoint.sh "$@"
