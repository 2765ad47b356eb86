"""Which other sites may read answers: CORS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, ResponseHeader
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from .answering import blocks_with

ORIGIN, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
_ANY = regex(r"^~\*?(?:\^?(?:\.\*|\.\+|\.)\$?|\^?\(?(?:https\?|http|https|https?\|https?)\)?://(?:\.\*|\.\+)?\$?)$")
_WORD = r"(?:\(\?:|\()*[\w-]"
_OPEN_START = regex(rf"^{_WORD}")
_LOOSE_NAME = regex(r"(?:\.[*+]|\][*+]|\\[wSD][*+])\)?\??(?=[a-z])")
_LOOSE_END = regex(r"\w\(?(?:\?:)?(?:\[\^[^\]]*\]|\.|\\[wS])[*+]\)?\??\)*\$\)*$")
_DOT = regex(r"(?<=[\w-])\.(?=[a-z-]+(?:\W*\.[a-z-]+)?\W*$)", re.IGNORECASE)


@rule(
    "nginx/cors-credentials-for-all",
    Severity.ERROR,
    bad=(
        """
        location /api/ {
            add_header Access-Control-Allow-Origin $http_origin always;  # <-
            add_header Access-Control-Allow-Credentials true always;
            proxy_pass http://127.0.0.1:8080;
        }
        """,
        """
        location /api/ {
            add_header Access-Control-Allow-Origin "*";  # <-
            add_header Access-Control-Allow-Credentials "true";
        }
        """,
        """
        map $http_origin $cors {
            default $http_origin;  # <-
            "https://evil.example" "";
        }
        server {
            location / {
                add_header Access-Control-Allow-Origin $cors;
                add_header Access-Control-Allow-Credentials true;
            }
        }
        """,
    ),
    good=(
        """
        map $http_origin $cors {
            default "";
            "~^https://([a-z]+\\.)?shop\\.example$" $http_origin;
        }
        server {
            location / {
                add_header Access-Control-Allow-Origin $cors;
                add_header Access-Control-Allow-Credentials true;
            }
        }
        """,
        """
        location /fonts/ {
            add_header Access-Control-Allow-Origin *;
        }
        location /open/ {
            add_header Access-Control-Allow-Origin $http_origin;
            add_header Vary Origin;
        }
        """,
    ),
    source="https://portswigger.net/research/exploiting-cors-misconfigurations-for-bitcoins-and-bounties",
    covers=("gixy:origins",),
)
def cors_credentials_for_all(config: NginxConfig) -> Iterator[Report]:
    """
    Every site may read answers that were made for a visitor who is signed in.

    With `Access-Control-Allow-Credentials: true` browsers send cookies along. If the origin is then repeated whatever
    it is, any page the visitor opens reads the account. With `*` browsers refuse the answer instead, so nothing works.
    Name the sites that may, in a `map` of `$http_origin` whose default is empty.
    """
    for block in blocks_with(config, "add_header"):
        headers = config.effective(block).headers
        if any(header.key == CREDENTIALS and (header.value or "").lower() == "true" for header in headers):
            for header in headers:
                if header.key == ORIGIN:
                    yield from _granted(config, header)


def _granted(config: NginxConfig, header: ResponseHeader) -> Iterator[Report]:
    value, place = header.value or "", header.directive.arg_place(1)
    if value == "*":
        yield place, 'browsers refuse "*" where credentials are allowed; name the sites that may read this'
    elif value == "null":
        yield place, '"null" is the origin of any sandboxed frame; name the sites that may read this'
    elif value in ("$http_origin", "${http_origin}"):
        if not _is_guarded(header.directive):
            yield place, _EVERYBODY
    elif value.startswith("$"):
        yield from ((found, _EVERYBODY) for found in _repeating(config, value.strip("${}")))


_EVERYBODY = (
    "this allows every site to read answers with a visitor's credentials; name the sites in a map of $http_origin"
)


def _is_guarded(directive: Directive) -> bool:
    """Whether an ``if`` around it asks for something else than the method."""
    conditions = [outer for outer in directive.ancestors if outer.name == "if"]
    return any("$request_method" not in condition.args for condition in conditions)


def _repeating(config: NginxConfig, name: str) -> Iterator[Place]:
    """Where a variable is given any origin whatsoever."""
    for found in config.find("map"):
        if found.args[1:] == (f"${name}",) and found.value == "$http_origin":
            for entry in found.children:
                if (entry.name == "default" or _ANY.match(entry.name)) and entry.value in ("$http_origin", "*"):
                    yield entry.arg_place(0)
    for found in config.find("set"):
        if found.args == (f"${name}", "$http_origin") and not _is_guarded(found):
            yield found.arg_place(1)


@rule(
    "nginx/origin-pattern-weak",
    Severity.ERROR,
    bad=(
        """
        location /api/ {
            if ($http_origin ~* "^https?://(www\\.)?shop\\.example") {  # <-
                add_header Access-Control-Allow-Origin $http_origin;
                add_header Access-Control-Allow-Credentials true;
            }
            if ($http_origin ~ shop\\.example$) {  # <-
                add_header Access-Control-Allow-Origin $http_origin;
            }
            if ($http_origin ~ "^https://shop\\.example([^/]+)?$") {  # <-
                add_header Access-Control-Allow-Origin $http_origin;
            }
        }
        """,
        """
        map $http_origin $cors {
            default "";
            "~^https://shop.example$" $http_origin;  # <-
            "~^https://.*shop\\.example$" $http_origin;  # <-
        }
        """,
    ),
    good="""
        map $http_origin $cors {
            default "";
            "~^https?://(?:www|api)\\.shop\\.example(?::\\d+)?$" $http_origin;
            "~\\.shop\\.example$" $http_origin;
            "~^https://l.o\\.shop\\.example$" $http_origin;
            "~^https://[a-z0-9-]+\\.shop\\.example$" $http_origin;
            "https://shop.example" $http_origin;
            "~evil" "";
        }
    """,
    source="https://github.com/yandex/gixy/blob/master/docs/en/plugins/origins.md",
    covers=("gixy:origins",),
)
def origin_pattern_weak(config: NginxConfig) -> Iterator[Report]:
    """
    An expression for trusted origins that others fit as well.

    Without `$` at its end `https://shop.example` also fits `https://shop.example.evil.test`; without a dot or `//`
    before the name it fits `https://evilshop.example`; and a dot without its backslash fits any character.
    """
    for condition in config.find("if"):
        if condition.args[:1] == ("$http_origin",) and len(condition.args) == 3:  # noqa: PLR2004 - subject, operator
            fault = _weakness(condition.args[2]) if condition.args[1] in ("~", "~*", "!~", "!~*") else None
            if fault:
                yield condition.arg_place(2), f'"{condition.args[2]}" {fault}'
    for found in config.find("map"):
        for entry in found.children if found.value == "$http_origin" else ():
            pattern = entry.name.removeprefix("~").removeprefix("*")
            if entry.name.startswith("~") and entry.value not in ("", "0") and not _ANY.match(entry.name):
                fault = _weakness(pattern)
                if fault:
                    yield entry.place, f'"{pattern}" {fault}'


def _weakness(pattern: str) -> str | None:
    """What is wrong with the first of the alternatives that are not whole."""
    return next(filter(None, map(_weakness_of_one, _alternatives(pattern))), None)


def _alternatives(pattern: str) -> list[str]:
    """The parts between the ``|`` that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(pattern):
        if pattern[index - 1 : index] == "\\":
            continue
        depth += (letter in "([") - (letter in ")]")
        if letter == "|" and depth == 0:
            parts.append(pattern[start:index])
            start = index + 1
    return [*parts, pattern[start:]]


def _weakness_of_one(pattern: str) -> str | None:
    if not re.search(r"[a-zA-Z]", pattern.replace("https", "").replace("http", "")):
        return None
    if not re.search(r"\$\)*$", pattern) or _LOOSE_END.search(pattern):
        return "also fits the names that begin so and go on; end it with $"
    is_open = _OPEN_START.match(pattern) and not re.match(r"\(*(?:\?:)?https?", pattern)
    if is_open or _LOOSE_NAME.search(pattern):
        return "also fits names that only end so; begin it with ^https:// or with a dot"
    if _DOT.search(re.sub(r"\[[^\]]*\]|\(\?:|:\\d\+|:\[0-9\]\+", "", pattern)):
        return r"has a dot that fits any character; write \."
    return None
