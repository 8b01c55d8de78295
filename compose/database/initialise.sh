#!/bin/bash
# The first start of the database container, in the order that README.md gives.
# The image's entry script runs it, or sources it where the file lost its x-bit: hence the subshell.
(
set -euo pipefail

client() { mysql --no-defaults --user=root --socket=/run/mysqld/mysqld.sock --batch "$@"; }

quoted() { # FILE -> what it holds, as an SQL string
  local text
  text=$(<"$1")
  text=${text//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

enter() { # Some entry scripts have given root its password by now, others do it later.
  client --execute="DO 0" 2>/dev/null && return
  export MYSQL_PWD=${MYSQL_ROOT_PASSWORD:-$(<"$MYSQL_ROOT_PASSWORD_FILE")}
  client --execute="DO 0"
}

build_template() {
  client --execute="CREATE DATABASE shop_template"
  { echo "SET @scale = $SCALE;"; cat /database/schema.sql /database/seed.sql; } | client shop_template
}

add_shop() { # NAME [SECRET]: of the database and of its user, and of its password
  client --execute="CREATE DATABASE $1"
  cat /database/schema.sql /database/copy.sql | client "$1" >/dev/null
  # By standard input, because a command line can be read by everybody.
  { echo "SET @shop = '$1', @password = $(quoted "/run/secrets/${2:-$1}");"; cat /database/access.sql; } | client "$1"
}

if [[ ! ${SCALE:=1} =~ ^[1-9][0-9]{0,2}$ ]]; then
  echo "initialise: SCALE is '$SCALE'; make it a whole number from 1 to 999" >&2
  exit 2
fi
enter
client </database/server.sql
echo "initialise: building the data set, SCALE=$SCALE"
build_template
for shop in shop_sync shop_sync_cached shop_async shop_async_cached; do
  echo "initialise: copying it to $shop"
  add_shop "$shop"
done
if [[ ,${PROFILES:-}, == *,servers,* ]]; then
  for variant in sync_granian sync_waitress async_granian async_uvicorn async_uvicorn_uvloop async_hypercorn_uvloop; do
    add_shop "shop_$variant" "shop_${variant%%_*}"
  done
  add_shop shop_sync_granian_cached shop_sync_cached
  add_shop shop_async_granian_cached shop_async_cached
fi
if [[ ,${PROFILES:-}, == *,drivers,* ]]; then
  add_shop shop_async_asyncmy shop_async
fi
if [[ ,${PROFILES:-}, == *,pythons,* ]]; then
  for variant in sync_python3_11 sync_python3_13 async_python3_11 async_python3_13; do
    add_shop "shop_$variant" "shop_${variant%%_*}"
  done
fi
if [[ ,${PROFILES:-}, == *,naive,* ]]; then
  for secret in shop_sync shop_sync_cached shop_async shop_async_cached; do
    add_shop "shop_naive${secret#shop}" "$secret"
  done
fi
echo "initialise: done after $SECONDS s"
)
