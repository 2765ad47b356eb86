"""What gunicorn is told: by its command line, else by its configuration file where that says it as plain values."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..source import Source
from .starting import Started, variable

if TYPE_CHECKING:
    import ast

    from .container import Container

_DEFAULT_FILE = "gunicorn.conf.py"


def setting(container: Container, server: Started, option: str, *short: str) -> list[str] | None:
    """
    The values of *option*, such as ``bind``; empty where nothing sets it, None where that cannot be told.

    Source: https://docs.gunicorn.org/en/stable/configure.html
    """
    given = list(server.options(f"--{option}", *short))
    if given:
        return given
    if variable(container, "GUNICORN_CMD_ARGS") != "":
        return None
    return _of_file(container, server, option)


def settings_file(container: Container, server: Started) -> Source | None:
    """The configuration file that it reads; None where there is none, or it is not at hand."""
    named = server.option("--config", "-c")
    folder = _folder(container)
    if folder is None or (named or "").startswith("python:"):
        return None
    path = posixpath.normpath(posixpath.join(folder, (named or _DEFAULT_FILE).removeprefix("file:")))
    here = container.tree.source(path)
    return container.stack.text(here) if here is not None else None


def _of_file(container: Container, server: Started, option: str) -> list[str] | None:
    source = settings_file(container, server)
    if source is not None:
        return _literals(source.text, option.replace("-", "_"))
    folder = _folder(container)
    is_named = server.option("--config", "-c") is not None
    path = posixpath.join(folder or "/", _DEFAULT_FILE)
    is_sure = folder is not None and container.tree.is_absent(path) and not _may_be_copied(container, path)
    return [] if is_sure and not is_named else None


def _may_be_copied(container: Container, path: str) -> bool:
    """Whether a COPY whose files are not known here may bring it: one with a pattern, or from another stage."""
    for stage in container.stage.chain() if container.stage is not None else ():
        for copy in stage.copies:
            texts = [stage.text(word) for word in copy.sources]
            is_open = copy.origin is not None or any(text is None or set("*?[") & set(text) for text in texts)
            target = posixpath.normpath(posixpath.join(stage.workdir or "/", stage.text(copy.target) or "/"))
            if is_open and (path.startswith(target.rstrip("/") + "/") or path == target):
                return True
    return container.stage is None and container.build is not None


def _folder(container: Container) -> str | None:
    """The folder that gunicorn starts in."""
    given = container.service.data("working_dir")
    if given is not None:
        return given if isinstance(given, str) else None
    return container.stage.workdir if container.stage is not None else None


def _literals(text: str, name: str) -> list[str] | None:
    """What a Python file assigns to *name* at its top, where that is written out."""
    import ast  # noqa: PLC0415 - only a stack with such a file needs it

    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: list[str] | None = []
    for node in body:
        if not isinstance(node, ast.Assign | ast.Expr | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AnnAssign):
            if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node)):
                return None
        elif isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            found = _values(node.value)
    return found


def _values(node: ast.expr) -> list[str] | None:
    import ast  # noqa: PLC0415 - as above

    items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    values = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str | int)]
    return [str(value) for value in values] if len(values) == len(items) else None
