"""What interpolation makes of a scalar, with unknown variables kept apart from blank ones."""

from __future__ import annotations

from collections.abc import Mapping

from ..envfile.interpolation import LARGEST_CHARACTERS, Part, Variable


class Evaluation:
    """
    Replaces the variables of texts by the values in *environment*.

    *unset* stands for a variable that is not given and has no default.
    """

    def __init__(self, environment: Mapping[str, str], unset: str) -> None:
        self.environment = environment
        self.unset = unset
        self._missing: list[Variable] = []

    def text(self, parts: tuple[Part, ...]) -> str:
        """The text of *parts*; defaults are worked out even where unused, as Compose does."""
        pieces = [part if isinstance(part, str) else self._value(part) for part in parts]
        return "".join(pieces)[:LARGEST_CHARACTERS]

    def taken(self) -> list[Variable]:
        """The required variables met without a value since this was last asked."""
        missing, self._missing = self._missing, []
        return missing

    def _value(self, variable: Variable) -> str:
        value = self.environment.get(variable.name)
        argument = self.text(variable.argument)
        usable = value is not None and (value != "" or not variable.operator.startswith(":"))
        if variable.operator.endswith("+"):
            return argument if usable else value or ""
        if variable.has_default:
            return value if usable and value is not None else argument
        if variable.required and not usable:
            self._missing.append(variable)
            return self.unset
        return self.unset if value is None else value
