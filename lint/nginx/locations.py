"""Which location answers a URI, as nginx finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ..record import dataclass
from .blocks import Location, location
from .config import NginxConfig
from .directive import Directive
from .effective import PASSES
from .patterns import UnknownPatternError, matched


@dataclass(frozen=True)
class Match:
    """
    The location that answers, and why.

    Attributes:
        location: None where no location fits, so that the server itself answers.
        why: One sentence for each step, the last decision last.
        match: The captures, where an expression matched.
        adds_slash: Whether nginx answers by redirecting to the same URI with a slash behind it.
        unknown: Why it is not sure, where it is not.
    """

    location: Location | None
    why: tuple[str, ...]
    match: re.Match[str] | None = None
    adds_slash: bool = False
    unknown: str = ""


def locations(block: Directive) -> list[Location]:
    """The locations directly in a server or a location, in order."""
    inside: list[Location] | None = block.memo.get("locations")
    if inside is None:
        inside = [location(found) for found in block.find("location") if found.block is not None]
        block.memo["locations"] = inside
    return inside


def named(server: Directive, name: str) -> Location | None:
    """The location called *name*, with its ``@``."""
    return next((found for found in locations(server) if found.modifier == "@" and found.pattern == name), None)


def found(server: Directive, uri: str) -> Match:
    """
    The location of *server* that answers *uri*, which must be normalised.

    An exact one ends the search. Else the longest prefix is kept and searched for nested ones; then, unless it has
    ``^~``, the expressions beside it are tried in order, and the first to match wins.
    """
    return _found(server, uri) or Match(None, ("no location fits; the server itself answers",))


def _found(block: Directive, uri: str) -> Match | None:
    by_pattern, prefixes, expressions = _kinds(block)
    exact = next((each for each in by_pattern.get(uri, ()) if each.modifier == "="), None)
    if exact:
        return Match(exact, (f"{exact} is the URI itself, which ends the search",))
    if (slash := _with_slash(by_pattern, uri)) is not None:
        return Match(slash, (f"{slash} passes on and lacks only the slash, so nginx redirects to it",), adds_slash=True)
    prefix = next((each for each in prefixes if uri.startswith(each.pattern)), None)
    kept = _nested(prefix, uri, (f"{prefix} is the longest prefix",)) if prefix else None
    if kept and _is_final(kept, prefix):
        return kept
    if prefix and kept and prefix.modifier == "^~":
        return _noted(kept, f'"^~" of {prefix} keeps expressions beside it out')
    return _by_expression(expressions, uri, kept)


Kinds = tuple[dict[str, list[Location]], list[Location], list[Location]]


def _kinds(block: Directive) -> Kinds:
    """Of *block* all locations by pattern but expressions and names; the prefixes, longest first; the expressions."""
    known: Kinds | None = block.memo.get("kinds_of_locations")
    if known is None:
        own = locations(block)
        by_pattern: dict[str, list[Location]] = {}
        for each in own:
            if not each.is_regex and each.modifier != "@":
                by_pattern.setdefault(each.pattern, []).append(each)
        prefixes = sorted((each for each in own if each.is_prefix), key=lambda each: len(each.pattern), reverse=True)
        known = by_pattern, prefixes, [each for each in own if each.is_regex]
        block.memo["kinds_of_locations"] = known
    return known


def _with_slash(by_pattern: Mapping[str, Sequence[Location]], uri: str) -> Location | None:
    """The location one slash longer than *uri* that redirects there; none where a location is the URI itself."""
    if uri in by_pattern:
        return None
    longer = by_pattern.get(f"{uri}/", ())
    if not any(each.directive.last(*PASSES) for each in longer):
        return None
    return next((each for each in longer if each.modifier == "="), longer[0])


def _nested(outer: Location, uri: str, why: tuple[str, ...], captures: re.Match[str] | None = None) -> Match:
    inner = _found(outer.directive, uri)
    if inner is None or inner.location is None:
        return Match(outer, why, captures)
    return Match(inner.location, (*why, *inner.why), inner.match or captures, inner.adds_slash, inner.unknown)


def _is_final(kept: Match, prefix: Location | None) -> bool:
    """Whether a nested location ends the search: an exact one, an expression, or a redirect to the slash."""
    if kept.location is prefix or kept.location is None:
        return False
    return kept.adds_slash or kept.location.is_regex or kept.location.modifier == "=" or _inside_regex(kept, prefix)


def _inside_regex(kept: Match, prefix: Location | None) -> bool:
    """Whether an expression between *prefix* and the location that was found ended the search."""
    if kept.location is None or prefix is None:
        return False
    between: Iterator[Directive] = (outer for outer in kept.location.directive.ancestors if outer.name == "location")
    for outer in between:
        if outer is prefix.directive:
            return False
        if location(outer).is_regex:
            return True
    return False


def _noted(kept: Match, step: str) -> Match:
    return Match(kept.location, (*kept.why, step), kept.match, kept.adds_slash, kept.unknown)


def _by_expression(expressions: Sequence[Location], uri: str, kept: Match | None) -> Match | None:
    unknown = kept.unknown if kept else ""
    for each in expressions:
        try:
            match = matched(each.pattern, uri, each.modifier == "~*")
        except UnknownPatternError as error:
            unknown = unknown or f"whether {each} matches cannot be told here: {error}"
            continue
        if match:
            result = _nested(each, uri, (f"{each} is the first expression to match",), match)
            return Match(result.location, result.why, result.match, unknown=result.unknown or unknown)
    if kept is None:
        return Match(None, (), unknown=unknown) if unknown else None
    steps = (*kept.why, "no expression matches") if expressions else kept.why
    return Match(kept.location, steps, kept.match, kept.adds_slash, unknown)


def may_answer(config: NginxConfig, server: Directive, uri: str) -> bool:
    """Whether what `found` says about *server* is sure: no include that was not read could add a location."""
    return not config.may_hold(server, "location")
