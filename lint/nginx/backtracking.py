"""
Expressions whose matching takes twice as long with each further byte.

The expression becomes an automaton with a state for each byte it takes. Where a text leads from a state back to itself
in two ways, a matcher that goes back tries both, each time round: 2, 4, 8, ... attempts, all in vain when what follows
the text cannot match. Both are looked for, the text and what makes it fail, so that nothing is reported that a match
would end at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..record import dataclass, field
from .expressions import Bytes, Either, Group, Mark, Node, One, Repeat, Row, UnknownExpressionError, tree

_MOST_STATES = 120
_MOST_COPIES = 8
"""A part that is repeated more often than this is taken once: a bounded number of times is no endless repetition."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Blowup:
    """
    A text that shows it.

    Attributes:
        prefix: What leads to the repetition.
        pump: What is repeated, with two ways through it each time.
        end: What makes the match fail at last.
    """

    prefix: str
    pump: str
    end: str


@dataclass
class _Piece:
    """Part of an automaton: where it begins and ends, and whether it may be empty."""

    first: frozenset[int]
    last: frozenset[int]
    is_empty: bool


@dataclass
class Automaton:
    """
    Attributes:
        allowed: The bytes that lead into each state; state 0 is the start.
        following: The states after each.
        doubled: The steps that can be taken in two ways, such as by the inner and by the outer repetition of ``(a+)+``.
        ends: The states after which the expression may be over, if the text is.
        accepts: Those after which it is over whatever follows.
    """

    allowed: list[Bytes] = field(default_factory=lambda: [0])
    following: list[set[int]] = field(default_factory=lambda: [set()])
    doubled: set[Pair] = field(default_factory=set)
    ends: frozenset[int] = frozenset()
    accepts: frozenset[int] = frozenset()
    is_anchored: bool = False

    def step(self, states: Iterable[int], byte: int) -> frozenset[int]:
        return frozenset(
            after for state in states for after in self.following[state] if self.allowed[after] >> byte & 1
        )

    def add(self, node: Node) -> _Piece:
        if isinstance(node, One):
            return self._state(node.allowed)
        if isinstance(node, Group):
            return self.add(node.inner)
        if isinstance(node, Row):
            piece = _Piece(frozenset(), frozenset(), True)
            for part in node.parts:
                piece = self._joined(piece, self.add(part))
            return piece
        if isinstance(node, Either):
            pieces = [self.add(choice) for choice in node.choices]
            return _Piece(
                frozenset().union(*(piece.first for piece in pieces)),
                frozenset().union(*(piece.last for piece in pieces)),
                any(piece.is_empty for piece in pieces),
            )
        if isinstance(node, Repeat):
            return self._repeat(node)
        raise UnknownExpressionError("an anchor in the middle")

    def _state(self, allowed: Bytes) -> _Piece:
        self.allowed.append(allowed)
        self.following.append(set())
        if len(self.allowed) > _MOST_STATES:
            raise UnknownExpressionError("too long to be judged")
        state = frozenset({len(self.allowed) - 1})
        return _Piece(state, state, False)

    def _joined(self, one: _Piece, other: _Piece) -> _Piece:
        self._link(one.last, other.first)
        return _Piece(
            one.first | other.first if one.is_empty else one.first,
            one.last | other.last if other.is_empty else other.last,
            one.is_empty and other.is_empty,
        )

    def _repeat(self, node: Repeat) -> _Piece:
        piece = _Piece(frozenset(), frozenset(), True)
        copies = max(node.least, 1) if node.most is None else min(node.most, _MOST_COPIES)
        for index in range(min(copies, _MOST_COPIES)):
            part = self.add(node.inner)
            piece = self._joined(piece, _Piece(part.first, part.last, part.is_empty or index >= node.least))
            if node.most is None and index == copies - 1:
                self._link(part.last, part.first)
        return piece

    def _link(self, ends: Iterable[int], starts: Iterable[int]) -> None:
        for state in ends:
            for after in starts:
                if after in self.following[state]:
                    self.doubled.add((state, after))
                self.following[state].add(after)


def automaton_of(node: Node) -> Automaton:
    parts = list(node.parts if isinstance(node, Row) else (node,))
    is_bound = bool(parts) and parts[-1] == Mark("$")
    starts = bool(parts) and parts[0] == Mark("^")
    parts = parts[1 if starts else 0 : len(parts) - 1 if is_bound else None]
    made = Automaton(is_anchored=starts)
    piece = made.add(Row(tuple(parts)))
    made.following[0] |= piece.first
    made.ends = piece.last | ({0} if piece.is_empty else set())
    made.accepts = frozenset() if is_bound else made.ends
    return made


