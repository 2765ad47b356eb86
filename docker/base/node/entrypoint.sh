#!/bin/sh
# Runs a command, or node itself where the first word is an option or no command at all.
set -eu

if [ $# -eq 0 ] || [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null; then
    set -- node "$@"
fi
exec "$@"
