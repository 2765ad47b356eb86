#!/bin/sh
# Hands this release's hashed assets to the edge, then becomes the command it was given.
#
# The shared folder keeps those of earlier releases, so a page that was loaded before a release still finds its files.
set -eu

page=${FRONTEND_PAGE:-/srv/page}
shared=${FRONTEND_SHARED_ASSETS:-/srv/assets}

# A file is whole from the moment it has its name: copied under another first, then renamed in the same folder.
share() {
    name=${1##*/}
    [ -e "$shared/$name" ] && return
    half="$shared/.$name.$$"
    if cp "$1" "$half" && chmod 0444 "$half" && mv "$half" "$shared/$name"; then
        return
    fi
    rm -f "$half"
    echo "frontend-entrypoint: cannot copy $name to $shared; is its disk full?" >&2
    return 1
}

if [ -d "$shared" ] && [ -w "$shared" ]; then
    # The twins first: where nginx finds the plain file, the compressed one is there too.
    for asset in "$page"/assets/*.gz "$page"/assets/*; do
        share "$asset"
    done
fi

exec "$@"
