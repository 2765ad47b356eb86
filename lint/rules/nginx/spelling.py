"""One variable in two spellings."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .once import once

_MAKING = {"set": 0, "auth_request_set": 0, "map": -1, "geo": -1, "split_clients": -1}


@rule(
    "nginx/variable-in-two-spellings",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            set $target one;
            location /b/ {
                set $Target two;  # <-
                return 200 $target;
            }
        }
    """,
    good="server { set $target one; location /b/ { set $target two; return 200 $target; } }",
    source="https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#set",
    covers=("gixy:mixed_case_variable",),
)
def variable_in_two_spellings(config: NginxConfig) -> Iterator[Report]:
    """
    Two variables that differ in capitals alone, and are one.

    nginx takes no notice of case there: what looks like a second variable overwrites the first.
    """
    yield from once(_respelt(config))


def _respelt(config: NginxConfig) -> Iterator[Report]:
    spelt: dict[str, str] = {}
    for directive in config.find(*_MAKING):
        if not directive.args or directive.is_inside("stream"):
            continue
        index = _MAKING[directive.name] % len(directive.args)
        name = directive.args[index]
        first = spelt.setdefault(name.lower(), name)
        if first != name and not config.is_unknown(name) and not config.is_unknown(first):
            yield directive.arg_place(index), f'"{name}" and "{first}" are one variable; spell it as "{first}"'
