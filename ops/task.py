"""The decorator of this project's tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, overload

import invoke
from invoke.exceptions import Exit, ParseError, UnexpectedExit

Task = invoke.Task[Any]

INTERRUPTED = 130


@overload
def task(body: Callable[..., None], /) -> Task: ...


@overload
def task(**options: Any) -> Callable[[Callable[..., None]], Task]: ...


def task(*body: Callable[..., None], **options: Any) -> Any:
    """
    Invoke's own, without short flags and positional arguments, and with an end that stock `inv` understands.

    -h must stay help, and Invoke's positional arguments are never optional.
    """
    settings = {"auto_shortflags": False, "positional": (), **options}
    if body:
        return invoke.task(_ending(body[0]), **settings)
    return lambda each: invoke.task(_ending(each), **settings)


class EmptyFlagError(Exception):
    """A flag that was given without a value."""

    exit_code = 2


def _ending(body: Callable[..., None]) -> Callable[..., None]:
    """
    *body*, whose errors are `Exit` with one line and the exit code of the table: what any program of Invoke's shows.

    An empty value is wrong use where the flag has no value by default: it is most often a variable that nobody set.
    Where the task has --json and said nothing for programs yet, the end is an event.
    """

    unset = {name for name, each in signature(body).parameters.items() if each.default is None}

    @wraps(body)
    def run(*arguments: Any, **flags: Any) -> None:
        try:
            if empty := next((name for name in flags if name in unset and flags[name] == ""), ""):
                raise EmptyFlagError(f"--{empty.replace('_', '-')} is empty; give it a value or leave it out")
            body(*arguments, **flags)
        except (Exit, ParseError, UnexpectedExit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            raise Exit("interrupted", INTERRUPTED) from None
        except Exception as error:
            if "--debug" in sys.argv and not hasattr(error, "exit_code"):
                raise
            raise _exit(error, as_json=bool(flags.get("json"))) from error

    return run


def _exit(error: Exception, *, as_json: bool) -> Exception:
    from .endings import ending_of, say_end  # noqa: PLC0415 - only what fails needs it

    code, line, details = ending_of(error)
    if as_json and not getattr(error, "told", False):
        say_end(code, line, details)
    return Exit("\n".join(filter(None, (line, details))), code)
