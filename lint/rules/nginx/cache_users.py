"""A cache that mixes users up, and one that lets everybody through at once."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Effective, NginxConfig
from ...rule import Report, rule
from .insertion import after
from .once import once

_KINDS = ("proxy", "fastcgi", "uwsgi", "scgi")


@rule(
    "nginx/cache-across-users",
    Severity.WARNING,
    bad=(
        """
        location /account/ {
            auth_request /auth;
            auth_request_set $user $upstream_http_x_user;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-User $user;  # <-
            proxy_cache pages;
            proxy_cache_valid 5m;
            proxy_pass http://backend;
        }
        """,
        """
        location /reports/ {
            auth_basic "staff only";
            auth_basic_user_file /etc/nginx/users;
            fastcgi_param REMOTE_USER $remote_user;  # <-
            fastcgi_cache pages;
            fastcgi_cache_key $scheme$host$request_uri;
            fastcgi_cache_valid 200 10m;
            fastcgi_pass unix:/run/php/fpm.sock;
        }
        """,
    ),
    good=(
        """
        location /account/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-User $remote_user;
            proxy_cache pages;
            proxy_cache_valid 5m;
            proxy_cache_key $scheme$host$request_uri$remote_user;
            proxy_pass http://backend;
        }
        """,
        """
        location /account/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-User $remote_user;
            proxy_cache pages;
            proxy_cache_valid 5m;
            proxy_no_cache $remote_user;
            proxy_cache_bypass $remote_user;
            proxy_pass http://backend;
        }
        """,
        """
        location /own/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-User $remote_user;
            proxy_cache pages;
            proxy_pass http://backend;
        }
        """,
        """
        location /api/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_cache_valid 5m;
            proxy_set_header Authorization "Bearer ${API_TOKEN}";
            proxy_cache pages;
            proxy_pass http://backend;
        }
        """,
    ),
    source="https://www.rfc-editor.org/rfc/rfc9111#section-3.5",
)
def cache_across_users(config: NginxConfig) -> Iterator[Report]:
    """
    The back end is told who asks, and its answer is kept for everybody.

    nginx does not look at who is signed in when it keeps an answer or hands it out: the key does, and it knows of the
    address alone. So the next user sees the first one's account. Put the user into the key, or leave such answers out
    with `proxy_no_cache` and `proxy_cache_bypass`. It is reported where nginx itself says how long answers are
    kept; where it leaves that to the back end, the back end knows what is private.
    """
    for kind in _KINDS:
        if config.has(f"{kind}_cache"):
            yield from once(_across_users(config, kind))


def _across_users(config: NginxConfig, kind: str) -> Iterator[Report]:
    for block in config.locations:
        at = config.effective(block)
        cache = at.setting(f"{kind}_cache")
        if cache is None or cache.value == "off" or block.first(f"{kind}_pass") is None:
            continue
        if at.setting(f"{kind}_cache_valid") is None:
            continue
        key = at.setting(f"{kind}_cache_key")
        told = at.settings("proxy_set_header" if kind == "proxy" else f"{kind}_param")
        sent = next((each for each in told if len(each.args) > 1 and _tells_user(at, each.args[1])), None)
        is_open = config.may_hold(block, f"{kind}_no_cache", f"{kind}_cache_key", f"{kind}_cache_bypass")
        if sent and not at.setting(f"{kind}_no_cache", f"{kind}_cache_bypass") and not is_open:
            name = sent.args[1]
            if key is None or (name.strip("${}") not in "".join(key.args) and "cookie" not in "".join(key.args)):
                yield (
                    sent.arg_place(1),
                    f'what "{name}" gets is kept for everybody; add it to "{kind}_cache_key", or "{kind}_no_cache"',
                )


def _tells_user(at: Effective, value: str) -> bool:
    """Whether *value* is who the visitor is: as nginx found out itself, or as the client's proof."""
    name = value.strip("${}").lower()
    if not value.startswith("$"):
        return False
    known = (
        "remote_user",
        "http_authorization",
        "ssl_client_s_dn",
        "ssl_client_fingerprint",
        "ssl_client_escaped_cert",
    )
    asked = {each.value.lstrip("$").lower() for each in at.settings("auth_request_set")}
    return name in known or (name in asked and any(word in name for word in ("user", "email", "token", "sub", "name")))


@rule(
    "nginx/cache-without-lock",
    Severity.INFO,
    preset="strict",
    bad="""
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_cache pages;  # <-
            proxy_pass http://backend;
        }
    """,
    good=(
        """
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_cache pages;
            proxy_cache_lock on;
            proxy_pass http://backend;
        }
        """,
        """
        location /a/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_cache pages;
            proxy_cache_use_stale updating;
            proxy_pass http://backend;
        }
        """,
        "location / { proxy_cache off; return 404; }",
    ),
    fixed="""
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_cache pages;
            proxy_cache_lock on;
            proxy_pass http://backend;
        }
    """,
    unsafe=True,
    lacks=True,
    source="https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_lock",
)
def cache_without_lock(config: NginxConfig) -> Iterator[Report]:
    """
    A cache that lets everybody through at the moment it runs out.

    Until the first answer is there, each request for the same address goes to the back end: a hundred at once where
    one would do, and that is when it is slow. `proxy_cache_lock on;` lets one through and keeps the others waiting;
    `proxy_cache_use_stale updating;` hands out the old answer meanwhile.
    """
    for kind in _KINDS:
        if config.has(f"{kind}_cache"):
            yield from once(_unlocked(config, kind))


def _unlocked(config: NginxConfig, kind: str) -> Iterator[Report]:
    for cache in config.find(f"{kind}_cache"):
        if cache.parent is None or cache.value == "off" or config.may_hold_inside(cache.parent, f"{kind}_cache_lock"):
            continue
        at = config.effective(cache.parent)
        stale = at.settings(f"{kind}_cache_use_stale")
        is_eased = any("updating" in each.args for each in stale) or at.is_on(f"{kind}_cache_lock")
        own = (each for each in cache.parent.walk() if each.name == f"{kind}_cache_lock")
        if not is_eased and next(own, None) is None and not config.may_hold(cache.parent, f"{kind}_cache_lock"):
            statement = f"{kind}_cache_lock on;"
            message = f'when an entry runs out every request goes to the back end; add "{statement}"'
            yield cache.place, message, (after(cache, statement, safe=False),)
