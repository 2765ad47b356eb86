"""Dockerfiles and env files that went wrong: the examples of all rules, with pieces cut, doubled and mixed in."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from hypothesis import strategies as st

from fairlead.lint.discovery import Catalogue
from fairlead.lint.examples import marks_of

PIECES = {
    "dockerfile": (
        "\\\n", "\\", "\n", "\r\n", "\0", "\ufeff", "<<EOF", "<<-'E'", "EOF\n", '["', '"]', "'", '"', "${", "}", "$",
        "$(", "`", "#", "# escape=`\n", "--from=", "--mount=type=cache,target=", "FROM ", "ONBUILD ", "RUN ", "ENV A=",
        "HEALTHCHECK ", "CMD [", ",", "=", " ", "\t", "é", "\U0001f600", "&&", "|", "case x in a) ", ";;", "esac",
        "if true; then ", "fi", "((", "))", "{", "<<", ">", "\u2028", "0" * 30, "\\u0000", "%", "${A##*/}", "${A//b/c}",
        "${A:-", "[[ ", " ]]", "a=(", "\x1f",
    ),
    "env": (
        "\n", "\r\n", "\r", "\0", "\ufeff", "'", '"', "\\", "\\n", "\\0123", "${", "}", "$", "$$", "${A:-", "${A:?",
        "#", " #", "=", ":", "export ", "export", " ", "\t", "é", "\U0001f600", "\u3000", "\x85", "\xa0", "A=$A", "\\$",
    ),
}  # fmt: skip
"""What each kind of file is most easily broken with."""


def seeds(family: str) -> list[str]:
    """The texts of the examples of all rules of *family*."""
    texts = []
    for rule in Catalogue().family(family):
        for example in (*rule.bad, *rule.good):
            files = example if isinstance(example, Mapping) else {"file": example}
            clean, _ = marks_of(dict(files))
            texts += [text for name, text in clean.items() if not name.startswith(".docker")]
    return sorted({text for text in texts if len(text) < 5000})


def mutated(text: str, family: str, others: list[str], random: Random) -> str:
    """*text* after a few accidents."""
    for _ in range(random.randint(1, 8)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.choice((0, 0, 1, 2, 5, 30)))
        kind = random.randint(0, 4)
        middle = random.choice(PIECES[family])
        if kind == 1:
            middle = ""
        elif kind == 2:
            middle = text[start:end] * 2
        elif kind == 3:
            other = random.choice(others)
            at = random.randint(0, len(other))
            middle = other[at : at + random.randint(1, 60)]
        text = text[:start] + middle + text[end:]
    return text


def texts(family: str) -> st.SearchStrategy[str]:
    """Mutated examples of *family*."""
    known = seeds(family)
    return st.builds(
        lambda text, random: mutated(text, family, known, random),
        st.sampled_from(known),
        st.randoms(use_true_random=False),
    )
