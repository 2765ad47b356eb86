"""Two revisions' statements to what changed, the gravest first, each change once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ..record import dataclass
from ..report.masking import masked
from .statement import Statement
from .words import sentence

IsSecret = Callable[[str], bool]
PARTS = ("nginx", "service", "stack", "image", "env")


@dataclass(frozen=True)
class Change:
    """
    One change of behaviour.

    Attributes:
        subjects: Everything that changes in the same way; locations of one server, or several services.
        before: What held, or None where nothing did; of a secret a mask.
        after: What holds now, or None.
        words: The whole change in one sentence, without a full stop.
    """

    part: str
    subjects: tuple[str, ...]
    aspect: str
    before: str | None
    after: str | None
    words: str


def changes(old: Iterable[Statement], new: Iterable[Statement], is_secret: IsSecret) -> list[Change]:
    """
    What differs between the statements of two revisions.

    Args:
        is_secret: Whether a variable of that name holds a secret, whose value is never said.
    """
    old, new = list(old), list(new)
    said = {statement.key: statement.said for statement in (*old, *new) if statement.said}
    before, after = _by_key(old), _by_key(new)
    found = dict.fromkeys(key for key in (*before, *after) if before.get(key) != after.get(key))
    kept = [key for key in found if not _is_told_by_its_subject(key, before, after)]
    grouped: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for key in kept:
        grouped.setdefault((key[0], said.get(key, key[2]), before.get(key), after.get(key)), []).append(key[1])
    made = [_change(key, subjects, is_secret) for key, subjects in grouped.items()]
    return sorted(
        made, key=lambda change: (PARTS.index(change.part), change.aspect != "", change.subjects, change.aspect)
    )


def _by_key(found: Iterable[Statement]) -> dict[tuple[str, str, str], str]:
    return {statement.key: statement.value for statement in found}


def _is_told_by_its_subject(
    key: tuple[str, str, str], before: Mapping[tuple[str, str, str], str], after: Mapping[tuple[str, str, str], str]
) -> bool:
    """Of a subject that came or went, that alone is told, and what is public about it."""
    part, subject, aspect = key
    whole = (part, subject, "")
    came_or_went = (whole in before) != (whole in after)
    is_public = "public" in (after.get(key) or "") and aspect.startswith("port ")
    return came_or_went and aspect != "" and not is_public


def _change(key: tuple[str, str, str | None, str | None], subjects: list[str], is_secret: IsSecret) -> Change:
    part, aspect, before, after = key
    name = aspect.rpartition(".")[2].rpartition(" ")[2]
    named_so = part == "env" or (part in ("service", "image") and is_secret(name))
    if named_so or _looks_secret(before) or _looks_secret(after):
        before, after = _mask(before), _mask(after)
    named = tuple(_outermost(sorted(subjects)))
    return Change(part, named, aspect, before, after, sentence(part, named, aspect, before, after))


def _looks_secret(value: str | None) -> bool:
    return value is not None and masked(value, 1, ()) != value


def _mask(value: str | None) -> str | None:
    return "***" if value else value


def _outermost(subjects: list[str]) -> Iterator[str]:
    """Without the locations whose server changes in the same way."""
    for subject in subjects:
        if not any(subject != other and subject.startswith(f"{other} ") for other in subjects):
            yield subject
