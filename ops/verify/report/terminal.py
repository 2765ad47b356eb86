"""A run on a terminal: a bar while it goes on; then failures first, promised beside observed, and a line a group."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from types import TracebackType
from typing import TextIO

from rich.console import Console, Group
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..record import Record
from ..verdict import Finding, Word

STYLES: dict[Word, str] = {
    "FAIL": "bold red",
    "ERROR": "bold magenta",
    "WARN": "yellow",
    "PASS": "green",
    "SKIP": "dim",
}
SHOWN_TARGETS = 4
BAR_WIDTH = 24


class Bar:
    """Shows how far the run is, where a terminal looks; nothing otherwise."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        console = Console(file=stream)
        self._progress = Progress(
            TextColumn("verify"),
            BarColumn(BAR_WIDTH),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)
        self._failed = 0

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def ended(self, findings: list[Finding]) -> None:
        """A check is through."""
        self._failed += any(finding.verdict.word == "FAIL" for finding in findings)
        said = f"[red]{self._failed} failed[/] " if self._failed else ""
        self._progress.update(self._task, advance=1, description=f"{said}{findings[0].check.group}")


def show(record: Record, stream: TextIO | None = None, *, everything: bool = False) -> None:
    """
    Prints *record*.

    Args:
        everything: What passed and was skipped too, not only how many.
    """
    console = Console(file=stream or sys.stdout, highlight=False)
    words: tuple[Word, ...] = ("FAIL", "ERROR", "WARN", "PASS", "SKIP") if everything else ("FAIL", "ERROR", "WARN")
    for word in words:
        found = [finding for finding in record.findings if finding.verdict.word == word]
        for _, same in groupby(found, key=lambda finding: finding.check.id):
            console.print(_block(list(same)))
    console.print(_groups(record))
    console.print(_end(record))


def _block(findings: Sequence[Finding]) -> Group:
    """One check with one word, and the targets that have it."""
    first = findings[0]
    head = Text.assemble((f"{first.verdict.word:<6}", STYLES[first.verdict.word]), (f"{first.check.id} ", "bold"))
    head.append(first.check.title)
    rules = tuple(dict.fromkeys(rule for finding in findings for rule in finding.verdict.rules))
    if rules:
        head.append(f"  [{', '.join(rules)}]", "dim")
    parts: list[Text | Padding] = [head]
    told = findings[:SHOWN_TARGETS]
    parts += [Padding(_told(list(same)), (0, 0, 0, 6)) for _, same in groupby(told, key=_promise)]
    if len(findings) > SHOWN_TARGETS:
        parts.append(Padding(Text(f"and {len(findings) - SHOWN_TARGETS} more; --json has all", "dim"), (0, 0, 0, 6)))
    mends = tuple(dict.fromkeys(finding.verdict.mend for finding in findings if finding.verdict.mend))
    parts += [Padding(Text.assemble(("-> ", "bold"), mend), (0, 0, 0, 6)) for mend in mends[:2]]
    return Group(*parts, Text(""))


def _promise(finding: Finding) -> str:
    """What was promised, and where."""
    verdict = finding.verdict
    return verdict.promised + (f"  ({verdict.place})" if verdict.place and verdict.promised else "")


def _told(findings: Sequence[Finding]) -> Table:
    """One promise, and below it what was seen of each target."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(style="dim", overflow="fold")
    if _promise(findings[0]) and findings[0].verdict.word != "PASS":
        table.add_row("promised", _promise(findings[0]))
    for finding in findings:
        table.add_row("observed", Text(finding.verdict.observed), Text(finding.verdict.target))
        for name, text in _remarks(finding):
            table.add_row(name, text)
    return table


def _remarks(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.known_until:
        yield "known", f"put off until {finding.known_until}"
    if finding.flaky:
        yield "flaky", "the network gave way once; the request was made again"


def _groups(record: Record) -> Table:
    table = Table.grid(padding=(0, 2))
    for group, found in record.groups.items():
        words = [finding.verdict.word for finding in found]
        bar = Text()
        for word in ("FAIL", "ERROR", "WARN", "PASS", "SKIP"):
            share = words.count(word) * BAR_WIDTH / len(words)
            bar.append("█" * (max(1, round(share)) if share else 0), STYLES[word])
        bar.truncate(BAR_WIDTH)
        told = ", ".join(f"{words.count(word)} {word}" for word in STYLES if words.count(word))
        table.add_row(group, bar, Text(told))
    return table


def _end(record: Record) -> Text:
    colour = {0: "bold green", 1: "bold red"}.get(record.exit_code, "bold magenta")
    told = ", ".join(f"{number} {word}" for word, number in record.counts.items() if number)
    text = Text.assemble("\n", (record.verdict, colour), f": {told or 'nothing seen'}")
    text.append(f" ({record.seconds:.1f} s, {record.requests} requests, run {record.run})", "dim")
    if record.view == "outside":
        text.append("\nonly from outside: what is promised inside was not looked at", "dim")
    grade = record.facts.get("grade")
    if isinstance(grade, dict):
        text.append(f"\nObservatory: {grade['letter']} ({grade['score']}), {grade['note']}", "dim")
    return text