@lru_cache(maxsize=4096)
def blowup(pattern: str, ignore_case: bool = False) -> Blowup | None:
    """What makes matching *pattern* take exponential time; None where nothing does, or nothing can be told."""
    if not _repeats_repetition(pattern):
        return None
    try:
        automaton = automaton_of(tree(pattern, ignore_case))
    except UnknownExpressionError:
        return None
    for circle in _circles(automaton):
        state = min(circle)
        pump = _two_ways_round(automaton, state, circle)
        prefix = way_to(automaton, state)
        end = failing_end(automaton, prefix + SOME * pump) if pump else None
        if end is not None:
            return Blowup(prefix, pump, end)
    return None


def _repeats_repetition(pattern: str) -> bool:
    """Whether an endless repetition follows a group at all: a look that spares most expressions the rest."""
    return any(mark in pattern for mark in (")+", ")*", "){"))


SOME = 3
"""How often what is repeated is tried, to see that it fails."""


def _search(automaton: Automaton, among: frozenset[int], start: Pair) -> dict[Pair, str]:
    """The pairs of states of *among* that one text leads to from *start*, with the shortest such text."""
    found = {start: ""}
    queue = deque([start])
    while queue:
        one, other = queue.popleft()
        for left in automaton.following[one] & among:
            for right in automaton.following[other] & among:
                common = automaton.allowed[left] & automaton.allowed[right]
                if common and (left, right) not in found:
                    found[left, right] = found[one, other] + byte_of(common)
                    queue.append((left, right))
    return found


def byte_of(allowed: Bytes) -> str:
    """One of *allowed*, a letter where there is one."""
    plain = allowed & _LETTERS or allowed
    return chr((plain & -plain).bit_length() - 1)


_LETTERS: Bytes = sum(1 << ord(letter) for letter in "abcdefghijklmnopqrstuvwxyz")


def _two_ways_round(automaton: Automaton, state: int, circle: frozenset[int]) -> str:
    """A text that leads from *state* back to itself in two ways, never leaving *circle*; empty without one."""
    found = _search(automaton, circle, (state, state))
    for (one, other), text in found.items():
        if one != other and (back := _search(automaton, circle, (one, other)).get((state, state))):
            return text + back
    for one, after in sorted(automaton.doubled):
        if one in circle and after in circle:
            to, on = found.get((one, one)), byte_of(automaton.allowed[after])
            back = _search(automaton, circle, (after, after)).get((state, state))
            if to is not None and back is not None:
                return to + on + back
    return ""


def _circles(automaton: Automaton) -> Iterator[frozenset[int]]:
    """The sets of states each of which leads to all others and back."""
    reached = [reached_from(automaton, state) for state in range(len(automaton.allowed))]
    seen: set[int] = set()
    for state, others in enumerate(reached):
        if state in others and state not in seen:
            circle = frozenset(other for other in others if state in reached[other])
            seen |= circle
            yield circle


def reached_from(automaton: Automaton, state: int) -> set[int]:
    found: set[int] = set()
    queue = [state]
    while queue:
        for after in automaton.following[queue.pop()] - found:
            found.add(after)
            queue.append(after)
    return found


def way_to(automaton: Automaton, state: int) -> str:
    """A shortest text that leads from the start to *state*."""
    found = {0: ""}
    queue = deque([0])
    while queue:
        before = queue.popleft()
        for after in automaton.following[before]:
            if after not in found:
                found[after] = found[before] + byte_of(automaton.allowed[after])
                queue.append(after)
    return found[state]


_ENDINGS = ("", "!", "\x01", "\nx", "/", "/!", "/\x01", "a", "0", "-", ".", " ", "./", "a\x01", "\x01a", "=", "&!")


def failing_end(automaton: Automaton, text: str) -> str | None:
    """What behind *text* makes every attempt fail; None where nothing is known to."""
    return next((end for end in _ENDINGS if _fails(automaton, text + end)), None)


def _fails(automaton: Automaton, text: str) -> bool:
    start = frozenset({0})
    states = start
    for byte in text.encode("latin-1"):
        if states & automaton.accepts:
            return False
        states = automaton.step(states, byte) | (frozenset() if automaton.is_anchored else start)
    return not states & (automaton.accepts | automaton.ends)
