"""Records behave as the standard dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from functools import cached_property
from typing import Any

import pytest

from fairlead.lint import record


def made(module: Any, **keywords: bool) -> Any:
    """The same class by either decorator."""

    @module.dataclass(**keywords)
    class Point:
        """A point."""

        x: int
        y: int = 2
        tags: list[str] = module.field(default_factory=list)
        cache: dict[str, int] = module.field(default_factory=dict, repr=False)

        @property
        def total(self) -> int:
            return self.x + self.y

    return Point


BOTH = pytest.mark.parametrize("module", [record, dataclasses], ids=["record", "dataclasses"])


@BOTH
@pytest.mark.parametrize("keywords", [{}, {"frozen": True}, {"slots": True}, {"frozen": True, "slots": True}], ids=str)
def test_fields_defaults_and_factories(module: Any, keywords: dict[str, bool]) -> None:
    point_class = made(module, **keywords)
    point, other = point_class(1), point_class(x=1, y=2, tags=[])

    assert (1, 2, [], 3) == (point.x, point.y, point.tags, point.total)
    assert point == other
    assert point.tags is not other.tags
    assert repr(point).endswith("Point(x=1, y=2, tags=[])")
    assert module.replace(point, y=5).y == 5
    assert point != module.replace(point, y=5)
    assert copy.copy(point) == point
    assert ("__slots__" in vars(point_class)) == keywords.get("slots", False)
    assert point_class.__doc__ == "A point."


@BOTH
def test_frozen_ones_refuse_changes_and_can_be_keys(module: Any) -> None:
    @module.dataclass(frozen=True, slots=True, order=True)
    class Place:
        path: str
        line: int

    place = Place("a", 1)

    assert {place: 1}[Place("a", 1)] == 1
    assert sorted([Place("b", 1), Place("a", 2), place]) == [place, Place("a", 2), Place("b", 1)]
    with pytest.raises(AttributeError):
        place.line = 2
    with pytest.raises(AttributeError):
        del place.line
    with pytest.raises(TypeError):
        Place("a")
    with pytest.raises(TypeError):
        Place("a", 1, 2)


@BOTH
def test_changeable_ones_are_no_keys_and_identity_can_be_kept(module: Any) -> None:
    with pytest.raises(TypeError):
        hash(made(module)(1))

    @module.dataclass(eq=False)
    class Node:
        name: str

    assert Node("a") != Node("a")
    assert len({Node("a"), Node("a")}) == 2


@BOTH
def test_fields_are_inherited_and_properties_may_be_cached(module: Any) -> None:
    @module.dataclass(frozen=True)
    class Base:
        name: str

        @cached_property
        def loud(self) -> str:
            return self.name.upper()

    @module.dataclass(frozen=True)
    class Derived(Base):
        size: int = 1

        def __post_init__(self) -> None:
            assert self.size

    assert Derived("a", 3).loud == "A"
    assert Derived("a", 3) == Derived("a", size=3)
    assert Base("a") != Derived("a")


def test_places_and_findings_can_be_copied_and_sent() -> None:
    from fairlead.lint.place import Place

    place = Place("a", 1, 2, 1, 3)

    assert pickle.loads(pickle.dumps(place)) == place == copy.deepcopy(place)
