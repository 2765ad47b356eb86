"""A change of behaviour as one sentence for a person."""

from __future__ import annotations

import re

FRIENDLY = {
    "Strict-Transport-Security": "HSTS",
    "Content-Security-Policy": "its content security policy",
    "Cache-Control": "Cache-Control",
}
PERIODS = ((31_536_000, "a year"), (2_592_000, "a month"), (604_800, "a week"), (86_400, "a day"), (3_600, "an hour"))
LONGEST = 80


def sentence(part: str, subjects: tuple[str, ...], aspect: str, before: str | None, after: str | None) -> str:
    """What changed, in the words of what it does; *before* and *after* are None where nothing held or holds."""
    who = _joined(subjects)
    if part == "env":
        return _of_env(who, aspect, before, after)
    if not aspect:
        return _of_subject(who, before, after, several=len(subjects) > 1)
    special = {
        "header": _of_header,
        "port": _of_port,
        "image": _of_image,
        "base": _of_image,
        "steps": _of_steps,
        "context": _of_steps,
        "network": _of_network,
    }
    kind = aspect.rpartition(": ")[2].partition(" ")[0]
    if kind in special:
        return special[kind](who, aspect, before, after)
    return _of_setting(who, aspect, before, after)


def _of_subject(who: str, before: str | None, after: str | None, *, several: bool) -> str:
    if before is None:
        return f"{who} {'are' if several else 'is'} new" + (f", {after}" if after in ("required", "optional") else "")
    if after is None:
        return f"{who} {'are' if several else 'is'} gone"
    return f"{who.removeprefix('variable ')} is now {after}"


def _of_header(who: str, aspect: str, before: str | None, after: str | None) -> str:
    name = aspect.removeprefix("header ")
    friendly = FRIENDLY.get(name, name)
    if after is None:
        return f"{who} loses {friendly}" + (f" ({_short(before)})" if name == "Cache-Control" else "")
    if name == "Cache-Control" and (period := _period(after)) and period != _period(before or ""):
        return f"{who} becomes cacheable for {period} ({_short(after)})"
    if before is None:
        return f"{who} gains {friendly}: {_short(after)}"
    now, then = _around(after, before)
    return f"{who} sends {friendly} {now}, before {then}"


def _of_port(who: str, aspect: str, before: str | None, after: str | None) -> str:
    port = aspect.removeprefix("port ").removesuffix("/tcp")
    if after is None:
        return f"{who}: port {port} is no longer published"
    reach, _, where = after.partition(" ")
    if reach == "public" and not (before or "").startswith("public"):
        return f"{who}: {port} becomes public, on {where}"
    if reach != "public" and (before or "").startswith("public"):
        return f"{who}: {port} is no longer public, only on {where}"
    return f"{who}: port {port} is published on {where}" + (f", before {before.partition(' ')[2]}" if before else "")


def _of_image(who: str, aspect: str, before: str | None, after: str | None) -> str:
    stage, _, what = aspect.rpartition(": ")
    what = f"{what} of {stage}" if stage else what
    return f"{who}: the {what} changes from {before or 'none'} to {after or 'none'}"


def _of_network(who: str, aspect: str, _: str | None, after: str | None) -> str:
    return f"{who} {'joins' if after is not None else 'leaves'} {aspect}"


def _of_steps(who: str, aspect: str, _: str | None, __: str | None) -> str:
    if aspect == "context":
        return f"{who} is built from other files: its list of those left out changes"
    stage = aspect.rpartition(": ")[0]
    return f"{who} is built differently" + (f" ({stage})" if stage else "")


def _of_env(who: str, aspect: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{who} gains {aspect}"
    if after is None:
        return f"{who} loses {aspect}"
    return f"{who}: {aspect} has another value"


def _of_setting(who: str, aspect: str, before: str | None, after: str | None) -> str:
    name = aspect.removeprefix("environment.")
    if before == "***" or after == "***":
        return f"{who}: {name} changes (a secret, not shown)"
    if "is there" in (before, after):
        return f"{who}: {name} is {'new' if before is None else 'gone'}"
    if before is None:
        return f"{who}: {name} is now {_short(after)}"
    if after is None:
        return f"{who}: {name} {_short(before)} no longer holds"
    now, then = _around(after, before)
    return f"{who}: {name} {now}, before {then}"


def _period(value: str) -> str:
    found = re.search(r"max-age=(\d+)", value)
    if not found:
        return ""
    return next((words for seconds, words in PERIODS if int(found[1]) >= seconds), "")


def _joined(subjects: tuple[str, ...]) -> str:
    return subjects[0] if len(subjects) == 1 else f"{', '.join(subjects[:-1])} and {subjects[-1]}"


def _around(one: str, other: str) -> tuple[str, str]:
    """Two values in short; of long ones what follows the words that they have in common."""
    if len(one) <= LONGEST and len(other) <= LONGEST:
        return _short(one), _short(other)
    words, others = one.split(), other.split()
    same = next((at for at, pair in enumerate(zip(words, others, strict=False)) if pair[0] != pair[1]), 0)
    start = "... " if same else ""
    return _short(start + " ".join(words[same:])), _short(start + " ".join(others[same:]))


def _short(value: str | None) -> str:
    text = " ".join((value or "").split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
