"""Applies one change after the other to a running stack, and asks `inv verify` each time, in this very process."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from fairlead.ops.doctor.patient import Patient, is_job, patient
from fairlead.ops.errors import FairleadError
from fairlead.ops.verify import stack as stacks
from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.inside import checks as inside
from fairlead.ops.verify.options import Options
from fairlead.ops.verify.outside import checks as outside
from fairlead.ops.verify.runner import Job
from fairlead.ops.verify.session import Session
from fairlead.ops.verify.verdict import Finding

from .broken_stacks import Checkout
from .mutations import Edited, Keyed, edits, keys

MAIN = "/etc/nginx/edge/live/nginx.conf"
BY_FILES = {"CT11", "CT13"}
"""These compare texts and digests: they see every change, and say nothing about behaviour."""

NOT_OF_THE_EDGE = {"EX1b", "EX9", "TL9"}
OF_THE_EDGE = (
    *("HD14", "RD10", "CA12", "CA11", "TL4", "TL16", "TL17", "RN5"),
    *("ST3", "ST6", "ST8b", "AP3", "AP13", "CT11", "CT16"),
)
LATER = ("ST1b", "ST4", "AP9", "AP12")
"""These take seconds, and are asked where the others have seen nothing."""

OF_SERVICES = (
    *("CT1", "CT2", "CT3", "CT4", "CT5", "CT6", "CT7", "CT10", "CT12", "CT13", "CT14", "CT15", "CT16"),
    *("MY1", "MY2", "MY5", "MY7", "RE1", "RE2", "RE4", "SE1", "SE2", "AP1", "AP2"),
)
SLOW = {"client_header_timeout": "ST5"}
RATE = 400.0
UNSEEN = " cannot look"
RELOAD_S, SETTLED_S, SOON_S = 8.0, 60.0, 8.0
OF_PROGRAMS = ("command", "entrypoint", "image", "environment")
"""Keys that change what the program does, so that it is asked when it is up."""

Wanted = Callable[[str, str], bool]


@dataclass(frozen=True)
class Change:
    """
    One change, and what came of it.

    Attributes:
        kind: ``edge`` or ``compose``.
        shown: The directive or key, for people.
        red: Ids of the checks that did not pass; those that only warned or could not look say so.
        refused: Why nginx or Compose does not run with it.
    """

    kind: str
    key: str
    shown: str
    what: str
    name: str
    red: tuple[str, ...] = ()
    refused: str = ""

    @property
    def survives(self) -> bool:
        """Whether nothing but the comparison with the files saw it."""
        return not self.refused and not set(self.red) - BY_FILES


@dataclass(frozen=True)
class Edge:
    """
    The running edge of a checkout, and the texts of its generation.

    Attributes:
        good: What is not PASS or SKIP on the unchanged stack.
    """

    checkout: Checkout
    folder: Path
    patient: Patient
    good: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, checkout: Checkout) -> Edge:
        """The edge of the stack in the current folder."""
        found = stacks.started(patient(), SETTLED_S)
        edge = cls(checkout, (checkout.folder / ".fairlead/edge/live").resolve(), found)
        return replace(edge, good=set(edge.looked()))

    @property
    def container(self) -> str:
        """Its name."""
        return f"{self.checkout.name}-nginx-1"

    def looked(self, more: Sequence[str] = ()) -> list[str]:
        """What does not pass."""
        wanted = [check.id for check in outside.CHECKS if check.id not in NOT_OF_THE_EDGE]
        found = self._seen((*wanted, *OF_THE_EDGE, *more))
        return found if set(found) - BY_FILES else [*found, *self._seen(LATER)]

    def _seen(self, ids: Sequence[str]) -> list[str]:
        options = Options(only=tuple(ids), wait_s=1.0)
        return [word for word in marked(_findings(options, self.patient)) if word not in self.good]

    def tried(self, edit: Edited) -> Change:
        """What comes of *edit*; its file is as before afterwards, and the next reload takes it."""
        path = self.folder / edit.file
        before = path.read_text()
        change = Change("edge", edit.key, f"{edit.file}:{edit.line} {edit.said}", edit.what, edit.name)
        try:
            path.write_text(edit.text)
            refused = self.refuses() or self.reload()
            if refused:
                return replace(change, refused=refused)
            more = [SLOW[edit.name]] if edit.name in SLOW else []
            red = self.looked(more)
            if set(red) - BY_FILES and all(UNSEEN in word for word in set(red) - BY_FILES):
                red = [word for word in self.looked(more) if word in red]  # a busy machine is late now and then
            return replace(change, red=tuple(red))
        finally:
            path.write_text(before)
            if self.reload():
                self._docker("restart", "--time", "1", self.container)

    def refuses(self) -> str:
        """What nginx says against the texts as they are."""
        told = self._docker("exec", self.container, "nginx", "-c", MAIN, "-t", "-q")
        return "" if told.returncode == 0 else _emergency(told.stderr)

    def reload(self) -> str:
        """Has nginx read its texts; why it goes on with those of before."""
        before = self._workers()
        self._docker("kill", "--signal", "HUP", self.container)
        ends_at = time.monotonic() + RELOAD_S
        while time.monotonic() < ends_at:
            there = self._workers()
            if there and not before & there:
                return ""
            time.sleep(0.1)
        told = self._docker("logs", "--since", f"{RELOAD_S:.0f}s", self.container)
        return _emergency(told.stderr + told.stdout) or "nginx goes on with the old one"

    def _workers(self) -> set[str]:
        lines = self._docker("top", self.container, "-eo", "pid,args").stdout.splitlines()[1:]
        return {line.split()[0] for line in lines if "worker process" in line}

    def _docker(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [self.checkout.client, *words]
        told = subprocess.run(argv, capture_output=True, text=True, check=False)
        busy = "Error response from daemon" in told.stderr
        return subprocess.run(argv, capture_output=True, text=True, check=False) if busy else told


def tried_edits(edge: Edge, wanted: Wanted) -> Iterator[Change]:
    """Every directive, one after the other."""
    for edit in list(edits(edge.folder)):
        if wanted("edge", edit.key):
            yield edge.tried(edit)


@dataclass(frozen=True)
class Services:
    """The containers of a checkout, and the model that they were made from."""

    checkout: Checkout
    model: Mapping[str, Any]

    @classmethod
    def of(cls, checkout: Checkout) -> Services:
        """Those of the stack in the current folder."""
        return cls(checkout, stacks.started(patient(), SETTLED_S).merged or {})

    @property
    def names(self) -> list[str]:
        """The services that go on."""
        return [name for name, service in self.model["services"].items() if not is_job(service)]

    def up(self, service: str, model: Mapping[str, Any]) -> str:
        """Makes the container of *service* anew from *model*; why Compose does not."""
        path = self.checkout.folder / f"changed-{service}.json"
        path.write_text(json.dumps(model))
        words = ("compose", "--project-name", self.checkout.name, "--file", str(path))
        how = ("up", "--detach", "--no-deps", "--no-build", "--pull", "never", "--timeout", "2", service)
        environment = {**self.checkout.environment}
        told = subprocess.run(
            [self.checkout.client, *words, *how], capture_output=True, text=True, check=False, env=environment
        )
        lines = [line for line in told.stderr.splitlines() if line.strip()]
        return "" if told.returncode == 0 else (lines or ["docker compose up failed"])[-1].strip()

    def round(self, changes: Sequence[Keyed]) -> Iterator[Change]:
        """One change in each of several services, and what verify says of each one's containers."""
        with ThreadPoolExecutor(len(changes)) as pool:
            refused = list(pool.map(lambda each: self.up(each.service, each.model), changes))
        options = Options(only=tuple(OF_SERVICES), wait_s=1.0)
        try:
            seconds = SETTLED_S if any(each.path[0] in OF_PROGRAMS for each in changes) else SOON_S
            found = _findings(options, stacks.started(patient(), seconds))
        except FairleadError as error:
            found, refused = [], [each or str(error) for each in refused]
        for each, why in zip(changes, refused, strict=True):
            path = ".".join(map(str, each.path))
            change = Change("compose", each.key, f"{each.service}: {path}", each.what, str(each.path[0]), refused=why)
            yield replace(change, red=() if why else tuple(marked(_of(found, f"{self.checkout.name}-{each.service}-"))))

    def restore(self) -> None:
        """Makes every container as the files have it."""
        with ThreadPoolExecutor(len(self.names)) as pool:
            list(pool.map(lambda name: self.up(name, self.model), self.names))


