#!/bin/bash
# Succeeds when the last user that was created can read the last database that was filled, over TCP.
# The password is in the environment because all users can read command lines.
set -euo pipefail
MYSQL_PWD=$(<"/run/secrets/shop_async_cached") exec mysql --no-defaults --protocol=tcp --host=127.0.0.1 \
  --user=shop_async_cached --connect-timeout=3 --batch --execute="SELECT day FROM calendar WHERE id = 1" shop_async_cached
