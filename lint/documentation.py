"""The reference of the rules: a page for each, made from the rule itself."""

from __future__ import annotations

from .rule import Example, Rule


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
        return f"```\n{example.rstrip()}\n```"
    return "\n\n".join(f"`{name}`:\n\n```\n{text.rstrip()}\n```" for name, text in example.items())
