"""Locations that are written twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...finding import Severity
from ...nginx import Location, NginxConfig
from ...nginx import locations as lookup
from ...rule import Report, rule
from .once import once

_LOCATION = "https://nginx.org/en/docs/http/ngx_http_core_module.html#location"


@rule(
    "nginx/location-twice",
    Severity.ERROR,
    bad=(
        """
        server {
            location /api/ { return 404; }
            location ^~ /api/ { return 403; }  # <-
        }
        """,
        """
        server {
            location = /a { return 404; }
            location = /a { return 403; }  # <-
        }
        """,
        """
        server {
            location @fallback { return 404; }
            location @fallback { return 403; }  # <-
        }
        """,
    ),
    good=(
        "server { location /a { return 404; } location = /a { return 403; } location /a/ { return 410; } }",
        "server { location /a/ { return 404; } }\nserver { listen 81; location /a/ { return 403; } }",
    ),
    source=_LOCATION,
)
def location_twice(config: NginxConfig) -> Iterator[Report]:
    """
    Two locations of the same path.

    nginx does not start: `duplicate location`. Whether it is written with `^~` makes no difference, with `=` it does.
    """
    yield from once(_twice(config))


def groups(config: NginxConfig) -> Iterator[Sequence[Location]]:
    """The locations of each block that holds more than one."""
    seen: set[int] = set()
    for directive in config.locations:
        block = directive.parent
        if block is None or id(block) in seen:
            continue
        seen.add(id(block))
        own = lookup.locations(block)
        if len(own) > 1:
            yield own


def _twice(config: NginxConfig) -> Iterator[Report]:
    for own in groups(config):
        taken: set[tuple[str, str]] = set()
        for each in own:
            if each.is_regex or config.is_unknown(each.pattern):
                continue
            key = ("" if each.is_prefix else each.modifier, each.pattern)
            if key in taken:
                place = each.directive.arg_place(len(each.directive.args) - 1)
                yield place, f'nginx does not start: "{each}" stands here for the second time; join the two'
            taken.add(key)
