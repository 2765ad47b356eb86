"""Real sets of files of every family, with accidents in them: what the linter must take without harm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random

import fairlead
from fairlead.lint.discovery import Catalogue
from fairlead.lint.examples import marks_of
from fairlead.lint.family import EXAMPLE_NAMES

ROOT = Path(fairlead.__file__).resolve().parent
Texts = dict[str, str]

SECRET = "Zk7xQ2mW9vB4tR8p"
"""What is planted; no report may show it."""

HALVES = {"nginx": ("nginx",), "others": ("compose", "dockerfile", "env", "stack")}
"""The two campaigns, each with its families."""

_OWN = {
    "nginx": ("docker/nginx.conf", "docker/nginx.frontend.conf", "docker/snippets/site.conf"),
    "others": (
        "docker/docker-compose.yml",
        "docker/docker-compose.prod.yml",
        "docker/Dockerfile",
        "docker/Dockerfile.frontend.prod",
        "docker/docker.env.example",
    ),
}
_OWN_SHARE = 0.003
"""Our own stack is larger than the examples, so it comes seldom."""

_PIECES = (
    "{", "}", ";", '"', "'", "\\", "#", "\n", "\r\n", "\r", "\t", " ", "\0", "\x1f", "\x85", "\xa0", "\u3000", "\ufeff",
    "\u2028", "é", "😀", "\ud800", "$", "$$", "${", "${A:-", "${A:?", "$(", "`", "{{", "}}", "[", "]", "(", ")", ":",
    "=", ",", "-", "&&", "|", ">", "<", "@", "%", "*", "?", "0x", "1e999", "-1", "99999999999999999999", "0" * 30,
    "a" * 300,
    "# fairlead: ignore[", "# fairlead: ignore[*] x",
)  # fmt: skip
_FAMILY_PIECES = {
    "nginx": (
        "include nginx.conf;", "include *;", "include /dev/zero;", "if ($a) {", "location ~ (((( {",
        "location ~ (a+)+$ {", "location ~* \\.(a|b)(?!c) {", "map $a $b {", "content_by_lua_block {", "types {",
        "server {", "http {", "location / {", "return 301 $uri;", "add_header A b;", "set $a $b;", "[[", "]]", "--[[",
        "~*^", "(?<a>", "(?i)", "[^", "\\x", "{1,}",
    ),
    "compose": (
        "- ", "&a ", "*a", "<<: *a", "<<: [*a, *b]", "!reset ", "!override ", "!x ", "!!str ", "|", "|-\n", ">",
        "---\n", "...", "? ", "services:", "  web:\n", "extends: {file: docker-compose.yml, service: web}",
        "include: [docker-compose.yml]", "x-a: ", "null", "~", "yes", "0o17", "1_000", "2026-01-01", ".inf", "{}", "[]",
        "{a: b}", "\"80:80\"", "deploy: ", "build: .", "environment:", "secrets:",
    ),
    "dockerfile": (
        "\\\n", "<<EOF", "<<-'E'", "EOF\n", '["', '"]', "# escape=`\n", "# syntax=x\n", "--from=",
        "--mount=type=cache,target=", "--mount=type=secret,id=", "FROM ", "ONBUILD ", "RUN ", "ENV A=", "COPY ", "ARG ",
        "HEALTHCHECK ", "CMD [", "case x in a) ", ";;", "esac", "if true; then ", "fi", "((", "))", "{", "<<",
        "${A##*/}", "${A//b/c}", "[[ ", " ]]", "a=(", "apt-get install ", "--chmod=", "USER ",
    ),
    "env": ("export ", "export", "\\n", "\\0123", " #", "A=$A", "\\$", "A=", "A:", "'\n", '"\n'),
}  # fmt: skip

_PLANTED = {
    "nginx": (
        f'proxy_set_header Authorization "Bearer {SECRET}";',
        f"set $api_token {SECRET};",
        f"# password: {SECRET}",
    ),
    "compose": (
        f"      DB_PASSWORD: {SECRET}",
        f"      - DB_PASSWORD={SECRET}",
        f"      DATABASE_URL: mysql://app:{SECRET}@db/app",
        f"    command: [redis-server, --requirepass, {SECRET}]",
        f"password: '{SECRET}'",
    ),
    "dockerfile": (
        f"ENV DB_PASSWORD={SECRET}",
        f"ARG API_TOKEN={SECRET}",
        f"RUN curl -H 'Authorization: Bearer {SECRET}' https://example.com/",
        f"RUN git clone https://x:{SECRET}@example.com/a.git",
    ),
    "env": (f"DB_PASSWORD={SECRET}", f"export API_TOKEN='{SECRET}'", f"DATABASE_URL=mysql://app:{SECRET}@db/app"),
}


def family_of(name: str) -> str:
    """The family whose pieces break the file *name* best."""
    base = name.rpartition("/")[2].lower()
    if "dockerfile" in base:
        return "dockerfile"
    if base.endswith((".yml", ".yaml")):
        return "compose"
    return "nginx" if base.endswith(".conf") else "env"


@cache
def seeds(half: str) -> tuple[Mapping[str, str], ...]:
    """The examples of all rules of the families of *half*, each a set of files by name."""
    found = []
    for family in HALVES[half]:
        for rule in Catalogue().family(family):
            for example in (*rule.bad, *rule.good):
                texts, _ = marks_of({EXAMPLE_NAMES[family]: example} if isinstance(example, str) else dict(example))
                found.append(texts)
    return tuple(found)


@cache
def _own(half: str) -> Mapping[str, str]:
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in _OWN[half]}


def texts_of(half: str, seed: int, number: int) -> Texts:
    """Input *number* of the campaign *half*; the same for the same *seed*."""
    chance = Random(f"{half} {seed} {number}")
    known = seeds(half)
    texts = dict(_own(half) if chance.random() < _OWN_SHARE else chance.choice(known))
    if chance.random() < 0.1:
        texts |= chance.choice(known)
    names = sorted(texts)
    for name in chance.sample(names, min(len(names), chance.choice((1, 1, 2)))):
        texts[name] = _mutated(name, texts[name], known, chance)
    return texts


def _mutated(name: str, text: str, known: tuple[Mapping[str, str], ...], chance: Random) -> str:
    family = family_of(name)
    pieces = _PIECES + _FAMILY_PIECES[family] * 2
    for _ in range(chance.randint(1, 6)):
        text = _after_an_accident(text, pieces, known, chance)
    if chance.random() < 0.3:
        lines = text.split("\n")
        lines.insert(chance.randint(0, len(lines)), chance.choice(_PLANTED[family]))
        text = "\n".join(lines)
    return text


def _after_an_accident(text: str, pieces: tuple[str, ...], known: tuple[Mapping[str, str], ...], chance: Random) -> str:
    at = chance.randint(0, len(text))
    end = min(len(text), at + chance.choice((0, 1, 3, 20, 200)))
    kind = chance.choice(("gone", "again", "swapped", "mixed", "cut", "replaced", "added", "added", "added"))
    if kind == "swapped":
        lines = text.split("\n")
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return "\n".join(lines)
    if kind == "cut" and chance.random() < 0.3:
        return text[:at]
    if kind == "added":
        end = at
    return text[:at] + _instead(kind, text[at:end], pieces, known, chance) + text[end:]


def _instead(
    kind: str, piece: str, pieces: tuple[str, ...], known: tuple[Mapping[str, str], ...], chance: Random
) -> str:
    """What stands where *piece* stood."""
    if kind == "again":
        return piece * chance.choice((2, 2, 2, 40))
    if kind == "mixed":
        other = chance.choice(list(chance.choice(known).values()))
        start = chance.randint(0, len(other))
        return other[start : start + chance.randint(1, 60)]
    return "" if kind == "gone" else chance.choice(pieces)


def inputs(half: str, count: int, seed: int) -> Iterator[Texts]:
    """The first *count* inputs of *half*."""
    return (texts_of(half, seed, number) for number in range(count))
