"""Proof that edits changed what they were to change and nothing else."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .family import Model
from .finding import Edit
from .place import Place
from .source import Source

Unit = tuple[object, int, int]
"""Something with a meaning of its own, and the offsets of the text that says it."""

Span = tuple[int, int]
"""From an offset up to, not including, another."""


def keeps_rest(family: str, before: Sequence[Model], after: Sequence[Model], edits: Sequence[Edit]) -> bool:
    """
    Whether everything outside the *edits* means what it did.

    The files of each model are cut into units: tokens of nginx, instructions of a Dockerfile, settings of an env file,
    keys and values of YAML. Those outside the edits must be the same before and after, in the same order.
    """
    old, new = (
        {path: units for model in models for path, units in _UNITS[family](model)} for models in (before, after)
    )
    texts = {path: text for model in before for path, text in model.files.items()}
    for path in {edit.place.path for edit in edits} & (set(old) | set(new)):
        removed, made = _spans(Source(texts.get(path, ""), path), [edit for edit in edits if edit.place.path == path])
        if _outside(old.get(path, ()), removed) != _outside(new.get(path, ()), made):
            return False
    return True


def _spans(source: Source, edits: Sequence[Edit]) -> tuple[list[Span], list[Span]]:
    """What the edits take out of the text before, and where the text after holds what they put in."""
    removed: list[Span] = []
    made: list[Span] = []
    shift = 0
    for (start, end), text in sorted((_offsets(source, edit.place), edit.text) for edit in edits):
        length = _length(text, "\r\n" in source.text)
        removed.append((start, end))
        made.append((start + shift, start + shift + length))
        shift += length - (end - start)
    return removed, made


def _length(text: str, is_windows: bool) -> int:
    """How long *text* becomes in a file with such line ends."""
    text = text.replace("\r\n", "\n") if is_windows else text
    return len(text) + (text.count("\n") if is_windows else 0)


def _outside(units: Sequence[Unit], spans: Sequence[Span]) -> list[object]:
    starts = [start for start, _ in spans]
    return [meaning for meaning, start, end in units if not _is_touched(start, end, spans, starts)]


def _is_touched(start: int, end: int, spans: Sequence[Span], starts: Sequence[int]) -> bool:
    last = bisect_left(starts, end) - 1
    return last >= 0 and start < spans[last][1]


def _offsets(source: Source, place: Place) -> Span:
    return source.offset(place.line, place.column), source.offset(place.end_line, place.end_column)


def _of_nginx(config: Any) -> Iterator[tuple[str, list[Unit]]]:
    for file in config.sources:
        ranges = zip(file.starts, file.ends, strict=True)
        # An empty one stands for what the lexer had to add.
        yield file.path, [(file.text[start:end], start, end) for start, end in ranges if start < end]


def _of_env(env: Any) -> Iterator[tuple[str, list[Unit]]]:
    (path,) = env.files
    yield path, [((entry.name, entry.value), *entry.statement) for entry in env.entries]


def _of_dockerfile(dockerfile: Any) -> Iterator[tuple[str, list[Unit]]]:
    ((path, text),) = dockerfile.files.items()
    source, units = Source(text, path), []
    for instruction in dockerfile.instructions:
        start, end = _offsets(source, instruction.place)
        units.append((text[start:end], start, end))
    yield path, units


def _of_compose(project: Any) -> Iterator[tuple[str, list[Unit]]]:
    for path, text in project.files.items():
        if path.endswith((".yml", ".yaml")):
            yield path, _of_yaml(text)


def _of_yaml(text: str) -> list[Unit]:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only an edit of YAML needs it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    body = text.removeprefix("\ufeff")
    try:
        root = YAML(typ="safe").compose(body)
    except (YAMLError, ValueError):
        return []
    return list(_of_node(root, (), len(text) - len(body), set()))


def _of_node(node: Any, keys: tuple[str, ...], shift: int, seen: set[int]) -> Iterator[Unit]:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node.value, str):
        yield _leaf(node, keys, shift)
    elif node.id == "sequence":
        for item in node.value:
            yield from _of_node(item, (*keys, "-"), shift, seen)
    else:
        for key, value in node.value:
            name = key.value if isinstance(key.value, str) else "?"
            yield from _of_node(key, (*keys, ":"), shift, seen)
            yield from _of_node(value, (*keys, name), shift, seen)


def _leaf(node: Any, keys: tuple[str, ...], shift: int) -> Unit:
    """By index: YAML ends lines at more characters than `Source` does."""
    return (keys, node.tag, node.value), node.start_mark.index + shift, node.end_mark.index + shift


_UNITS: Mapping[str, Callable[[Any], Iterator[tuple[str, list[Unit]]]]] = {
    "nginx": _of_nginx,
    "compose": _of_compose,
    "dockerfile": _of_dockerfile,
    "env": _of_env,
}
