"""What happens here when an old value of a secret is no longer valid on a host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from ..agent.forgetting import FILE
from ..env_change import changed_env
from ..environment import PRIVATE
from ..hosts import Opened
from ..rotation import Rotation, rotations_of
from ..stack import Stack, open_stack
from .telling import Teller


def known_rotations(stack: Stack) -> Mapping[str, Rotation]:
    """The secrets that fairlead.yaml allows to be changed, by the name of their variable."""
    return stack.settings.secrets.rotate if stack.settings.secrets else {}


def forget(names: Iterable[str]) -> None:
    """Empties the variables of old values that are no longer valid; what this machine does not know is left alone."""
    stack = open_stack()
    variables = {rotation.previous: "" for name, rotation in known_rotations(stack).items() if name in set(names)}
    held = {name: value for name, value in variables.items() if stack.values.get(name)}
    if held and stack.settings.env.file.exists():
        stack.host.put(str(stack.settings.env.file), changed_env(stack.settings.env, held), PRIVATE)
        print(f"{stack.settings.env.file.name}: {', '.join(held)} emptied")


class EndTeller(Teller):
    """Shows what the agent says, and afterwards forgets the values that it ended."""

    def __init__(self) -> None:
        super().__init__()
        self._ended: list[str] = []

    def __call__(self, line: Mapping[str, Any]) -> None:
        """Takes one line."""
        super().__call__(line)
        if line.get("event") == "ended":
            self._ended.append(str(line["secret"]))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        for name in self._ended:
            print(f"the old value of {name} is no longer valid")
        forget(self._ended)


def ending(opened: Opened, releases: Iterable[str]) -> bool:
    """Whether an old value ends on the host once only *releases* are there."""
    known = rotations_of(opened.host.read(f"{opened.layout.state}/{FILE}") or "")
    return any(set(each.releases).isdisjoint(releases) for each in known.values())
