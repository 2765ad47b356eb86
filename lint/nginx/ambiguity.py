"""
Expressions whose matching takes time with the square of the length.

Two endless repetitions that may share a text between them: each place in the text may end the first and begin the
second, and for each a matcher that goes back walks on to the end, in vain where what follows cannot match.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from .backtracking import SOME, Automaton, Blowup, automaton_of, blowup, byte_of, failing_end, reached_from, way_to
from .expressions import UnknownExpressionError, tree

_LONGEST_PUMP = 3
"""With more bytes a time, the longest address has not enough repetitions to reach PCRE's limit of ten million steps."""
_MOST_STEPS = 50_000
_COST_OF_TRYING = 200
"""What seeing whether a match fails costs, in steps."""

Triple = tuple[int, int, int]


@lru_cache(maxsize=4096)
def squared(pattern: str, ignore_case: bool = False) -> Blowup | None:
    """What makes matching *pattern* take quadratic time; None where nothing does, or it is worse, or cannot be told."""
    endless = pattern.count("*") + pattern.count("+") + pattern.count(",}")
    if endless < 2 or blowup(pattern, ignore_case):  # noqa: PLR2004 - one repetition after another
        return None
    try:
        automaton = automaton_of(tree(pattern, ignore_case))
    except UnknownExpressionError:
        return None
    return _Search(automaton).found()


class _Search:
    """Looks for a shared text, within so many steps: what takes longer is not judged."""

    def __init__(self, automaton: Automaton) -> None:
        self.automaton = automaton
        self.left = _MOST_STEPS

    def found(self) -> Blowup | None:
        """The first text that two repetitions share, and on which the match fails."""
        reached = [reached_from(self.automaton, state) for state in range(len(self.automaton.allowed))]
        loops = [state for state, others in enumerate(reached) if state in others]
        for first in loops:
            for second in loops:
                is_later = first != second and second in reached[first] and first not in reached[second]
                found = self._shared(first, second) if is_later and self.left > 0 else None
                if found is not None:
                    return found
        return None

    def _shared(self, first: int, second: int) -> Blowup | None:
        pump = self._text_of_both(first, second)
        if not pump:
            return None
        prefix = way_to(self.automaton, first)
        end = failing_end(self.automaton, prefix + SOME * 2 * pump)
        self.left -= _COST_OF_TRYING
        return None if end is None else Blowup(prefix, pump, end)

    def _text_of_both(self, first: int, second: int) -> str:
        """A short text that *first* takes and stays, *second* takes and stays, and that leads from one to the other."""
        goal = (first, second, second)
        texts: dict[Triple, str] = {(first, first, second): ""}
        queue = deque(texts)
        while queue and self.left > 0:
            triple = queue.popleft()
            if len(texts[triple]) >= _LONGEST_PUMP:
                continue
            for after, byte in self._steps(triple):
                if after == goal:
                    return texts[triple] + byte
                if after not in texts:
                    texts[after] = texts[triple] + byte
                    queue.append(after)
        return ""

    def _steps(self, triple: Triple) -> Iterator[tuple[Triple, str]]:
        allowed, following = self.automaton.allowed, self.automaton.following
        for one in following[triple[0]]:
            for other in following[triple[1]]:
                both = allowed[one] & allowed[other]
                for third in following[triple[2]] if both else ():
                    self.left -= 1
                    if self.left <= 0:
                        return
                    if common := both & allowed[third]:
                        yield (one, other, third), byte_of(common)
