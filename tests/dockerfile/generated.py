"""Values with every form of variable, quote and escape, made at random."""

from __future__ import annotations

from random import Random

NAMES = ("ONE", "NONE", "EMPTY", "PATHS")
PLAIN = ("a", "B9", "x_y", "-", ".", "/", "a/b", "=", "#", "%", "ü", "*", "?", "!", ",", "+", ":", "@")
SINGLE = ("a b", "$ONE", "\\", '"', "a\\b", "")
DOUBLE = ("a b", "$ONE", "'", '\\"', "\\$ONE", "\\\\", "a\\b", "${ONE}x", "")
PATTERNS = ("*/", "/*", "a", "?", "*", "a*", "*c", "*b*")


def value(random: Random, depth: int = 0) -> str:
    """A value of one to four pieces, with variables inside defaults down to three levels."""
    return "".join(_piece(random, depth) for _ in range(random.randint(1, 4)))


def _piece(random: Random, depth: int) -> str:
    name = random.choice(NAMES)
    pieces = [
        random.choice(PLAIN),
        random.choice(PLAIN),
        f"${name}",
        f"${{{name}}}",
        "'" + random.choice(SINGLE) + "'",
        '"' + random.choice(DOUBLE) + '"',
        "\\" + random.choice("$\"'\\a "),
        "${PATHS" + random.choice(("#", "##", "%", "%%")) + random.choice(PATTERNS) + "}",
        "${PATHS" + random.choice(("/", "//")) + random.choice("ba") + "/" + random.choice(("x", "", "yy")) + "}",
        "$" + random.choice(".-/,"),
    ]
    if depth < 3:
        pieces.append("${" + name + random.choice((":-", "-", ":+", "+")) + value(random, depth + 1) + "}")
    return random.choice(pieces)


def values(seed: int, count: int) -> list[str]:
    """*count* values; none ends in an escape, which would join the next line to it."""
    random = Random(seed)
    found: list[str] = []
    while len(found) < count:
        made = value(random)
        if not made.endswith("\\"):
            found.append(made)
    return found
