#!/bin/bash
# The first start of the database container, in the order of README.md. The image's entry script runs it, or sources it
# if the file lost its x-bit: hence the subshell. With DATABASE_HOST it does the same over TCP as DATABASE_ADMIN. It can
# run repeatedly: existing databases and users stay, and all rows are reset.
(
set -euo pipefail

server=(--user=root --socket=/run/mysqld/mysqld.sock)
if [ -n "${DATABASE_HOST:-}" ]; then
  server=(--protocol=tcp --host="$DATABASE_HOST" --port="${DATABASE_PORT:-3306}" --user="${DATABASE_ADMIN:-root}")
  [ -z "${DATABASE_CA_FILE:-}" ] || server+=(--ssl-mode=VERIFY_IDENTITY --ssl-ca="$DATABASE_CA_FILE")
fi
client() { mysql --no-defaults "${server[@]}" --batch "$@"; }

quoted() { # FILE -> its content as an SQL string
  local text
  text=$(<"$1") || return
  text=${text//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

enter() { # Some entry scripts have set root's password by now, others set it later.
  client --execute="DO 0" 2>/dev/null && return
  export MYSQL_PWD=${MYSQL_ROOT_PASSWORD:-$(<"$MYSQL_ROOT_PASSWORD_FILE")}
  client --execute="DO 0"
}

tables() { client --skip-column-names --execute="SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$1'"; }

is_whole() { [ "$(tables "$1")" = "$(grep -c '^CREATE TABLE' /database/schema.sql)" ]; }

create() { # DATABASE, which is incomplete; never drops another user's tables
  client --execute="CREATE DATABASE IF NOT EXISTS $1"
  [ "$(tables "$1")" = 0 ] || { echo "initialise: $1 holds other tables, or half of ours: drop it first" >&2; exit 2; }
}

build_template() {
  is_whole shop_template && [ -n "$(client --execute="SELECT 1 FROM shop_template.order_lines LIMIT 1")" ] && return
  echo "initialise: building the data set, SCALE=$SCALE"
  create shop_template
  { echo "SET @scale = $SCALE;"; cat /database/schema.sql /database/seed.sql; } | client shop_template
}

add_shop() { # NAME of the database and its user, [SECRET: file of the password]
  local password
  password=$(quoted "/run/secrets/${2:-$1}")
  echo "initialise: copying it to $1"
  is_whole "$1" || { create "$1" && client "$1" </database/schema.sql; }
  client "$1" </database/copy.sql >/dev/null
  # On standard input, because all users can read command lines.
  { echo "SET @shop = '$1', @password = $password;"; cat /database/access.sql; } | client "$1"
}

if [[ ! ${SCALE:=1} =~ ^[1-9][0-9]{0,2}$ ]]; then
  echo "initialise: SCALE is '$SCALE'; make it a whole number from 1 to 999" >&2
  exit 2
fi
enter
client </database/server.sql || [ -n "${DATABASE_HOST:-}" ] || exit # a managed server does not allow it
build_template
for shop in shop_sync shop_sync_cached shop_async shop_async_cached; do
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
