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
    half=$(mktemp "$shared/.$name.XXXXXX") || return
    cp "$1" "$half" && chmod 0444 "$half" && mv "$half" "$shared/$name" && return
    rm -f "$half"
    return 1
}

share_all() {
    # The twins first: where nginx finds the plain file, the compressed one is there too.
    for asset in "$page"/assets/*.gz "$page"/assets/*; do
        [ -f "$asset" ] || continue
        share "$asset" || return
    done
}

# Without its copies this release still works, since the edge asks here for what it does not find.
if [ -d "$shared" ] && [ -w "$shared" ] && ! share_all; then
    echo "frontend-entrypoint: $shared does not take this release's assets; pages loaded now lose them at the next release" >&2
fi

exec "$@"
