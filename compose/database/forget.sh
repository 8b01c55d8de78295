#!/bin/bash
# Removes only the services' keys from the Redis at CACHE_URL, which may have other users.
set -euo pipefail
client() { redis-cli -u "$CACHE_URL" ${CACHE_CA_FILE:+--cacert "$CACHE_CA_FILE"} "$@"; }
[ ! -s /run/secrets/cache ] || { REDISCLI_AUTH=$(</run/secrets/cache) && export REDISCLI_AUTH; }
for name in sync-cached async-cached; do
  client --scan --pattern "$name:*" | xargs -r -n 500 redis-cli -u "$CACHE_URL" ${CACHE_CA_FILE:+--cacert "$CACHE_CA_FILE"} unlink
done
