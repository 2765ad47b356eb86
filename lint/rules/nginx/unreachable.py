"""Locations that no request comes to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...finding import Severity
from ...nginx import Location, NginxConfig
from ...nginx import locations as lookup
from ...record import dataclass
from ...regex import regex
from ...rule import Report, rule
from .always import may_take_all, takes_all
from .location_twice import groups
from .once import once

_LOCATION = "https://nginx.org/en/docs/http/ngx_http_core_module.html#location"
_COMPARED = 30
"""So many expressions of a block are compared with each of the others: a list made by a program may hold thousands."""

_ENDING = regex(r"(?:\.\*)?\\\.(?:\((?:\?:)?([\w|-]+)\)|([\w-]+))\$")
_HEAD = regex(r"\^((?:[\w/~%-]|\\[./-])+)")
_QUANTIFIER = ("?", "*", "{")


@dataclass(frozen=True)
class _Expression:
    """
    An expression of a location, and what can be said about the addresses it matches.

    Attributes:
        head: What each begins with; empty where that is not known.
        endings: The extensions that it wants, and no more than that; empty where it is of another kind.
    """

    location: Location
    head: str
    endings: frozenset[str]

    @property
    def ignores_case(self) -> bool:
        return self.location.modifier == "~*"


def _expression(location: Location) -> _Expression:
    found = _ENDING.fullmatch(location.pattern)
    endings = frozenset((found[1] or found[2]).split("|")) if found else frozenset[str]()
    return _Expression(location, _head(location.pattern), endings)


def _head(pattern: str) -> str:
    match = _HEAD.match(pattern)
    if match is None or _has_choice(pattern):
        return ""
    head = match[1].replace("\\", "")
    return head[:-1] if pattern[match.end() :].startswith(_QUANTIFIER) else head


def _has_choice(pattern: str) -> bool:
    """Whether a ``|`` outside every group may make the beginning void."""
    depth = 0
    for letter in re.sub(r"\\.|\[[^\]]*\]", "", pattern):
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            return True
    return False


@rule(
    "nginx/unreachable-location",
    Severity.WARNING,
    bad=(
        r"""
        server {
            location ~ \.php$ { return 404; }
            location ~ ^/admin/.*\.php$ { return 403; }  # <-
        }
        """,
        r"""
        server {
            location ~* \.(js|css|png|jpg)$ { expires 1h; root /srv; }
            location ~* \.(png|jpg)$ { expires 1d; root /srv; }  # <-
        }
        """,
        r"""
        server {
            location ~ \.php$ { return 404; }
            location ~* /(?:uploads|files)/.*\.php$ { return 403; }  # <-
        }
        """,
        """
        server {
            location ~ (/app)?/events { return 404; }
            location ~ (/app)?/events/negotiate { return 403; }  # <-
        }
        """,
        """
        server {
            location ~ ^/api { return 404; }
            location ~ ^/api/v2/(.*)$ { return 403; }  # <-
            location /api/health { return 204; }  # <-
        }
        """,
        r"""
        server {
            location ^~ /static/ { root /srv; }
            location ~ ^/static/.*\.png$ { return 404; }  # <-
        }
        """,
        """
        server {
            return 301 https://www.example.com$request_uri;
            location /health { return 204; }  # <-
        }
        """,
        """
        server {
            location ~ .* { return 404; }
            location / { return 403; }  # <-
            location = /robots.txt { return 204; }
        }
        """,
    ),
    good=(
        r"""
        server {
            location ~ ^/admin/.*\.php$ { return 403; }
            location ~ \.php$ { return 404; }
        }
        """,
        r"""
        server {
            location ^~ /static/ { return 404; }
            location /static/img/ { return 410; }
            location ~ ^/static/img/.*\.png$ { return 403; }
        }
        """,
        """
        server {
            location ~ ^/api/v2/?$ { return 404; }
            location ~ ^/api/v2 { return 403; }
            location /api { return 410; }
            location ^~ /api/v2/x { return 410; }
        }
        """,
        r"""
        server {
            location ~* \.(js|css)$ { return 404; }
            location ~* \.(css|map)$ { return 403; }
        }
        """,
        """
        server {
            location ~ /events { return 404; }
            location ~ /events? { return 403; }
            location ~ /events/x|/other { return 403; }
        }
        """,
        """
        server {
            if ($arg_from = old.example.com) { return 301 https://www.example.com$request_uri; }
            location / { return 404; }
        }
        """,
    ),
    source=_LOCATION,
    covers=("nginx-lint:unreachable-location",),
)
def unreachable_location(config: NginxConfig) -> Iterator[Report]:
    """
    A location that another one keeps every request from.

    An expression is looked at before every prefix without `^~`, however long, and expressions are tried in the order
    they are written: one for `\\.php$` leaves nothing for `^/admin/.*\\.php$` below it. `^~` keeps all expressions out,
    and a `return` in the server answers before any location is looked for. What the location was to deny or to set
    does not happen.
    """
    yield from once((*_behind_return(config), *_shadowed(config)))


def _behind_return(config: NginxConfig) -> Iterator[Report]:
    for answer in config.find("return"):
        server = answer.parent
        if server is None or server.name != "server" or server.is_inside("stream"):
            continue
        pages = {word for page in server.find("error_page") for word in page.args}
        for each in lookup.locations(server):
            if each.modifier != "@" and "well-known" not in each.pattern and each.pattern not in pages:
                place = each.directive.arg_place(len(each.directive.args) - 1)
                yield place, 'the "return" of the server answers first, always; move that into "location /"'


def _shadowed(config: NginxConfig) -> Iterator[Report]:
    for own in groups(config):
        expressions = [_expression(each) for each in own if each.is_regex and not config.is_unknown(each.pattern)]
        if not expressions:
            continue
        final = [each for each in own if each.modifier == "^~"][:_COMPARED]
        first: dict[tuple[str, str], Location] = {}
        for index, each in enumerate(expressions):
            same = first.setdefault((each.location.modifier, each.location.pattern), each.location)
            earlier = same if same is not each.location else None
            earlier = earlier or _earlier(each, expressions[: min(index, _COMPARED)]) or _prefix(each, final, own)
            if earlier:
                yield _report(each.location, earlier)
            elif (narrow := _earlier_but_for_case(each, expressions[: min(index, _COMPARED)])) is not None:
                place = each.location.directive.arg_place(len(each.location.directive.args) - 1)
                line = narrow.directive.place.line
                yield place, f'"{narrow}" in line {line} takes all but capitals before it; move this one above'
        wide = [each for each in expressions if may_take_all(each.location.pattern)][:_COMPARED]
        for prefix in (each for each in own if each.modifier == "") if wide else ():
            found = next((each for each in wide if _takes_all(each, prefix.pattern)), None)
            if found and _is_plain(config, prefix):
                yield _report(prefix, found.location)


def _is_plain(config: NginxConfig, prefix: Location) -> bool:
    """Whether expressions beside *prefix* may take its requests, and no other rule says so."""
    is_known = "well-known" not in prefix.pattern and not config.is_unknown(prefix.pattern)
    return prefix.modifier == "" and is_known and not lookup.locations(prefix.directive)


def _report(location: Location, earlier: Location) -> Report:
    place = location.directive.arg_place(len(location.directive.args) - 1)
    line = earlier.directive.place.line
    return place, f'"{earlier}" in line {line} takes every request before it; move or narrow one of the two'


def _earlier(each: _Expression, before: Sequence[_Expression]) -> Location | None:
    """The expression above that matches whatever *each* does."""
    for other in before:
        same_case = other.ignores_case or not each.ignores_case
        if not same_case:
            continue
        if _is_beginning(other.location.pattern, each.location.pattern) or _covers_endings(other, each):
            return other.location
        if each.head and not each.ignores_case and _takes_all(other, each.head):
            return other.location
    return None


def _earlier_but_for_case(each: _Expression, before: Sequence[_Expression]) -> Location | None:
    """The expression above that minds capitals, and takes what is asked for here as it is written."""
    if not each.ignores_case:
        return None
    return next((other.location for other in before if not other.ignores_case and _covers_endings(other, each)), None)


def _is_beginning(pattern: str, longer: str) -> bool:
    """Whether *longer* is the whole of *pattern* and what more it asks for."""
    if pattern == longer:
        return True
    rest = longer.removeprefix(pattern)
    return rest != longer and not rest.startswith(_QUANTIFIER) and not _has_choice(longer)


def _covers_endings(other: _Expression, each: _Expression) -> bool:
    if not other.endings:
        return False
    if each.endings:
        return each.endings <= other.endings
    return not _has_choice(each.location.pattern) and any(
        each.location.pattern.endswith(rf"\.{ending}$") for ending in other.endings
    )


def _prefix(each: _Expression, final: Sequence[Location], own: Sequence[Location]) -> Location | None:
    """The ``^~`` location that takes every request which *each* wants, unless a longer prefix may get it first."""
    if each.ignores_case:
        return None
    for prefix in final:
        if each.head.startswith(prefix.pattern) and not any(_is_longer(other, prefix, each.head) for other in own):
            return prefix
    return None


def _is_longer(other: Location, prefix: Location, head: str) -> bool:
    if other.modifier != "" or len(other.pattern) <= len(prefix.pattern):
        return False
    return other.pattern.startswith(head) or head.startswith(other.pattern)


def _takes_all(other: _Expression, beginning: str) -> bool:
    """Whether *other* matches every address that begins so."""
    return takes_all(other.location.pattern, beginning, other.ignores_case)
