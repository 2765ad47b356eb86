"""A fault for every rule about suppressions and files themselves."""

from __future__ import annotations

from fairlead.tests.mutations.mutation import Mutation

CONF = "nginx.conf"


def _behind(old: str, new: str, at: str = "# fairlead") -> Mutation:
    return Mutation(((CONF, old, new),), at)


MUTATIONS: dict[str, Mutation] = {
    "odd-text": _behind("sendfile on;", "sendfile on; # \0", "\0"),
    "suppression-without-reason": _behind(
        "server_tokens off;", "server_tokens on; # fairlead: ignore[nginx/server-tokens-on]"
    ),
    "suppression-without-rule": _behind("sendfile on;", "sendfile on; # fairlead: ignore it is fine"),
    "unknown-rule": _behind(
        "sendfile on;", "sendfile on; # fairlead: ignore[nginx/send-file] slipped", "nginx/send-file"
    ),
    "unused-suppression": _behind(
        "server_tokens off;",
        "server_tokens off; # fairlead: ignore[nginx/server-tokens-on] mended since",
        "nginx/server",
    ),
}

EXCUSED: dict[str, str] = {}
"""Rules that no edit of the good stack can break, each with the reason."""
