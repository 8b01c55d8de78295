#!/bin/bash
# Good when the last user to be made can read the last database to be filled, by TCP.
# The password goes by the environment, because a command line can be read by everybody.
set -euo pipefail
MYSQL_PWD=$(<"/run/secrets/shop_async_cached") exec mysql --no-defaults --protocol=tcp --host=127.0.0.1 \
  --user=shop_async_cached --connect-timeout=3 --batch --execute="SELECT day FROM calendar WHERE id = 1" shop_async_cached
