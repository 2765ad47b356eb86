#!/bin/bash
# Starts mysqld as mysql; on an empty data folder makes the database first, from the MYSQL_* names of the environment.
set -euo pipefail

. /usr/local/lib/mysql/init.sh

wants_help() {
    local word
    for word in "$@"; do
        case $word in
            -'?' | --help | -V | --version | --print-defaults) return 0 ;;
        esac
    done
    return 1
}

if [ $# -eq 0 ] || [ "${1#-}" != "$1" ]; then
    set -- mysqld "$@"
fi
if [ "$1" != mysqld ] || wants_help "$@"; then
    exec "$@"
fi

check_configuration "$@"
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$datadir" "$(dirname "$socket")"
    find "$datadir" "$(dirname "$socket")" ! -user mysql -exec chown mysql:mysql {} +
    exec setpriv --reuid mysql --regid mysql --clear-groups -- "$0" "$@"
fi

take_back_unfinished_init
if [ ! -d "$datadir/mysql" ]; then
    initialise "$@"
fi
forget_secrets
exec "$@"
