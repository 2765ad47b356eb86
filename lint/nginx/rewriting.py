"""nginx's rewrite phase: ``set``, ``if``, ``rewrite``, ``break`` and ``return``, in the order they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..record import dataclass
from .directive import Directive
from .patterns import UnknownPatternError, matched
from .request import Request, UndecidedError

_REDIRECTS = (301, 302, 303, 307, 308)
_FIRST_ERROR = 400
_OPERATORS = ("=", "!=", "~", "~*", "!~", "!~*")
_NEEDED = {"set": 2, "rewrite": 2, "return": 1, "if": 1}


@dataclass(frozen=True)
class Response:
    """
    An answer that is ready.

    Attributes:
        target: Where a redirect leads, before nginx makes it absolute.
        body: The text, where it is known.
        is_direct: Whether it is sent as it is, past every ``error_page``.
    """

    status: int
    target: str = ""
    body: str | None = None
    is_direct: bool = False
    directive: Directive | None = None


class _Done(Exception):  # noqa: N818 - it is no error, it ends the phase
    """No further directive of the phase is run."""


def rewritten(request: Request, block: Directive) -> Response | None:
    """What the rewrite directives of *block* answer; None where the request goes on, perhaps with another URI."""
    try:
        return _run(request, _steps(block))
    except _Done:
        return None


def _steps(block: Directive) -> list[Directive]:
    """What this phase runs of *block*; found once, since each server is asked about several URIs."""
    found: list[Directive] | None = block.memo.get("rewrite_phase")
    if found is None:
        found = block.memo["rewrite_phase"] = list(block.find("set", "if", "break", "rewrite", "return"))
    return found


def _run(request: Request, directives: Sequence[Directive]) -> Response | None:
    for directive in directives:
        response = _execute(request, directive)
        if response:
            return response
    return None


def _execute(request: Request, directive: Directive) -> Response | None:
    if len(directive.args) < _NEEDED.get(directive.name, 0):
        raise UndecidedError(f'nginx refuses "{directive.name}" with so few arguments')
    if directive.name == "set":
        request.variables[directive.value.lstrip("$").lower()] = request.expanded(directive.args[1])
    elif directive.name == "break":
        request.fits_location = request.fits_location and not request.uri_changed
        request.uri_changed = False
        raise _Done
    elif directive.name == "return":
        return _return(request, directive)
    elif directive.name == "rewrite":
        return _rewrite(request, directive)
    elif directive.name == "if" and directive.block is not None and _holds(request, directive):
        return _enter(request, directive)
    return None


def _enter(request: Request, directive: Directive) -> Response | None:
    request.note(f"if ({' '.join(directive.args)}) holds", directive)
    if directive.is_inside("location"):
        request.block = directive
    return _run(request, _steps(directive))


def _return(request: Request, directive: Directive) -> Response:
    code, text = (directive.value, directive.args[1:]) if directive.value.isdigit() else ("302", directive.args)
    status = int(code)
    request.note(f"return answers {status}", directive)
    filled = _filled(request, text[0]) if text else None
    if status in _REDIRECTS and text:
        return Response(status, filled or text[0], directive=directive)
    is_direct = status < _FIRST_ERROR or bool(text)
    return Response(status, body=filled if text else "", is_direct=is_direct, directive=directive)


def _filled(request: Request, text: str) -> str | None:
    try:
        return request.expanded(text)
    except UndecidedError:
        return None


def _rewrite(request: Request, directive: Directive) -> Response | None:
    pattern, replacement, *flags = directive.args
    match = _match(pattern, request.uri, False)
    if match is None:
        return None
    request.captured(match)
    flag = flags[0] if flags else ""
    keeps_args = not replacement.endswith("?")
    result = request.expanded(replacement.removesuffix("?"))
    if flag in ("redirect", "permanent") or re.match(r"https?://|\$scheme", replacement):
        return _redirect(request, directive, result, flag, keeps_args)
    _change(request, result, keeps_args)
    request.note(f"rewrite makes the URI {request.uri}", directive)
    request.uri_changed = flag != "break"
    request.fits_location = request.fits_location and request.uri_changed
    if flag in ("last", "break"):
        raise _Done
    return None


def _redirect(request: Request, directive: Directive, result: str, flag: str, keeps_args: bool) -> Response:
    status = 301 if flag == "permanent" else 302
    if keeps_args and request.args:
        result += ("&" if "?" in result else "?") + request.args
    request.note(f"rewrite redirects with {status}", directive)
    return Response(status, result, directive=directive)


def _change(request: Request, result: str, keeps_args: bool) -> None:
    path, question, args = result.partition("?")
    old = request.args if keeps_args else ""
    if question:
        request.args = f"{args}&{old}" if old and args else args or old
    elif not keeps_args:
        request.args = ""
    request.uri = path
    request.is_internal = True


def _match(pattern: str, text: str, ignore_case: bool) -> re.Match[str] | None:
    try:
        return matched(pattern, text, ignore_case)
    except UnknownPatternError as error:
        raise UndecidedError(str(error)) from None


def _holds(request: Request, directive: Directive) -> bool:
    args = directive.args
    if len(args) == 1:
        return request.expanded(args[0]) not in ("", "0")
    if args[0].lstrip("!") in ("-f", "-d", "-e", "-x"):
        return _on_disk(request, args[0], request.expanded(args[1]))
    if args[1] not in _OPERATORS:
        raise UndecidedError(f'nginx refuses the condition "{" ".join(args)}"')
    subject, operator, value = request.expanded(args[0]), args[1], " ".join(args[2:])
    if operator in ("=", "!="):
        return (subject == request.expanded(value)) == (operator == "=")
    match = _match(value, subject, operator.endswith("*"))
    if match:
        request.captured(match)
    return (match is None) == operator.startswith("!")


def _on_disk(request: Request, test: str, path: str) -> bool:
    kind = request.disk(path)
    wanted = {"-f": ("file",), "-d": ("folder",), "-e": ("file", "folder")}.get(test.lstrip("!"))
    if wanted is None:
        raise UndecidedError(f"whether {path} may be executed is not known")
    return (kind in wanted) != test.startswith("!")
