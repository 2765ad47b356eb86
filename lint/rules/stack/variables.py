"""Variables of nginx that no file of the container sets."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...place import Place
from ...rule import Report, rule
from ...stack import Stack
from ..nginx.undefined import unset

_STACK = """
    services:
      web:
        image: nginx:1.30.1
        volumes: ["./conf.d:/etc/nginx/conf.d:ro"]
"""
_SITE = """
    server {
        listen 80;
        location /ws/ {
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;%s
            proxy_pass http://10.0.0.9:8000;
        }
    }
"""


@rule(
    "stack/undefined-variable",
    Severity.ERROR,
    bad={"docker-compose.yml": _STACK, "conf.d/default.conf": _SITE % "  # <-"},
    good=(
        {
            "docker-compose.yml": _STACK,
            "conf.d/default.conf": _SITE % "",
            "conf.d/maps.conf": 'map $http_upgrade $connection_upgrade { default upgrade; "" close; }',
        },
        {
            "docker-compose.yml": _STACK.replace("nginx:1.30.1", "acme/nginx:1.30.1"),
            "conf.d/default.conf": _SITE % "",
        },
    ),
    source="https://nginx.org/en/docs/varindex.html",
)
def undefined_variable(stack: Stack) -> Iterator[Report]:
    """
    A variable that is neither nginx's own nor set by any file in the container.

    nginx does not start: `unknown "connection_upgrade" variable`. The main file of the official image, which includes
    `conf.d`, sets none. A variable such as this one needs its `map`, beside the `server`.
    """
    seen: set[Place] = set()
    for container in stack.containers.values():
        sites = container.sites if container.image_name in ("nginx", "nginxinc/nginx-unprivileged") else ()
        if any(site.is_main or not site.is_complete for site in sites):
            continue
        for directive, index, name in unset([site.config for site in sites]):
            place = directive.arg_place(index)
            if place not in seen:
                seen.add(place)
                yield place, f'nginx does not start: no file of the container sets "${name}"; write its map'
