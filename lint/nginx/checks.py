"""What nginx would refuse at start: unknown names, wrong contexts, wrong arguments, and versions that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import table
from .config import Fault, NginxConfig
from .directive import Directive

_FLAG_VALUES = ("on", "off")
_CLOSE_ENOUGH = 0.75
_LONGEST_SHOWN = 60
_MOST_GUESSES = 100


def checked(config: NginxConfig) -> Iterator[Fault]:
    """The faults of every directive whose context is known; each place once, however often it is included."""
    reported: set[tuple[int, int]] = set()
    sound: set[tuple[str, int, bool, int, str]] = set()
    spelling = _Spelling()
    flags = table.flags()
    for directive in config.walk():
        name, args = directive.name, directive.args
        shape = name, directive.context, directive.block is None, len(args), directive.value if name in flags else ""
        if not directive.context or shape in sound:
            continue
        faults = list(_faults(directive, config, spelling))
        if not faults and not any(map(config.is_unknown, args)):
            sound.add(shape)  # a large file repeats a few dozen shapes thousands of times
        for fault in faults:
            key = (id(directive.file), directive.token)
            if key not in reported:
                reported.add(key)
                yield fault


def _faults(directive: Directive, config: NginxConfig, spelling: _Spelling) -> Iterator[Fault]:
    uses = table.masks().get(directive.name)
    if uses is None:
        yield from _unknown(directive, config, spelling)
        return
    here = [use for use in uses if use & directive.context]
    if not here:
        yield _misplaced(directive, uses)
        return
    yield from _version(directive, config)
    if not any(config.is_unknown(arg) for arg in directive.args):
        yield from _form(directive, here)


def _unknown(directive: Directive, config: NginxConfig, spelling: _Spelling) -> Iterator[Fault]:
    name = directive.name
    if table.is_of_a_module(name):
        return
    if "{" in name or "<" in name or config.is_unknown(name) or (config.is_fragment and "$" in name):
        return
    close = spelling.close_name(name)
    if close is None and (table.is_foreign(name) or config.has("load_module")):
        return
    if close is not None and table.is_foreign(name) and not is_typing_slip(name, close):
        return
    what = f'did you mean "{close}"?' if close else "it is none of nginx's own, nor of a module known here"
    yield Fault("nginx/unknown-directive", directive.place, f'unknown directive "{_short(name)}"; {what}')


class _Spelling:
    """Guesses what a misspelt name was meant to be; each name once, and not for a file that is none of nginx's."""

    def __init__(self) -> None:
        self.known: dict[str, str | None] = {}

    def close_name(self, name: str) -> str | None:
        if name not in self.known and len(self.known) < _MOST_GUESSES:
            import difflib  # noqa: PLC0415 - only a misspelt name needs it

            word = name.strip("\ufeff\u00a0")[:_LONGEST_SHOWN]
            matches = difflib.get_close_matches(word, table.masks(), n=1, cutoff=_CLOSE_ENOUGH)
            self.known[name] = matches[0] if matches else None
        return self.known.get(name)


def is_typing_slip(name: str, close: str) -> bool:
    """Whether the two differ by one letter added, left out or wrong, or by two neighbours swapped."""
    if abs(len(name) - len(close)) > 1 or min(len(name), len(close)) < 4:  # noqa: PLR2004 - short words differ by chance
        return False
    start = 0
    while start < min(len(name), len(close)) and name[start] == close[start]:
        start += 1
    a, b = name[start:], close[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2][::-1] == b[:2] and a[2:] == b[2:])


def _misplaced(directive: Directive, uses: Sequence[int]) -> Fault:
    bits = 0
    for use in uses:
        bits |= use
    where = ", ".join(table.context_names(bits)) or "no context of this nginx"
    message = f'"{directive.name}" is not allowed in {_around(directive)}; nginx takes it in {where}'
    return Fault("nginx/wrong-context", directive.place, message)


def _around(directive: Directive) -> str:
    if directive.parent is not None:
        return f'"{directive.parent.name}"'
    names = table.context_names(directive.context)
    return "the top level" if "the top level" in names else f"a piece of {' or '.join(names)}"


def _version(directive: Directive, config: NginxConfig) -> Iterator[Fault]:
    first = table.since().get(directive.name)
    if first and config.version < first:
        message = f'"{directive.name}" needs nginx {_text(first)}; this one is {_text(config.version)}'
        yield Fault("nginx/newer-directive", directive.place, message)
    former = table.former().get(directive.name)
    if former is None or config.version < former.deprecated:
        return
    gone = former.removed and config.version >= former.removed
    rule = "nginx/removed-directive" if gone else "nginx/deprecated-directive"
    since = former.removed if gone and former.removed else former.deprecated
    state = "was removed in" if gone else "has no use since"
    yield Fault(rule, directive.place, f'"{directive.name}" {state} nginx {_text(since)}; {former.instead}')


def _form(directive: Directive, uses: Sequence[int]) -> Iterator[Fault]:
    is_block = directive.block is not None
    fitting = [use for use in uses if bool(use & table.BLOCK) == is_block]
    if not fitting:
        message = 'has no block; end it with a ";"' if is_block else 'needs a block in "{" and "}"'
        yield Fault("nginx/syntax-error", directive.open_place, f'"{directive.name}" {message}')
        return
    if not any(table.takes(use, len(directive.args)) for use in fitting):
        count = f"{len(directive.args)} argument{'' if len(directive.args) == 1 else 's'}"
        message = f'"{directive.name}" has {count}; nginx takes {_counts(fitting)}'
        yield Fault("nginx/wrong-argument-count", directive.place, message)
    elif _is_flag(fitting) and directive.value.lower() not in _FLAG_VALUES:
        message = f'"{directive.name}" is "on" or "off", not "{_short(directive.value)}"'
        yield Fault("nginx/wrong-value", directive.arg_place(0), message)


def _is_flag(uses: Sequence[int]) -> bool:
    return all(use & table.FLAG for use in uses)


def _counts(uses: Sequence[int]) -> str:
    counts = {count for use in uses for count in range(9) if table.takes(use, count)}
    if 8 in counts:  # noqa: PLR2004 - one more than any fixed count
        least = min(counts)
        return f"{least} or more" if least else "any number"
    listed = sorted(counts)
    return " or ".join(map(str, listed)) if len(listed) < 3 else f"{listed[0]} to {listed[-1]}"  # noqa: PLR2004


def _text(version: table.Version) -> str:
    return ".".join(map(str, version))


def _short(word: str) -> str:
    return word if len(word) <= _LONGEST_SHOWN else word[: _LONGEST_SHOWN - 3] + "..."