def tried_keys(services: Services, wanted: Wanted) -> Iterator[Change]:
    """Every key, in several services at a time, since each finding names its container."""
    left = [[each for each in keys(services.model, name) if wanted("compose", each.key)] for name in services.names]
    try:
        for row in zip_longest(*left):
            yield from services.round([each for each in row if each is not None])
    finally:
        services.restore()


def marked(findings: Sequence[Finding]) -> list[str]:
    """The ids of what does not pass, once each, with the word where it is none of FAIL."""
    words = {"FAIL": "", "WARN": " warns", "ERROR": UNSEEN}
    told = [f"{each.check.id}{words[each.verdict.word]}" for each in findings if each.verdict.word in words]
    return list(dict.fromkeys(told))


def _findings(options: Options, found: Patient) -> Sequence[Finding]:
    stack = stacks.installation(options, found)
    stack.site.web.budget = Budget(RATE, requests=2000)
    known = [*outside.CHECKS, *inside.CHECKS, *inside.ALONE]
    checks = [check for check in known if check.id in options.only]
    of_site = {id(check) for check in outside.CHECKS}
    jobs = [Job(check, stack.site if id(check) in of_site else stack) for check in checks]
    return Session("stack", "stack", stack.site, jobs).run(options, lambda _: None).findings


def _of(findings: Sequence[Finding], container: str) -> list[Finding]:
    """What was found of one container, or of its service."""
    service = container.split("-")[-2]
    own = [each for each in findings if each.verdict.target.startswith(container) or each.verdict.target == service]
    return [each for each in own if each.verdict.observed != "starting"]


def _emergency(text: str) -> str:
    lines = [line.partition("[emerg]")[2] or line for line in text.splitlines() if "emerg" in line]
    return lines[-1].strip(" :") if lines else text.strip()[-120:]
