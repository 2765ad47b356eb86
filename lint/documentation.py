"""
The reference of the rules: a page for each, made from the rule itself, and the table of other linters' checks.

``python -m fairlead.lint.documentation`` writes them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .discovery import Catalogue
from .rule import Example, Rule

Peers = Mapping[str, Mapping[str, Any]]
"""As in ``docs/peers.yaml``: for each peer its version, and its checks with why one is not covered."""


def page(rule: Rule) -> str:
    """The page of *rule*, in Markdown."""
    parts = [f"# {rule.id}", rule.documentation.replace("``", "`"), _facts(rule)]
    parts += ["## Reported", *map(_code, rule.bad)]
    if rule.fixed is not None:
        parts += [f"## Mended by `{_flags(rule)}`", "The first example becomes:", _code(rule.fixed)]
    parts += ["## Not reported", *map(_code, rule.good)]
    return "\n\n".join(parts) + "\n"


def _facts(rule: Rule) -> str:
    rows = {
        "severity": str(rule.severity),
        "preset": rule.preset,
        "mended by": f"`{_flags(rule)}`" if rule.fixable else "hand",
        "since": rule.since,
        "covers": ", ".join(f"`{name}`" for name in rule.covers) or "no check of another tool",
        "source": _linked(rule.source),
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def _flags(rule: Rule) -> str:
    return "--fix --unsafe-fixes" if rule.unsafe else "--fix"


def _linked(source: str) -> str:
    return f"<{source}>" if source.startswith("http") else source


def _code(example: Example) -> str:
    if isinstance(example, str):
        return _fenced(example)
    return "\n\n".join(f"`{name}`:\n\n{_fenced(text)}" for name, text in example.items())


def _fenced(text: str) -> str:
    visible = text.rstrip().replace("\0", "\\0").replace("\r", "\\r")
    return f"```\n{visible}\n```"


def pages(rules: Iterable[Rule], peers: Peers) -> dict[str, str]:
    """Every generated page, by its path from the root of the repository."""
    listed = list(rules)
    return {
        **{rule.docs: page(rule) for rule in listed},
        "docs/rules/README.md": _index(listed),
        "docs/peers.md": _peers(listed, peers),
    }


def _index(rules: Sequence[Rule]) -> str:
    lines = [
        "# Rules",
        "",
        "Made from the rules by `python -m fairlead.lint.documentation`; the examples on each page are run as tests.",
    ]
    for family in dict.fromkeys(rule.family for rule in rules):
        lines += ["", f"## {family}", "", "| rule | severity | preset | mended | |", "|---|---|---|---|---|"]
        lines += [_row(rule) for rule in rules if rule.family == family]
    return "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    mended = ("unsafe" if rule.unsafe else "yes") if rule.fixable else ""
    title = rule.title.replace("``", "`").replace("|", "\\|")
    return f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.preset} | {mended} | {title} |"


def _peers(rules: Sequence[Rule], peers: Peers) -> str:
    covering: dict[str, list[Rule]] = {}
    for rule in rules:
        for name in rule.covers:
            covering.setdefault(name, []).append(rule)
    lines = [
        "# What other linters check, and which rule covers it",
        "",
        "Made by `python -m fairlead.lint.documentation` from `docs/peers.yaml` and the rules.",
    ]
    for peer, facts in peers.items():
        names = [f"{peer}:{check}" for check in facts["checks"]]
        covered = len([name for name in names if name in covering])
        lines += ["", f"## {peer}", "", f"{facts['version']}: {covered} of {len(names)} covered.", ""]
        lines += ["| check | rule |", "|---|---|"]
        lines += [_peer_row(peer, check, why, covering) for check, why in facts["checks"].items()]
    return "\n".join(lines) + "\n"


def _peer_row(peer: str, check: str, why: str | None, covering: Mapping[str, Sequence[Rule]]) -> str:
    rules = ", ".join(f"[{rule.id}](rules/{rule.id}.md)" for rule in covering.get(f"{peer}:{check}", ()))
    return f"| `{check}` | {rules or (f'not covered: {why}' if why else 'not covered')} |"


def write(root: Path) -> None:
    """Makes the pages below *root* anew, and deletes those of rules that are gone."""
    from .data import load_yaml  # noqa: PLC0415 - `page` alone is what a run needs

    source = root / "docs" / "peers.yaml"
    made = pages(Catalogue().all(), load_yaml(source.read_text(encoding="utf-8"), str(source)))
    for old in (root / "docs" / "rules").glob("**/*.md"):
        if old.relative_to(root).as_posix() not in made:
            old.unlink()
    for name, text in made.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent.parent)
