"""Files outside the folder that is served."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, Location, NginxConfig, location
from ...nginx.patterns import UnknownPatternError, matched
from ...rule import Report, rule

_LITERAL_HEAD = re.compile(r"\^?((?:[\w/-]|\\[./-])+)(?=\()")
_AFTER_SLASH = re.compile(r"/\$(?:\{(\w+)\}|(\w+))")


@rule(
    "nginx/alias-traversal",
    Severity.ERROR,
    bad=(
        """
        location /files {  # <-
            alias /srv/files/;
        }
        """,
        """
        location ^~ /static {  # <-
            alias /srv/app/static/;
        }
        """,
        """
        location ~ ^/media(.*)$ {  # <-
            alias /srv/media/$1;
        }
        """,
    ),
    good=(
        "location /files/ { alias /srv/files/; }",
        "location ~ ^/files(.*)$ { alias /srv/files$1; }",
        "location ~ ^/files/(.*)$ { alias /srv/files/$1; }",
        "location = /files { alias /srv/files/index.html; }",
        "location /favicon.ico { alias /srv/icons/site.ico; }",
    ),
    fixed="""
        location /files/ {
            alias /srv/files/;
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#alias",
    covers=("gixy:alias_traversal", "nginx-lint:alias-location-slash-mismatch", "semgrep:alias-path-traversal"),
)
def alias_traversal(config: NginxConfig) -> Iterator[Report]:
    """
    A location without a slash at its end, with an alias that has one.

    nginx cuts off the location's path and puts the rest behind the alias, so a request for `/files../secret` reads
    `/srv/files/../secret`, outside the folder. With a slash behind the path the request no longer belongs to the
    location; the address without any slash, `/files`, is then answered by another one, so the mending wants a look.
    """
    for alias in config.find("alias"):
        block = alias.enclosing("location")
        if block is None or block.block is None or config.is_unknown(alias.value):
            continue
        head = location(block)
        if head.is_prefix and not head.pattern.endswith("/") and alias.value.endswith("/"):
            place = block.arg_place(len(block.args) - 1)
            message = f'"{head.pattern}../" leads out of "{alias.value}"; end the path with a slash, "{head.pattern}/"'
            yield place, message, _with_slash(block, head)
        elif head.is_regex and (way := _way_out(head, alias.value)):
            message = f'"{way}" leads out of "{alias.value}"; put a slash before the group'
            yield block.arg_place(len(block.args) - 1), message


def _with_slash(block: Directive, head: Location) -> tuple[Edit, ...]:
    index = len(block.args) - 1
    text = block.arg_text(index)
    closing = text[-1] if text[-1:] in "\"'" else ""
    return (Edit(block.arg_place(index), f"{text.removesuffix(closing)}/{closing}", safe=False),)


def _way_out(head: Location, alias: str) -> str:
    """A path that makes what the alias puts behind a slash begin with ``..``; empty where there is none."""
    literal = _LITERAL_HEAD.match(head.pattern)
    if literal is None or literal[1].endswith("/"):
        return ""
    probe = literal[1].replace("\\", "") + "../x"
    try:
        match = matched(head.pattern, probe, head.modifier == "~*")
    except UnknownPatternError:
        return ""
    names = [found[1] or found[2] for found in _AFTER_SLASH.finditer(alias)]
    return probe if match and any(_begins_with_dots(match, name) for name in names) else ""


def _begins_with_dots(match: re.Match[str], name: str) -> bool:
    if name.isdigit():
        return int(name) <= len(match.groups()) and (match[int(name)] or "").startswith("../")
    return (match.groupdict().get(name) or "").startswith("../")
