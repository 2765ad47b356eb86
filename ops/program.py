"""Invoke's program with this project's manners: one line for an error, the exit codes of the table, no traceback."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import invoke
from invoke.exceptions import Exit, ParseError, UnexpectedExit, UnknownFileType
from invoke.parser import Argument, ParserContext

from .. import __version__

WRONG_USE, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


class Program(invoke.Program):
    """The tasks of *namespace* as the command *binary*; ``run`` always ends in SystemExit."""

    def __init__(self, namespace: invoke.Collection, binary: str = "fairlead") -> None:
        self._namespace = namespace
        super().__init__(version=__version__, namespace=namespace, name="fairlead", binary=binary)

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:  # noqa: A002 - Invoke's name for it
        """Runs what *argv* says; the base class would end wrong use with 1 and an interruption in silence."""
        words = argv or sys.argv
        with one_line_errors(debug="--debug" in words, as_json="--json" in words):
            self.create_config()
            self.parse_core(argv)
            self.parse_collection()
            self.parse_tasks()
            self.parse_cleanup()
            self.update_config()
            self.execute()
        sys.exit(0)

    def core_args(self) -> list[Argument]:
        """Invoke's own, with what ``--dry`` means here."""
        arguments: list[Argument] = super().core_args()
        for argument in arguments:
            if "dry" in argument.names:
                argument.help = "Print what the task would do; change nothing."
        return arguments

    def update_config(self, merge: bool = True) -> None:
        """A file for Invoke's -f that it cannot read is the caller's mistake."""
        try:
            super().update_config(merge)
        except UnknownFileType as error:
            raise ParseError(f"--config {self.args.config.value}: {error}") from None

    def parse_core_args(self) -> None:
        """Prints the completion script of ours: Invoke's calls a fixed name, where this may be any ./inv."""
        super().parse_core_args()
        if shell := self.args["print-completion-script"].value:
            from .completion import SCRIPTS  # noqa: PLC0415 - only a shell asks

            if shell not in SCRIPTS:
                raise ParseError(f'--print-completion-script takes {", ".join(SCRIPTS)}, not "{shell}"')
            print(SCRIPTS[shell], end="")
            raise Exit

    def parse_core(self, argv: list[str] | None) -> None:
        """Leaves the writing of .pyc files as it is: Invoke turns it off, and every run would compile again."""
        stays = sys.dont_write_bytecode
        try:
            self._parse(super().parse_core, argv)
        finally:
            sys.dont_write_bytecode = stays
        if self.args["list-format"].value not in ("flat", "nested", "json"):
            raise ParseError("--list-format takes flat, nested or json")

    def parse_tasks(self) -> None:
        """
        Raises `ParseError` with a line for a person where the base class has one for a programmer.

        An empty value is most often a variable of a script that nobody set, and would mean what no flag means.
        """
        self._parse(super().parse_tasks)
        for context in self.tasks:
            empty = next((each for each in context.args.values() if each.raw_value == ""), None)
            if empty is not None:
                raise ParseError(f"{self._prefix(context)}{_flag(empty)} is empty; give it a value or leave it out")

    def parse_cleanup(self) -> None:
        """Answers ``--complete`` with values too: hosts, releases, services."""
        if not self.args.complete.value:
            super().parse_cleanup()
            return
        from .completion import candidates  # noqa: PLC0415 - only a shell asks

        words = self.argv[self.argv.index("--") + 1 :] if "--" in self.argv else []
        for candidate in candidates(words[1:], self._make_parser().contexts, self.initial_context):
            print(candidate)
        raise Exit

    def print_version(self) -> None:
        """The one line that bug reports begin with."""
        print(f"fairlead {__version__}")

    def _parse(self, parse: object, *arguments: object) -> None:
        try:
            parse(*arguments)  # type: ignore[operator]
        except ParseError as error:
            raise ParseError(self._explained(error)) from None
        except ValueError as error:
            raise ParseError(self._wrong_number() or str(error)) from None

    def _explained(self, error: ParseError) -> str:
        """Invoke's errors carry no token, so it is read from their text; tests pin that text."""
        context: ParserContext = error.context or self.initial_context
        message = str(error)
        if unknown := re.fullmatch(r"No idea what (['\"])(.*)\1 is!", message):
            return self._unknown(unknown[2], context)
        if wanting := re.match(r"Flag <Argument: ([\w-]+).* needed value", message):
            return f'{self._prefix(context)}--{wanting[1]} needs a value; see "{self.binary} {_called(context)} -h"'
        return message

    def _unknown(self, word: str, context: ParserContext) -> str:
        if word.startswith("-"):
            flags = [*context.flags, *context.inverse_flags, *self.initial_context.flags]
            return f'{self._prefix(context)}no flag "{word}"; {_nearest(word, flags) or self._help(context)}'
        nearest = _nearest(word, self.parser.contexts)
        if context.name and not nearest:
            return f'{_called(context)}: takes flags, not the word "{word}"; {self._help(context)}'
        return f'no task "{word}"; {nearest or self._help(context)}'

    def _prefix(self, context: ParserContext) -> str:
        return f"{_called(context)}: " if context.name else ""

    def _help(self, context: ParserContext) -> str:
        return f'see "{self.binary} {_called(context)} -h"' if context.name else f'see "{self.binary} --list"'

    def _wrong_number(self) -> str:
        words = [word for token in self.argv[1:] for word in token.split("=", 1)]
        contexts = [self.initial_context, *self._namespace.to_contexts()]
        numbers = {flag for context in contexts for flag, arg in context.flags.items() if arg.kind is int}
        wrong = (f'{flag} takes a whole number, not "{word}"' for flag, word in pairwise(words) if flag in numbers)
        return next(wrong, "")


def _flag(argument: Argument) -> str:
    return f"--{(argument.name or '').replace('_', '-')}"


def _called(context: ParserContext) -> str:
    """What a task is called by: the one that a collection stands for, by the collection's name."""
    name: str = context.name or ""
    collection = name.rpartition(".")[0]
    return collection if collection in context.aliases else name


@contextmanager
def one_line_errors(*, debug: bool = False, as_json: bool = False) -> Iterator[None]:
    """
    Ends the process with the table's exit code and one line on standard error, whatever is raised inside.

    Args:
        debug: Lets what is no error of ours through, with its traceback.
        as_json: Says wrong use to programs, too; what a task ends with, the task has said.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except ParseError as error:
        if as_json:
            from .endings import say_end  # noqa: PLC0415 - only what fails needs it

            say_end(WRONG_USE, str(error))
        _end(str(error), WRONG_USE)
    except Exit as error:
        _end(error.message or "", error.code)
    except UnexpectedExit as error:
        _end(f"{error.result.command}: exit {error.result.exited}", error.result.exited)
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit would fail once more
        sys.exit(PIPE_CLOSED)
    except Exception as error:  # the last place that can turn a traceback into a line
        _end_with(error, debug=debug)


def _end_with(error: Exception, *, debug: bool) -> None:
    from .endings import ending_of  # noqa: PLC0415 - only what fails needs it

    if debug and not hasattr(error, "exit_code"):
        raise error
    code, line, details = ending_of(error)
    _end("\n".join(filter(None, (line, details))), code)


def _end(message: str, code: int) -> None:
    if message:
        print(message, file=sys.stderr)
    sys.exit(code)


def _nearest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only after wrong use

    found = get_close_matches(word, list(known), n=1)
    return f'did you mean "{found[0]}"?' if found else ""
