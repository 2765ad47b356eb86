"""How long nginx waits, against how long a request may take behind it."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, time_s
from ...place import Place
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.gunicorn import setting
from ...stack.passing import all_targets
from ...stack.starting import started

_COMPOSE = """
    services:
      web:
        image: nginx:1.30.1
        depends_on: [backend]
        volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
      backend:
        image: ghcr.io/acme/app:1.2.3
        command: [gunicorn, --bind, "0.0.0.0:8000", --timeout, "%s", "app:app"]
"""
_CONF = """
    server {
        listen 80;
        location / {
            proxy_pass http://backend:8000;
            proxy_read_timeout %s;%s
        }
    }
"""


@rule(
    "stack/nginx-gives-up-first",
    Severity.WARNING,
    bad=(
        {"docker-compose.yml": _COMPOSE % "300", "default.conf": _CONF % ("30s", "  # <-")},
        {
            "docker-compose.yml": _COMPOSE % "120",
            "default.conf": """
                server {
                    listen 80;
                    location / {
                        proxy_pass http://backend:8000;  # <-
                    }
                }
            """,
        },
    ),
    good=(
        {"docker-compose.yml": _COMPOSE % "120", "default.conf": _CONF % ("2m", "")},
        {"docker-compose.yml": _COMPOSE % "0", "default.conf": _CONF % ("60s", "")},
    ),
    source="https://docs.gunicorn.org/en/stable/settings.html#timeout",
)
def nginx_gives_up_first(stack: Stack) -> Iterator[Report]:
    """
    gunicorn is given more time for a request than nginx waits for the answer.

    After proxy_read_timeout, 60 seconds unless set, the visitor gets 504 while the worker goes on with a request that
    nobody waits for. Whoever raised gunicorn's timeout meant the request to end well.
    """
    seen: set[tuple[Place, str]] = set()
    for container, target in all_targets(stack.containers.values()):
        other = stack.named(target.host, container)
        allowed = _timeout_s(other) if isinstance(other, Container) else None
        for directive in target.passes if allowed else ():
            found = _waiting(container, directive)
            if found is None or allowed is None or found[1] >= allowed or (found[0], str(other)) in seen:
                continue
            seen.add((found[0], str(other)))
            message = f"nginx gives up after {found[1]:g} s, gunicorn only after {allowed:g} s; "
            yield found[0], message + "let nginx wait longer, or gunicorn less"


def _timeout_s(container: Container) -> float | None:
    """What gunicorn is told; None where it is not told, or never gives up."""
    server = started(container)
    values = setting(container, server, "timeout", "-t") if server is not None and server.name == "gunicorn" else None
    value = values[-1] if values else ""
    return float(value) if value.isdigit() and int(value) > 0 else None


def _waiting(container: Container, directive: Directive) -> tuple[Place, float] | None:
    """Where nginx is told how long to wait, and the seconds; None where that cannot be told."""
    block = directive.parent
    config = next((site.config for site in container.sites if _holds(site.config, directive)), None)
    if block is None or config is None or directive.name != "proxy_pass":
        return None
    setting = config.effective(block).setting("proxy_read_timeout")
    if setting is None and (config.may_hold(block, "proxy_read_timeout")):
        return None
    seconds = 60.0 if setting is None else time_s(setting.value)
    place = directive.arg_place(0) if setting is None else setting.arg_place(0)
    return None if seconds is None else (place, seconds)


def _holds(config: NginxConfig, directive: Directive) -> bool:
    return directive in config.find("proxy_pass")
