"""WebSockets, whose handshake nginx passes on only where it is told to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, header
from ...policy import Policy
from ...rule import Report, rule
from .insertion import after, before
from .once import once
from .passing import Passing, passings

_WEBSOCKET = "https://nginx.org/en/docs/http/websocket.html"
_KEPT_ALIVE = (1, 29, 7)


@rule(
    "nginx/upgrade-not-passed-on",
    Severity.WARNING,
    bad=(
        """
        location /chat/ {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;  # <-
            proxy_pass http://backend;
        }
        """,
        """
        # nginx 1.26.3
        http {
            server {
                listen 80;
                location /chat/ {
                    proxy_set_header Upgrade $http_upgrade;  # <-
                    proxy_set_header Connection "upgrade";
                    proxy_pass http://backend;
                }
            }
        }
        """,
        """
        location /chat/ {
            proxy_http_version 1.0;  # <-
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_pass http://backend;
        }
        """,
        """
        location /chat/ {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;  # <-
            proxy_set_header Connection "";
            proxy_pass http://backend;
        }
        """,
    ),
    good=(
        """
        location /chat/ {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://backend;
        }
        """,
        """
        # nginx 1.26.3
        location /chat/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://backend;
        }
        """,
        """
        location /socket/ {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Connection "";
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_pass http://backend;
        }
        """,
        """
        location /api/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade "";
            proxy_pass http://backend;
        }
        """,
    ),
    fixed="""
        location /chat/ {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_pass http://backend;
        }
    """,
    unsafe=True,
    source=_WEBSOCKET,
)
def upgrade_not_passed_on(config: NginxConfig) -> Iterator[Report]:
    """
    Half of what a WebSocket needs: `Upgrade` goes to the back end without `Connection`, or with HTTP/1.0.

    Both headers belong to one connection, so nginx sends neither by itself, and a back end that gets one of them
    answers with an ordinary page. It takes `Upgrade $http_upgrade`, `Connection` with the value `upgrade` (from a `map`
    of `$http_upgrade` where the location has ordinary requests, too), and HTTP/1.1, which nginx speaks by itself only
    from 1.29.7 on.
    """
    yield from once(_half_upgrades(config))


def _half_upgrades(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        upgrade = _set(passing, "upgrade")
        if upgrade is None or not header(upgrade).value or config.may_hold(passing.block, "proxy_set_header"):
            continue
        connection = _set(passing, "connection")
        version = passing.at.setting("proxy_http_version")
        if connection is None:
            value = "$connection_upgrade" if _has_map(config) else '"upgrade"'
            statement = f"proxy_set_header Connection {value};"
            message = f'no WebSocket comes about without "Connection"; add "{statement}"'
            yield upgrade.place, message, (after(upgrade, statement, safe=False),)
        elif header(connection).value.lower() in ("", "close", "keep-alive"):
            message = f'no WebSocket comes about with "Connection: {header(connection).value}"; write "upgrade" there'
            yield upgrade.place, message
        elif version is not None and version.value == "1.0":
            yield version.place, 'no WebSocket comes about with HTTP/1.0; write "proxy_http_version 1.1;"'
        elif version is None and _speaks_old_http(passing):
            message = 'no WebSocket comes about with HTTP/1.0; add "proxy_http_version 1.1;"'
            yield upgrade.place, message, (before(upgrade, "proxy_http_version 1.1;", safe=False),)


def _speaks_old_http(passing: Passing) -> bool:
    config = passing.config
    is_known = config.http is not None and not config.may_hold(passing.block, "proxy_http_version")
    return is_known and config.version < _KEPT_ALIVE


def _set(passing: Passing, name: str) -> Directive | None:
    found = [each for each in passing.at.proxy.set_headers if each.value.lower() == name]
    return next((each for each in found if header(each).value), found[0] if found else None)


def _has_map(config: NginxConfig) -> bool:
    return any(each.args[1:2] == ("$connection_upgrade",) for each in config.find("map"))


@rule(
    "nginx/websocket-without-upgrade",
    Severity.WARNING,
    bad=(
        """
        http {
            server {
                listen 80;
                location /socket.io/ {
                    proxy_pass http://backend;  # <-
                }
            }
        }
        """,
        """
        server {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            location = /api/ws { proxy_pass http://backend; }  # <-
        }
        """,
    ),
    good=(
        """
        server {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            location /ws { proxy_pass http://backend; }
        }
        """,
        "location /ws/ { proxy_pass http://backend; }",
        "location /ws/ { include websocket.conf; proxy_set_header Host $host; proxy_pass http://backend; }",
        """
        server {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            location /news/ { proxy_pass http://backend; }
        }
        """,
    ),
    lacks=True,
    source=_WEBSOCKET,
)
def websocket_without_upgrade(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A location that looks like one for WebSockets, and does not pass their handshake on.

    The back end gets an ordinary request and refuses; libraries such as Socket.IO then fall back to asking again and
    again, which works, slowly, and so nobody notices. Which paths look so is the policy's `proxy.websocket_paths`.
    """
    yield from once(_without_upgrade(config, policy))


def _without_upgrade(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    for passing in passings(config):
        head = passing.location
        if head is None or passing.block.name != "location" or not _is_like(policy, head.pattern):
            continue
        is_known = config.http is not None or bool(passing.at.proxy.set_headers)
        if is_known and _set(passing, "upgrade") is None and not config.may_hold(passing.block, "proxy_set_header"):
            message = (
                f'"{head.pattern}" looks like WebSockets; set Upgrade to $http_upgrade and Connection to "upgrade"'
            )
            yield passing.directive.place, message


def _is_like(policy: Policy, path: str) -> bool:
    plain = path.replace("\\", "").removeprefix("^").removesuffix("$")
    return any(re.search(pattern, plain, re.IGNORECASE) for pattern in policy.proxy.websocket_paths)


@rule(
    "nginx/upgrade-for-every-request",
    Severity.INFO,
    preset="strict",
    bad="""
        location / {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";  # <-
            proxy_pass http://backend;
        }
    """,
    good="""
        location /live/ws {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_pass http://backend;
        }
    """,
    source=_WEBSOCKET,
)
def upgrade_for_every_request(config: NginxConfig) -> Iterator[Report]:
    """
    `Connection: upgrade` on every request of a whole site.

    Ordinary requests say then that they want to change the protocol, to none, and the connection to the back end is
    not used again. A `map` of `$http_upgrade`, to `upgrade` or to nothing, tells the two apart.
    """
    yield from once(_for_every(config))


def _for_every(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        connection = _set(passing, "connection")
        head = passing.location
        if connection is not None and header(connection).value.lower() == "upgrade" and head and head.pattern == "/":
            message = 'ordinary requests ask to be upgraded as well; take the value from a map of "$http_upgrade"'
            yield connection.arg_place(1), message
