"""What a shell offers after <TAB>: tasks, flags, and the hosts, releases and services that are known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from invoke.parser import ParserContext

from ..lint.data import DataError, load_yaml
from .errors import SettingsError
from .settings import find_settings

RELEASE = re.compile(r"r\d+")
SCRIPTS = {
    "bash": """\
_fairlead() {
    local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" --complete -- inv "${words[@]}" 2>/dev/null)" -- "${2#=}"))
}
complete -o default -F _fairlead inv fairlead
""",
    "zsh": """\
_fairlead() {
    local found=(${(f)"$("${words[1]}" --complete -- inv "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    (($#found)) && compadd -- $found || _files
}
compdef _fairlead inv fairlead
""",
    "fish": """\
function __fairlead
    set -l words (commandline --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    $words[1] --complete -- inv $words[2..-1] 2>/dev/null
end
for program in inv fairlead
    complete --command $program --no-files --arguments '(__fairlead)'
end
""",
}
"""By shell; each calls the very program on the line being completed, so ./inv completes as itself."""


def candidates(words: Sequence[str], tasks: Mapping[str, ParserContext], core: ParserContext) -> list[str]:
    """
    What the last of *words* can become; the shell drops what does not begin like it.

    Args:
        words: The line without the program's name; the last is empty where a new word begins.
        core: The flags that may stand before any task.
    """
    *before, last = [word for word in words if word != "="] or [""]
    context = next((tasks[word] for word in reversed(before) if word in tasks), core)
    flag = before[-1] if before else ""
    if flag in context.flags and context.flags[flag].takes_value:
        return _in_order(_values(flag, before))
    if last.startswith("-"):
        return sorted({*context.flags, *context.inverse_flags, *core.flags})
    return sorted(tasks)


def _in_order(values: Iterable[str]) -> list[str]:
    """Releases from the last one back, as numbers; all else as words."""
    return sorted(set(values), key=lambda value: (-int(value[1:]) if RELEASE.fullmatch(value) else 0, value))


def _values(flag: str, before: Sequence[str]) -> Iterable[str]:
    """Nothing where the settings cannot be read: a shell has no place for the error, and the task will say it."""
    known: Mapping[str, Callable[[Path, Any], Iterator[str]]] = {
        "--host": _hosts,
        "--service": _services,
        "--to": partial(_releases, _meant(before)),
    }
    try:
        path = find_settings(Path.cwd())
        data = load_yaml(path.read_text(encoding="utf-8"), str(path))
        return list(known[flag](path.parent, data)) if flag in known else ()
    except (SettingsError, DataError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def _meant(before: Sequence[str]) -> list[str]:
    """The hosts that the line names so far."""
    given = [word for flag, word in pairwise(before) if flag == "--host"]
    given += [word.partition("=")[2] for word in before if word.startswith("--host=")]
    return [name for text in given for name in text.split(",") if name]


def _hosts(_root: Path, data: Any) -> Iterator[str]:
    yield from data.get("hosts", {})
    yield from data.get("groups", {})


def _services(root: Path, data: Any) -> Iterator[str]:
    for name in data["compose"]["files"]:
        path = root / name
        with suppress(DataError):  # an override file's !override and !reset are tags that only Compose knows
            yield from load_yaml(path.read_text(encoding="utf-8"), str(path)).get("services", {})


def _releases(meant: Sequence[str], root: Path, data: Any) -> Iterator[str]:
    """Those of the host that the line names; where it names none, of the only one there is."""
    from .deploy.layout import Layout  # noqa: PLC0415 - for this one flag
    from .deploy.remembered import releases_of  # noqa: PLC0415
    from .inventory import inventory  # noqa: PLC0415

    known = inventory(data, data["name"])
    for name in meant or (list(known.hosts) if len(known.hosts) == 1 else []):
        for entry in known.chosen([name]):
            yield from releases_of(root / ".fairlead", Layout(data["name"], entry.folder), entry)
