#!/bin/bash
# The database container's entry: says what is wrong with the files of a checkout made under umask 077, and goes on as
# the image does. The services read their passwords as another user than their owner too.
set -euo pipefail
as_mysql() { if command -v gosu >/dev/null; then gosu mysql "$@"; else setpriv --reuid=mysql --regid=mysql --clear-groups "$@"; fi; }
as_mysql cat /database/* /docker-entrypoint-initdb.d/* /run/secrets/* >/dev/null || {
  echo "database: the servers' users cannot read these files: chmod -R a+rX compose/database compose/secrets" >&2
  exit 2
}
exec docker-entrypoint.sh "$@"
