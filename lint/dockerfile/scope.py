"""What each variable holds at each instruction of a stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..record import dataclass, field
from .expansion import UNSET, Expansion, Unset, expanded
from .instruction import Instruction
from .passage import Word
from .words import Pair

PLATFORM_ARGUMENTS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "ARCH", "VARIANT", "OSVERSION")
) | {"TARGETSTAGE"}
"""Global arguments that BuildKit sets by itself."""

BUILTIN_ARGUMENTS = frozenset(
    name
    for base in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (base, base.lower())
) | {"SOURCE_DATE_EPOCH"}
"""Arguments that may be passed without an ARG line."""

LONGEST_CHARACTERS = 100_000
"""Values that lines double again and again are unknown from here on."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A variable as one ENV or ARG sets it; *value* is None where it cannot be known."""

    name: str
    value: str | None
    pair: Pair
    instruction: Instruction


@dataclass(eq=False)
class Scope:
    """
    The variables of a stage while its instructions are gone through.

    Attributes:
        above: The stage it builds on, finished.
        knows_base: Whether a variable that nobody set is certainly unset: nothing unknown lies below.
    """

    above: Scope | None = None
    knows_base: bool = False
    environment: dict[str, Setting] = field(default_factory=dict)
    arguments: dict[str, Setting] = field(default_factory=dict)
    expansions: dict[int, Expansion] = field(default_factory=dict)

    def lookup(self, name: str) -> str | Unset | None:
        """The value of *name*; None where it cannot be known."""
        setting = self.setting(name)
        if setting is not None:
            return setting.value
        return UNSET if self.knows_base and name != "PATH" else None

    def setting(self, name: str) -> Setting | None:
        """What set *name*: ENV wins over ARG, a stage over those below it."""
        for kind in ("environment", "arguments"):
            for scope in self.chain():
                if name in getattr(scope, kind):
                    found: Setting = getattr(scope, kind)[name]
                    return found
        return None

    def chain(self, most: int = 50) -> Iterator[Scope]:
        """This scope and those below it."""
        scope: Scope | None = self
        while scope is not None and most:
            yield scope
            scope = scope.above
            most -= 1

    def take(self, instruction: Instruction, declared: Mapping[str, Setting]) -> None:
        """Goes past *instruction*; *declared* are the ARGs before the first FROM."""
        for word, keeps_quotes in replaced_words(instruction):
            self.expand(word, instruction.escape, keeps_quotes)
        settings = [self._set(pair, instruction) for pair in instruction.pairs]
        if instruction.name == "ENV":
            self.environment.update((setting.name, setting) for setting in settings)
        elif instruction.name == "ARG":
            for setting in settings:
                outer = declared.get(setting.name) if setting.pair.value is None else None
                value = outer.value if outer else setting.value
                self.arguments[setting.name] = Setting(setting.name, value, setting.pair, instruction)

    def expand(self, word: Word, escape: str, keeps_quotes: bool = False) -> Expansion:
        """*word* as the builder reads it at this point, kept for `expansions`."""
        found = expanded(word, self.lookup, escape, keeps_quotes)
        if found.text is not None and len(found.text) > LONGEST_CHARACTERS:
            found = Expansion(None, found.uses)
        self.expansions[word.passage.origin(word.start)] = found
        return found

    def _set(self, pair: Pair, instruction: Instruction) -> Setting:
        value = None
        if pair.value is not None:
            value = self.expansions[pair.value.passage.origin(pair.value.start)].text if pair.value.text else ""
        return Setting(pair.name.text, value, pair, instruction)


def replaced_words(instruction: Instruction) -> Iterator[tuple[Word, bool]]:
    """The words in which the builder replaces variables, and whether quotes are plain characters in them."""
    yield from ((flag.value_word, False) for flag in instruction.flags if flag.value)
    name = instruction.name
    if name in ("ENV", "LABEL", "ARG"):
        for pair in instruction.pairs:
            if pair.value is not None and pair.value.text:
                yield pair.value, False
    elif name in ("COPY", "ADD", "VOLUME"):
        yield from ((word, False) for word in instruction.json or instruction.words)
    elif name == "EXPOSE":
        yield from ((word, False) for word in instruction.words)
    elif name in ("WORKDIR", "USER", "STOPSIGNAL") and instruction.text:
        yield instruction.argument, False
    elif name == "FROM":
        yield from ((word, False) for word in instruction.words[:1])


def global_scope(instructions: Sequence[Instruction]) -> Scope:
    """The ARGs before the first FROM, in which FROM lines look their variables up."""
    scope = Scope(knows_base=True)
    for instruction in instructions:
        if instruction.name == "FROM":
            break
        if instruction.name == "ARG":
            scope.take(instruction, {})
    return scope
