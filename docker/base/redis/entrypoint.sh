#!/bin/sh
# Starts redis-server as redis, with the arguments given; any other command is run as it is.
set -eu

# An option or a configuration file alone is meant for redis-server.
case ${1:-} in
    '' | -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" != redis-server ]; then
    exec "$@"
fi

# In a container the network decides who gets in; unless the configuration says otherwise.
says_protected_mode() {
    for word in "$@"; do
        case $word in
            --protected-mode*) return 0 ;;
            *.conf) grep -qsi '^[[:space:]]*protected-mode' "$word" && return 0 ;;
        esac
    done
    return 1
}
says_protected_mode "$@" || set -- "$@" --protected-mode no

umask 0077
if [ "$(id -u)" = 0 ]; then
    find . ! -user redis -exec chown redis:redis {} +
    exec setpriv --reuid redis --regid redis --clear-groups -- "$@"
fi
exec "$@"
