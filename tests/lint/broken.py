"""Broken inputs: real texts of every family, mutated, and what must hold whatever they are."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import fairlead
from fairlead.lint.discovery import Catalogue
from fairlead.lint.engine import Outcome, Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.fix import Mender
from fairlead.lint.recognition import FAMILIES, family_by_name
from fairlead.lint.report import FORMATS, Results, report
from fairlead.lint.selection import Selection

ROOT = Path(fairlead.__file__).resolve().parent
NAMES = {"nginx": "nginx.conf", "compose": "docker-compose.yml", "dockerfile": "Dockerfile", "env": ".env"}
SETUP = Setup(Catalogue(), Selection("strict", select=("*",)))

PIECES = (
    "{",
    "}",
    ";",
    '"',
    "'",
    "\\",
    "#",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\0",
    "$",
    "${",
    "${A:-",
    "}",
    "{{",
    "}}",
    "[",
    "]",
    ":",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "!reset ",
    "!x ",
    "|",
    ">",
    "---\n",
    "...",
    "? ",
    "@",
    "%",
    "`",
    "\ufeff",
    "\u2028",
    "é",
    "😀",
    "\ud800",
    "a" * 300,
    "include nginx.conf;",
    "include *;",
    "include /dev/zero;",
    "if ($a) {",
    "location ~ (((( {",
    "location ~ (a+)+$ {",
    "map $a $b {",
    "content_by_lua_block {",
    "types {",
    "FROM ",
    "<<EOF",
    "EOF\n",
    "# syntax=x\n",
    "# escape=`\n",
    "RUN --mount=",
    "ONBUILD ",
    "COPY --from=",
    "export ",
    "=",
    "services:",
    "extends: {file: docker-compose.yml, service: web}",
    "include: [docker-compose.yml]",
    "0x",
    "1e999",
    "-1",
    "99999999999999999999",
    "# fairlead: ignore[",
    "# fairlead: ignore[*] x",
)


def seeds() -> list[tuple[str, str]]:
    """Real texts with their family: our own stack's files, and the examples of all rules."""
    own = [(family_by_name(str(path)), path) for path in sorted((ROOT / "docker").glob("**/*")) if path.is_file()]
    found = [(family, path.read_text(encoding="utf-8")) for family, path in own if family]
    for rule in SETUP.catalogue.all():
        found += [(rule.family, text) for text in (*rule.bad, *rule.good) if isinstance(text, str)]
    return [(family, text) for family, text in found if family in FAMILIES]


def mutated(text: str, random: random.Random) -> str:
    """*text* with up to six accidents."""
    for _ in range(random.randint(1, 6)):
        at, end = sorted(random.randint(0, len(text)) for _ in range(2))
        end = min(end, at + random.choice((1, 3, 20, 500)))
        match random.randrange(6):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + random.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + random.choice(PIECES) + text[end:]
            case 3:
                text = text[:at] + text[at:end] * random.choice((2, 2, 40)) + text[end:]
            case 4:
                lines = text.split("\n")
                random.shuffle(lines)
                text = "\n".join(lines)
            case _:
                text = text[:at]
    return text


def inputs(count: int, seed: int) -> Iterator[dict[str, str]]:
    """*count* sets of one to three files, the same for the same *seed*."""
    chance, all_seeds = random.Random(seed), seeds()
    for _ in range(count):
        chosen = chance.sample(all_seeds, chance.choice((1, 1, 1, 2, 3)))
        yield {NAMES[family]: mutated(text, chance) for family, text in chosen}


def faults(texts: Mapping[str, str]) -> list[str]:
    """What went wrong with linting, reporting and mending *texts*; empty when all held."""
    files = Files(texts, only_overlay=True)
    paths = {family: [name] for family, name in NAMES.items() if name in texts}
    outcome = lint(paths, files, SETUP)
    wrong = [*outcome.failures, *_misplaced(outcome)]
    results = Results(outcome.findings, outcome.texts, {})
    json.loads(report("json")(results))
    for name in FORMATS:
        report(name)(results).encode("utf-8", "strict")
    mending = Mender(paths, files, SETUP, is_unsafe=True).mend(outcome)
    after = lint(paths, Files({**texts, **mending.after}, only_overlay=True), SETUP)
    if len(after.findings) > len(outcome.findings):
        wrong.append("mending left more findings than there were")
    return wrong + after.failures


def _misplaced(outcome: Outcome) -> Iterator[str]:
    lengths = {path: [len(line) + 1 for line in text.split("\n")] for path, text in outcome.texts.items()}
    for finding in outcome.findings:
        place, lines = finding.place, lengths.get(finding.place.path)
        if lines is None:
            yield f"{finding}: in a file that was not read"
        elif not (1 <= place.line <= place.end_line <= len(lines)):
            yield f"{finding}: line {place.line} to {place.end_line} of {len(lines)}"
        elif not (
            1 <= place.column <= lines[place.line - 1] + 1 and 1 <= place.end_column <= lines[place.end_line - 1] + 1
        ):
            yield f"{finding}: columns {place.column} to {place.end_column} of {lines[place.line - 1]}"
        elif (place.line, place.column) > (place.end_line, place.end_column):
            yield f"{finding}: ends before it starts"
