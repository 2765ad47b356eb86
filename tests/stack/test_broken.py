"""Stacks that somebody is in the middle of writing break no rule."""

from __future__ import annotations

import random
from pathlib import Path

from fairlead.lint.engine import Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.recognition import by_family, found_below
from fairlead.lint.selection import Selection

SEED = Path(__file__).parent / "seed"
ROUNDS = 60


def mutated(text: str, chance: random.Random) -> str:
    """*text* with lines lost, doubled, swapped, cut or filled with what does not belong there."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                lines[at] = ""
            case 1:
                lines.insert(at, chance.choice(lines))
            case 2:
                lines[at] = lines[at][: chance.randint(0, len(lines[at]))]
            case 3:
                lines[at] = lines[at].replace(":", " ", 1)
            case 4:
                lines[at] += chance.choice((" ${X}", " [", ' "', " {{ y }}", " \\", " &a *a", " 0", " ../../..", " $$"))
            case _:
                lines[at] = chance.choice(("null:", "- []", "FROM", "COPY", "proxy_pass;", "build: {}", "ports: [a:b]"))
    return "\n".join(lines)


def test_mutated_stacks_break_no_rule() -> None:
    texts = {path: Path(path).read_text() for path in found_below(str(SEED))}
    chance = random.Random(4)
    broken: dict[str, list[str]] = {}

    for number in range(ROUNDS):
        changed = {path: mutated(text, chance) if chance.random() < 0.5 else text for path, text in texts.items()}
        files = Files(changed)
        outcome = lint(by_family(texts, files), files, Setup(selection=Selection("strict", select=("stack",))))
        if outcome.failures:
            broken[f"round {number}"] = outcome.failures

    assert broken == {}
