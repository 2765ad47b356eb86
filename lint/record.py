"""
Dataclasses that cost a fifth to define: the linter starts for each commit, and its classes are defined each time.

The standard ones compile five to seven functions apiece and import ``inspect``; these compile one text (decision 0010).
Keywords, meaning and type checking are those of ``dataclasses``, as far as the linter uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar, dataclass_transform, overload

from .kept import code

T = TypeVar("T")

_MISSING: Final = object()
_FIELDS: Final = "__record_fields__"


class Default:
    """How a field gets its value when none is given."""

    __slots__ = ("factory", "is_shown", "value")

    def __init__(
        self, value: object = _MISSING, factory: Callable[[], object] | None = None, *, is_shown: bool = True
    ) -> None:
        self.value = value
        self.factory = factory
        self.is_shown = is_shown


def field(*, default_factory: Callable[[], T], repr: bool = True) -> T:  # noqa: A002 - the standard's word
    """A field whose value is made anew for each object."""
    return Default(factory=default_factory, is_shown=repr)  # type: ignore[return-value] # the decorator takes it away


def replace(record: T, /, **changes: Any) -> T:
    """A copy of *record* with *changes*."""
    values = {name: getattr(record, name) for name in getattr(record, _FIELDS)}
    return type(record)(**{**values, **changes})


@overload
def dataclass(cls: type[T], /) -> type[T]: ...
@overload
def dataclass(
    *, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False
) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(field_specifiers=(field,))
def dataclass(
    cls: type[T] | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False
) -> type[T] | Callable[[type[T]], type[T]]:
    """Gives the class an ``__init__`` of its annotated fields, ``repr``, and what the keywords ask for."""

    def made(cls: type[T]) -> type[T]:
        fields = dict(_fields(cls))
        own = list(cls.__annotations__)
        methods = _compiled(cls, fields, frozen=frozen, eq=eq, order=order, slots=slots)
        if slots:
            return _with_slots(cls, own, {**methods, _FIELDS: fields})
        for name, value in methods.items():
            setattr(cls, name, value)
        setattr(cls, _FIELDS, fields)
        for name in own:
            if isinstance(cls.__dict__.get(name), Default):
                delattr(cls, name)
        return cls

    return made if cls is None else made(cls)


def _fields(cls: type) -> Iterator[tuple[str, Default]]:
    for base in reversed(cls.__mro__[1:]):
        yield from base.__dict__.get(_FIELDS, {}).items()
    for name, kind in cls.__annotations__.items():
        if not str(kind).startswith(("ClassVar", "typing.ClassVar")):
            value = cls.__dict__.get(name, _MISSING)
            yield name, value if isinstance(value, Default) else Default(value)


def _compiled(
    cls: type, fields: Mapping[str, Default], *, frozen: bool, eq: bool, order: bool, slots: bool
) -> dict[str, Any]:
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": _MISSING}
    lines = list(_init(cls, fields, known, frozen=frozen, slots=slots))
    one, other = (f"({''.join(f'{name}.{each},' for each in fields)})" for name in ("self", "other"))
    if eq and "__eq__" not in cls.__dict__:
        same = f"{one} == {other} if other.__class__ is self.__class__ else NotImplemented"
        lines.append(f"def __eq__(self, other): return {same}")
        lines.append(f"def __hash__(self): return hash({one})" if frozen else "__hash__ = None")
    if order:
        for name, sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
            lines.append(f"def __{name}__(self, other): return {one} {sign} {other}")
    methods: dict[str, Any] = {}
    exec(code("\n".join(lines)), known, methods)  # noqa: S102 - text of our own, made of the names of fields
    if "__repr__" not in cls.__dict__:
        methods["__repr__"] = _repr
    if frozen:
        methods["__setattr__"] = methods["__delattr__"] = _refuse
        methods["__getstate__"], methods["__setstate__"] = _state, _restore
    return methods


def _init(
    cls: type, fields: Mapping[str, Default], known: dict[str, Any], *, frozen: bool, slots: bool
) -> Iterator[str]:
    parameters, body, set_field = ["self"], [], "    self.{name} = {value}"
    if frozen and slots:
        set_field = "    _set(self, {name!r}, {value})"
    elif frozen:
        body, set_field = ["    _own = self.__dict__"], "    _own[{name!r}] = {value}"
    for name, default in fields.items():
        value = name
        if default.factory is not None:
            known[f"_make_{name}"] = default.factory
            value = f"_make_{name}() if {name} is _missing else {name}"
            parameters.append(f"{name}=_missing")
        elif default.value is _MISSING:
            parameters.append(name)
        else:
            known[f"_default_{name}"] = default.value
            parameters.append(f"{name}=_default_{name}")
        body.append(set_field.format(name=name, value=value))
    if hasattr(cls, "__post_init__"):
        body.append("    self.__post_init__()")
    yield f"def __init__({', '.join(parameters)}):"
    yield from body or ["    pass"]


def _with_slots(cls: type[T], own: list[str], methods: Mapping[str, Any]) -> type[T]:
    """The class made again, since slots can only be had from the start."""
    kept = {name: value for name, value in cls.__dict__.items() if name not in {*own, "__dict__", "__weakref__"}}
    made: type[T] = type(cls)(  # type: ignore[misc] # the metaclass of any class, mostly type
        cls.__name__,
        cls.__bases__,
        {**kept, **methods, "__slots__": tuple(own)},
    )
    made.__qualname__ = cls.__qualname__
    return made


def _repr(self: Any) -> str:
    shown = [name for name, default in getattr(self, _FIELDS).items() if default.is_shown]
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({values})"


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in getattr(self, _FIELDS)]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(getattr(self, _FIELDS), state, strict=True):
        object.__setattr__(self, name, value)


def _refuse(self: object, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} stays as it is")
