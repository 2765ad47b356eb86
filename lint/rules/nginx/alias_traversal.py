"""Files outside the folder that is served."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, Location, NginxConfig, location
from ...nginx.expressions import Group, Row, UnknownExpressionError, sample, tree
from ...nginx.patterns import UnknownPatternError, matched
from ...regex import regex
from ...rule import Report, rule

_AFTER_SLASH = regex(r"/\$(?:\{(\w+)\}|(\w+))")


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
    covers=("gixy:alias_traversal", "semgrep:alias-path-traversal"),
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
        if block is None or not block.block or not block.args or config.is_unknown(alias.value):
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
    return (Edit(block.arg_place(index), _ended(block.arg_text(index)), safe=False),)


def _is_file(path: str) -> bool:
    """Whether *path* may be one of a file, or of nobody knows what."""
    return "$" in path or "." in path.rpartition("/")[2]


def _ended(text: str) -> str:
    """An argument with a slash at its end, inside the quotes it may have."""
    closing = text[-1] if text[-1:] in ('"', "'") else ""
    return f"{text.removesuffix(closing)}/{closing}"


def _way_out(head: Location, alias: str) -> str:
    """A path that makes what the alias puts behind a slash begin with ``..``; empty where there is none."""
    names = [found[1] or found[2] for found in _AFTER_SLASH.finditer(alias)]
    for probe in _probes(head) if names else ():
        try:
            match = matched(head.pattern, probe, head.modifier == "~*")
        except UnknownPatternError:
            return ""
        if match and any(_begins_with_dots(match, name) for name in names):
            return probe
    return ""


def _probes(head: Location) -> Iterator[str]:
    """Paths that fit, with two dots at the start of a group; none where nginx would have resolved them."""
    try:
        whole = tree(head.pattern, head.modifier == "~*")
    except UnknownExpressionError:
        return
    parts = whole.parts if isinstance(whole, Row) else (whole,)
    for index, part in enumerate(parts):
        before = "".join(map(sample, parts[:index]))
        if isinstance(part, Group) and before.startswith("/") and not before.endswith("/"):
            yield f"{before}../x{''.join(map(sample, parts[index + 1 :]))}"


def _begins_with_dots(match: re.Match[str], name: str) -> bool:
    if name.isdigit():
        return int(name) <= len(match.groups()) and (match[int(name)] or "").startswith("../")
    return (match.groupdict().get(name) or "").startswith("../")


@rule(
    "nginx/alias-without-slash",
    Severity.WARNING,
    bad="""
        location /files/ {
            alias /srv/files;  # <-
        }
    """,
    good=(
        "location /files/ { alias /srv/files/; }",
        "location /files/ { alias /srv/files/index.html; }",
        "location /files/ { alias $folder; }",
    ),
    fixed="""
        location /files/ {
            alias /srv/files/;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#alias",
    covers=("nginx-lint:alias-location-slash-mismatch",),
)
def alias_without_slash(config: NginxConfig) -> Iterator[Report]:
    """
    An alias without a slash at its end, in a location that has one.

    `/files/report.pdf` becomes `/srv/filesreport.pdf`: the rest of the address is put behind the alias as it is, so
    nothing is found, and a neighbour whose name begins alike is.
    """
    for alias in config.find("alias"):
        block = alias.parent
        if block is None or block.name != "location" or not alias.value or _is_file(alias.value):
            continue
        head = location(block)
        if head.is_prefix and head.pattern.endswith("/") and not alias.value.endswith("/"):
            message = f'"{head.pattern}a" becomes "{alias.value}a"; end the alias with a slash, "{alias.value}/"'
            yield alias.arg_place(0), message, (Edit(alias.arg_place(0), _ended(alias.arg_text(0))),)


@rule(
    "nginx/alias-without-group",
    Severity.WARNING,
    bad=r"""
        location ~* \.(png|jpg)$ {
            alias /srv/pictures/;  # <-
        }
    """,
    good=(
        r"location ~* ^/pictures/(.+\.(?:png|jpg))$ { alias /srv/pictures/$1; }",
        r"location ~ ^/(?<file>a|b)\.txt$ { alias /srv/texts/$file.txt; }",
        "location ~ ^/(?:about|imprint)$ { alias /srv/pages/about.html; }",
        "location ~ ^/pictures/ { root /srv; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#alias",
)
def alias_without_group(config: NginxConfig) -> Iterator[Report]:
    """
    An alias to a folder, in a location with an expression, that says nothing of what was asked for.

    In such a location the alias is the whole path, not the start of one: every address leads to the folder itself,
    which is a redirect to an address that is none, or its index page. Put what is wanted in parentheses, and name it
    in the alias: `alias /srv/pictures/$1;`. Or write `root`.
    """
    for alias in config.find("alias"):
        block = alias.parent
        if block is None or block.name != "location" or not location(block).is_regex:
            continue
        if alias.value.endswith("/") and "$" not in alias.value and not config.is_unknown(alias.value):
            message = f'every address leads to the folder "{alias.value}" itself; name a group behind it, such as $1'
            yield alias.arg_place(0), message
