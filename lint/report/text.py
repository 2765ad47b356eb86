"""The report for people: each finding with its line, a caret under the token, and once for each rule the why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..finding import Finding, Severity
from .masking import masked, printable
from .results import Results, Style

SHOWN_IN_FULL = 3
"""How many findings of one rule are shown with their line."""

SHOWN_AT_ALL = 12
"""How many findings of one rule are shown; the others are counted."""

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


def report(results: Results) -> str:
    """Groups by rule, the worst first; at the end how many findings there are."""
    blocks = ["\n".join(_group(group, results)) for group in _groups(results.findings)]
    return "\n\n".join([*blocks, "\n".join(_summary(results))]) + "\n"


def _groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((-finding.severity, finding.rule), []).append(finding)
    return [group for _, group in sorted(groups.items(), key=lambda item: (item[0][0], item[1][0].place))]


def _group(group: Sequence[Finding], results: Results) -> Iterator[str]:
    for finding in group[:SHOWN_IN_FULL]:
        yield _headline(finding, results.style)
        yield from _excerpt(finding, results)
    for finding in group[SHOWN_IN_FULL:SHOWN_AT_ALL]:
        yield _headline(finding, results.style)
    if len(group) > SHOWN_AT_ALL:
        left = group[SHOWN_AT_ALL:]
        files = len({finding.place.path for finding in left})
        yield f"  and {len(left)} more of {left[0].rule} in {_counted(files, 'file')}: --format json lists all"
    yield from _advice(group, results)


def _headline(finding: Finding, style: Style) -> str:
    severity = _painted(str(finding.severity), _COLOURS[finding.severity], style)
    place = _painted(printable(str(finding.place)), "1", style)
    rule = _painted(f"[{printable(finding.rule)}]", "2", style)
    return f"{place}: {severity}: {printable(finding.message)} {rule}"


def _excerpt(finding: Finding, results: Results) -> Iterator[str]:
    place = finding.place
    lines = results.lines[place.path]
    if not 0 < place.line <= len(lines) or not lines[place.line - 1].strip():
        return
    hidden = [secret for secret in results.secret_places if secret.path == place.path]
    line = masked(lines[place.line - 1], place.line, hidden).rstrip()
    last = place.end_column - 1 if place.end_line == place.line else len(line)
    start, end, line = _window(line, place.column - 1, min(last, len(line)), results.style.width - 8)
    carets = _painted("^" * max(_cells(line[start:end]), 1), _COLOURS[finding.severity], results.style)
    margin = _painted(f"{place.line:>5} | ", "2", results.style)
    yield f"{margin}{printable(line)}"
    yield f"{_painted('      | ', '2', results.style)}{' ' * _cells(line[:start])}{carets}"


def _window(line: str, start: int, end: int, width: int) -> tuple[int, int, str]:
    """The part of *line* around the token that fits, and where the token is in it."""
    if len(line) <= width:
        return start, end, line
    first = max(0, min(start - width // 3, len(line) - width))
    part = line[first : first + width]
    if first:
        part = "\u2026" + part[1:]
    if first + width < len(line):
        part = part[:-1] + "\u2026"
    return start - first, min(end - first, width), part


def _cells(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - only lines beyond ASCII need it

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _advice(group: Sequence[Finding], results: Results) -> Iterator[str]:
    facts = results.rules.get(group[0].rule)
    if facts is None:
        return
    import textwrap  # noqa: PLC0415 - a clean report needs none of it

    why = _why(facts.documentation)
    yield from textwrap.wrap(why, results.style.width, initial_indent="  why: ", subsequent_indent="       ")
    if any(finding.fixable for finding in group):
        is_safe = all(edit.safe for finding in group for edit in finding.edits)
        yield f"  fix: {'--fix' if is_safe else '--fix --unsafe-fixes'} mends it; --diff shows how"
    yield f"  more: fairlead-lint --rule {facts.id}"


def _why(documentation: str) -> str:
    """The second paragraph, which says what happens; the first when there is no other."""
    paragraphs = [" ".join(part.split()) for part in documentation.split("\n\n") if part.strip()]
    return paragraphs[min(1, len(paragraphs) - 1)].replace("``", '"') if paragraphs else ""


def _summary(results: Results) -> Iterator[str]:
    files = _counted(len(results.texts), "file")
    found = [_counted(results.counts[severity], str(severity)) for severity in reversed(Severity)]
    if results.findings:
        yield f"{files}: {', '.join(found)}"
    elif results.is_whole:
        yield f"{files}: {_painted('clean', '32', results.style)}"
    else:
        yield f"{files}: nothing found in what could be read"
    if results.hidden:
        yield f"{_counted(results.hidden, 'finding')} hidden by the baseline"
    if results.stale:
        were = "entry" if results.stale == 1 else "entries"
        yield f"{results.stale} {were} of the baseline no longer needed; delete the file and run again to renew it"
    yield from results.notes


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _painted(text: str, code: str, style: Style) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if style.colour else text
