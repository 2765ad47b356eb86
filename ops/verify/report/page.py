"""The run as one page of HTML without a single outside request: pictures first, then every finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from ..record import Record
from ..verdict import WORDS, Finding, Word
from . import pictures
from .markup import tag

MARKS = {"kept": "✓", "missing": "✗", "different": "≠", "doubled": "2", "extra": "+", "unasked": "·", "": ""}
LEGEND = (
    ("kept", "as promised"),
    ("missing", "missing"),
    ("different", "different"),
    ("doubled", "doubled"),
    ("extra", "not promised"),
    ("unasked", "of the application"),
)
VIEWS = {
    "outside": "only from outside: what is promised inside was not looked at",
    "stack": "from outside and from inside",
    "host": "by the public name, at each host directly, and inside",
}
_HERE = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def report(record: Record) -> str:
    """One document, complete in itself."""
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
    parts = "\n".join(_parts(record))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(record.name)}: {escape(record.verdict)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{parts}\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _parts(record: Record) -> Iterator[str]:
    yield _header(record)
    yield f'<div class="cards">{"".join(_cards(record))}</div>'
    yield _heat(record.facts.get("headers"))
    yield _filters(record)
    yield from _findings(record)


def _header(record: Record) -> str:
    word: Word = {0: "PASS", 1: "FAIL"}.get(record.exit_code, "ERROR")  # type: ignore[assignment]
    counts = " ".join(_badge(each, f"{number} {each}") for each, number in record.counts.items() if number)
    about = (
        f"{record.begun:%Y-%m-%d %H:%M} UTC, {record.seconds:.1f} s, {record.requests} requests, run "
        f"{tag('code', escape(record.run))}, {VIEWS[record.view]}"
    )
    told = tag("p", _badge(word, escape(record.verdict))) + tag("p", counts) + tag("p", about, class_="soft")
    grade = record.facts.get("grade")
    picture = ""
    if grade:
        note = tag("p", f"Observatory, {escape(grade['note'])}", class_="soft")
        picture = tag("div", pictures.dial(grade), note, style="flex: 0 0 13rem")
    return tag("header", tag("div", tag("h1", escape(record.name)), told), picture)


def _badge(word: str, text: str) -> str:
    return tag("span", text, class_=f"badge {word}")


def _cards(record: Record) -> Iterator[str]:
    facts = record.facts
    yield _card("Groups", _groups(record))
    if "stack" in facts:
        yield _card("Stack", pictures.stack(facts["stack"]))
    matrix = _tls(record)
    if matrix:
        yield _card("TLS", matrix)
    if "latency" in facts:
        before = facts["latency"].get("before")
        told = (
            f"lines are intervals; the thin bars are those of {escape(before[0])}" if before else "lines are intervals"
        )
        yield _card("Latency", pictures.latency(facts["latency"]) + tag("p", told, class_="soft"))
    if "certificate" in facts:
        yield _card("Certificate", _certificate(facts["certificate"], record))
    if "stream" in facts:
        yield _card("A stream's pieces over time", pictures.stream(facts["stream"]))


def _certificate(certificate: Mapping[str, Any], record: Record) -> str:
    told = "; ".join((", ".join(certificate["names"][:6]), certificate["issuer"], certificate["key"]))
    return pictures.lifetime(certificate, record.begun) + tag("p", escape(told), class_="soft")


def _card(title: str, body: str) -> str:
    return f'<section class="card"><h2>{escape(title)}</h2>{body}</section>'


def _groups(record: Record) -> str:
    return tag("ul", *(_group(group, found) for group, found in record.groups.items()), class_="groups")


def _group(group: str, found: Sequence[Finding]) -> str:
    words = [finding.verdict.word for finding in found]
    counted = [(word, words.count(word)) for word in WORDS if word in words]
    shares = (tag("i", class_=word, style=f"width: {100 * number / len(words):.2f}%") for word, number in counted)
    told = ", ".join(f"{number} {word}" for word, number in counted)
    bar = tag("div", *shares, class_="bar", role="img", aria_label=told)
    return tag("li", tag("b", escape(group)), bar, tag("span", told, class_="soft"))


def _tls(record: Record) -> str:
    found = [finding for finding in record.findings if finding.check.group == "tls" and finding.verdict.word != "SKIP"]
    rows = [
        tag(
            "tr",
            tag("td", _badge(each.verdict.word, each.verdict.word)),
            tag("td", escape(each.check.title)),
            tag("td", escape(each.verdict.observed), class_="mono"),
        )
        for each in found
    ]
    matrix = _versions(record.facts.get("tls") or ())
    return matrix + tag("div", tag("table", tag("tbody", *rows)), class_="scroll") if rows else ""


def _versions(versions: Sequence[Mapping[str, Any]]) -> str:
    """A cell for each version: spoken or refused, and whether that is as it should be."""
    names = [tag("th", escape(each["name"]), scope="col") for each in versions]
    cells = [
        tag(
            "td",
            "spoken" if each["spoken"] else "refused",
            class_="kept" if each["spoken"] == each["wanted"] else "missing",
        )
        for each in versions
    ]
    return tag("table", tag("thead", tag("tr", *names)), tag("tbody", tag("tr", *cells))) if versions else ""


def _heat(headers: Mapping[str, Any] | None) -> str:
    if not headers:
        return ""
    columns = headers["columns"]
    turned = [tag("th", tag("span", escape(name)), class_="turned", scope="col") for name in columns]
    head = tag("thead", tag("tr", tag("th", "location", scope="col"), tag("th", "status", scope="col"), *turned))
    body = tag("tbody", *(_heat_row(row, columns) for row in headers["rows"]))
    title = "Locations by headers"
    table = tag("table", head, body, class_="heat")
    held = tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=title)
    legend = " ".join(_badge(kind, f"{MARKS[kind]} {text}") for kind, text in LEGEND)
    return tag("section", tag("h2", title), held, tag("p", legend), class_="card wide")


def _heat_row(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    cells = [_heat_cell(name, row["cells"][name]) for name in columns]
    title = f"{row['location']}, asked for {row['path']}"
    head = tag("th", escape(row["location"]), scope="row", class_="mono", title=title)
    return tag("tr", head, tag("td", str(row["status"])), *cells)


def _heat_cell(name: str, kind: str) -> str:
    return tag("td", MARKS[kind], class_=f"cell {kind}", title=f"{name}: {kind or 'not promised, not sent'}")


def _filters(record: Record) -> str:
    boxes = (_box(word, record.counts[word]) for word in WORDS)
    search = '<input type="search" placeholder="find; / comes here" aria-label="find in the findings">'
    return tag(
        "fieldset", tag("legend", "Findings"), *boxes, search, tag("span", id="shown", class_="soft", role="status")
    )


def _box(word: Word, number: int) -> str:
    checked = "" if word == "SKIP" else " checked"
    return tag("label", f'<input type="checkbox" name="word" value="{word}"{checked}> {word} ({number})')


def _findings(record: Record) -> Iterator[str]:
    for word in WORDS:
        found = [finding for finding in record.findings if finding.verdict.word == word]
        for _, same in groupby(found, key=lambda finding: finding.check.id):
            yield _block(list(same), word)


def _block(findings: Sequence[Finding], word: Word) -> str:
    check = findings[0].check
    rules = " ".join(
        f"<code>{escape(rule)}</code>"
        for rule in dict.fromkeys(rule for each in findings for rule in each.verdict.rules)
    )
    inner = "".join(_one(finding) for finding in findings)
    opened = " open" if word in ("FAIL", "ERROR") else ""
    count = f"{len(findings)} targets" if len(findings) > 1 else escape(findings[0].verdict.target)
    told = tag("b", check.id), tag("span", escape(check.title)), tag("span", count, class_="count")
    summary = tag("summary", _badge(word, word), *told)
    return f'<details data-word="{word}"{opened}>{summary}{tag("div", rules, inner)}</details>'


def _one(finding: Finding) -> str:
    verdict = finding.verdict
    rows = [
        ("at", verdict.target),
        ("promised", verdict.promised),
        ("from", verdict.place),
        ("observed", verdict.observed),
    ]
    rows += [("to mend", verdict.mend), ("seen", "\n".join(verdict.evidence))]
    rows += [("put off", f"until {finding.known_until}")] if finding.known_until else []
    rows += [("flaky", "the network gave way once; asked again")] if finding.flaky else []
    told = "".join(f"<dt>{name}</dt><dd{_mono(name)}>{escape(value)}</dd>" for name, value in rows if value)
    return f"<dl>{told}</dl>"


def _mono(name: str) -> str:
    return ' class="mono"' if name in ("seen", "at", "from") else ""
