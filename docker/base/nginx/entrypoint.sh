#!/bin/sh
# Before nginx starts, runs /docker-entrypoint.d in order: *.envsh is read into this shell, an executable *.sh is run.
set -eu

say() { [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "entrypoint: $*" >&2; }

case ${1:-} in
    nginx | nginx-debug)
        for script in /docker-entrypoint.d/*; do
            [ -x "$script" ] || { [ ! -e "$script" ] || say "skipped, not executable: $script"; continue; }
            case $script in
                *.envsh) say "reads $script"; . "$script" ;;
                *.sh) say "runs $script"; "$script" ;;
                *) say "skipped, neither .sh nor .envsh: $script" ;;
            esac
        done
        ;;
esac
exec "$@"
