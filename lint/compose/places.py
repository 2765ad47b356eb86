"""Where a part of a scalar's text stands in the file."""

from __future__ import annotations

from collections.abc import Iterator

from ..envfile.interpolation import Variable, parts_of
from ..place import Place
from ..record import dataclass
from .nodes import Mapping, Node, Scalar, Sequence


@dataclass(frozen=True, eq=False)
class Use:
    """One use of a variable in a file: the parsed *variable*, its *place*, and the *scalar* it stands in."""

    variable: Variable
    place: Place
    scalar: Scalar

    @property
    def name(self) -> str:
        """The variable's name."""
        return self.variable.name

    @property
    def default(self) -> str | None:
        """The default as written, or None where there is none."""
        if not self.variable.has_default:
            return None
        start = self.variable.start + len("${") + len(self.variable.name) + len(self.variable.operator)
        return self.scalar.text[start : self.variable.end - 1]


def part_place(scalar: Scalar, start: int, end: int) -> Place:
    """
    The place of the characters of ``scalar.text`` from *start* to before *end*.

    Where escapes or folded lines hide it, it is the place of the same characters counted from the left,
    and at worst that of the whole scalar.
    """
    written = scalar.source.body[scalar.start : scalar.end]
    quote = 1 if scalar.style in ("'", '"') else 0
    if written[quote : len(written) - quote] == scalar.text:
        offset = scalar.start + quote
        return scalar.source.place(offset + start, offset + end)
    piece = scalar.text[start:end]
    index = -1
    for _ in range(scalar.text.count(piece, 0, start) + 1 if piece else 0):
        index = written.find(piece, index + 1)
        if index < 0:
            break
    if index < 0:
        return scalar.place
    return scalar.source.place(scalar.start + index, scalar.start + index + len(piece))


def uses(scalar: Scalar) -> Iterator[Use]:
    """Every variable in *scalar*, those inside defaults too, in the order of the text."""
    if "$" in scalar.text:
        for variable in parts_of(scalar.text).variables():
            yield Use(variable, part_place(scalar, variable.start, variable.end), scalar)


def written_scalars(node: Node) -> list[Scalar]:
    """The scalars of the file that *node* was made of, each once, in order."""
    found: dict[int, Scalar] = {}
    waiting: list[Node] = [node]
    while waiting:
        last = waiting.pop()
        if isinstance(last, Mapping):
            waiting += reversed(last.children.values())
        elif isinstance(last, Sequence):
            waiting += reversed(last.items)
        elif last.origin:
            waiting += reversed(last.origin)
        else:
            found[id(last)] = last
    return list(found.values())
