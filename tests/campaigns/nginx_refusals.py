"""
Shows faulty configurations to real nginx and to the linter, and counts where they differ.

A whole configuration is changed in one place: a word left out, doubled, misspelt or put elsewhere, a line moved. nginx
refuses two of three; what the linter misses is listed, and what it calls refused though nginx takes it.

``python -m fairlead.tests.campaigns.nginx_refusals [COUNT] [SEED]``; FAIRLEAD_NGINX names another nginx.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fairlead.lint.engine import Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.finding import Finding, Severity
from fairlead.lint.selection import Selection
from fairlead.tests.nginx.served import nginx_binary

BASE = Path(__file__).with_name("refusals.conf")
WORD = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|[^\s;{}]+|[;{}]')
LETTERS = 'abz19.:/$_-"(){}[]=~*'
OUTSIDE = ("cannot load certificate", "host not found", "No such file", "open()", "getpwnam", "conflicting")
"""What only the machine knows: files, names, users."""


def changed(text: str, rng: random.Random) -> str:
    """*text* with one change."""
    word, kind = rng.choice(list(WORD.finditer(text))), rng.randrange(9)
    start, end, said = word.start(), word.end(), word.group()
    at = rng.randrange(len(said))
    words = {
        0: "",
        1: f"{said} {said}",
        2: rng.choice(WORD.findall(text)),
        3: said[:at] + said[at + 1 :],
        4: said[:at] + rng.choice(LETTERS) + said[at:],
        5: said.upper(),
    }
    if kind in words:
        return text[:start] + words[kind] + text[end:]
    lines = text.split("\n")
    line = lines.pop(rng.randrange(len(lines)))
    if kind > 6:
        lines.insert(rng.randrange(len(lines)), line)
    return "\n".join(lines)


def refusal(folder: Path, text: str) -> str:
    """What ``nginx -t`` says against *text*; nothing where it is content."""
    path = folder / "nginx.conf"
    path.write_text(text.replace("FOLDER", str(folder)))
    command = [nginx_binary(), "-t", "-q", "-p", str(folder), "-c", str(path), "-e", str(folder / "error.log")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return next((line for line in said.stderr.split("\n") if "[emerg]" in line), "") if said.returncode else ""


def errors(text: str) -> list[Finding]:
    """The errors that the linter finds."""
    files = Files({"nginx.conf": text}, only_overlay=True)
    found = lint({"nginx": ["nginx.conf"]}, files, Setup(selection=Selection("strict"))).findings
    return [finding for finding in found if finding.severity is Severity.ERROR]


def differences(folder: Path, count: int, seed: int) -> Iterator[tuple[str, bool, bool]]:
    """For each change: what is to be told, whether nginx refused, and whether that is a difference."""
    base, rng = BASE.read_text(), random.Random(seed)
    for _ in range(count):
        text = changed(base, rng)
        said, found = refusal(folder, text), errors(text)
        claims = [finding for finding in found if "does not start" in finding.message]
        if said and not found and not any(words in said for words in OUTSIDE):
            yield f"missed: {said}", True, True
        else:
            yield f"false: {claims[0]}" if claims else "", bool(said), bool(claims) and not said


def main(count: int, seed: int) -> int:
    """Prints the differences and their number; 1 where there are any."""
    with tempfile.TemporaryDirectory() as name:
        results = list(differences(Path(name), count, seed))
    for told, _, differs in results:
        if differs:
            print(told)
    wrong = sum(differs for *_, differs in results)
    print(f"{count} changes, {sum(refused for _, refused, _ in results)} refused by nginx, {wrong} differences")
    return int(wrong > 0)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*(numbers + [1000, 1][len(numbers) :])))
