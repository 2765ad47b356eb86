"""No value of a secret where it can be read: settings of containers, layers of images, arguments, logs, the page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...command import Command
from ...doctor.seen import Seen
from ...masking import is_secret, secret_values
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen
from .installation import INSPECT_S, Installation

GROUP = "secrets"
LOG_LINES = "2000"
FOR_OTHERS = 0o077


def _secrets(stack: Installation) -> tuple[str, ...]:
    """The values to look for, without those that some open setting has too, such as the name of the database."""
    opened = stack.patient.stack
    if opened is None:
        return ()
    told = {value for name, value in opened.values.items() if not is_secret(name, opened)}
    return tuple(value for value in secret_values(opened) if value not in told)


def _names(stack: Installation, text: str) -> list[str]:
    """The names of the secrets whose value *text* holds; never a value."""
    opened = stack.patient.stack
    held = {value for value in _secrets(stack) if value in text}
    return sorted(name for name, value in (opened.values.items() if opened else ()) if value in held)


def _told(stack: Installation, where: str, texts: Iterable[str], target: str, mend: str) -> Verdict:
    found = sorted({name for text in texts for name in _names(stack, text)})
    if found:
        return failed(f"no secret in {where}", f"the value of {', '.join(found)}", target, mend)
    return passed(f"no secret in {where}", f"none of {len(_secrets(stack))}", target)


@check("SE1", GROUP, "error", "no secret can be read from outside its file", rules=("compose/literal-secret",))
def leaks(stack: Installation) -> Iterator[Verdict]:
    """In docker inspect, in the arguments of processes, in logs."""
    if not _secrets(stack):
        yield skipped("no secret has a value long enough to look for")
        return
    for container in stack.patient.containers or ():
        yield _told(
            stack,
            "docker inspect",
            [json.dumps(stack.of(container), ensure_ascii=False)],
            container.name,
            "secrets: file: instead of environment:",
        )
    for container in stack.running:
        yield _arguments(stack, container)


def _arguments(stack: Installation, container: Seen) -> Verdict:
    told = stack.docker("top", container.name, "-eo", "pid,args")
    if not told.ok:
        return unseen(stack.masked(told.reason), f"{container.name} arguments", "no secret in arguments")
    return _told(stack, "arguments", [told.out], f"{container.name} arguments", "read it from its file in the program")


@check("SE2", GROUP, "error", "no secret is in a log")
def logs(stack: Installation) -> Iterator[Verdict]:
    """The last lines of each container."""
    if not _secrets(stack):
        yield skipped("no secret has a value long enough to look for")
        return
    for container in stack.patient.containers or ():
        told = stack.docker("logs", "--tail", LOG_LINES, container.name)
        if not told.ok:
            yield unseen(stack.masked(told.reason), container.name, "no secret in the log")
        else:
            yield _told(
                stack, "the log", [told.out, told.err], container.name, "change the secret, and keep it out of messages"
            )


@check("SE3", GROUP, "error", "no secret is in a layer of an image", rules=("compose/secret-in-build-argument",))
def layers(stack: Installation) -> Iterator[Verdict]:
    """In what built it: the commands of its history."""
    if not _secrets(stack):
        yield skipped("no secret has a value long enough to look for")
        return
    for image in sorted({container.image for container in stack.running}):
        told = stack.docker("history", "--no-trunc", "--format", "{{.CreatedBy}} {{.Comment}}", image)
        if not told.ok:
            yield unseen(stack.masked(told.reason), image, "no secret in the history")
        else:
            yield _told(stack, "the history", [told.out], image, "RUN --mount=type=secret instead of ARG")


@check("SE4", GROUP, "error", "no secret is in the page or its files")
def bundle(stack: Installation) -> Iterator[Verdict]:
    """What every visitor gets."""
    if not _secrets(stack):
        yield skipped("no secret has a value long enough to look for")
        return
    texts = {stack.site.home.url: stack.site.home.text}
    texts |= {url: stack.site.web.ask(url).text for url in stack.site.assets}
    for url, text in texts.items():
        yield _told(
            stack, "what visitors get", [text], url, "change the secret; variables of the build end up in the page"
        )


@check("SE5", GROUP, "error", "the files of the secrets are for their owner alone")
def files(stack: Installation) -> Iterator[Verdict]:
    """The env file, and the folder of the secrets' files, whose own mode lets any user of a container read them."""
    for path in _private(stack):
        told = stack.patient.host.run(Command(("stat", "--format", "%a", str(path))), timeout_s=INSPECT_S)
        if not told.ok:
            yield unseen(told.reason, str(path), "no right for others")
            continue
        mode = int(told.out, 8)
        if mode & FOR_OTHERS:
            yield failed("no right for others", f"{mode:04o}", str(path), f"chmod go= {path}")
        else:
            yield passed("no right for others", f"{mode:04o}", str(path))


def _private(stack: Installation) -> tuple[Path, ...]:
    released, settings = stack.patient.released, stack.patient.settings
    if released is not None:
        return released.private_folders
    return (settings.env.file, *([settings.secrets.folder] if settings.secrets else []))


CHECKS: tuple[Check[Installation], ...] = (leaks, logs, layers, bundle, files)
