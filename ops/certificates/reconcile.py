"""
Three certificates must be one: the newest on disk, the one in ``live``, and the one that is really served.

Neither certbot's exit status nor that of a reload says so: what is served is asked for by a handshake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ..errors import FairleadError
from ..execute import Record, execute
from ..plan import Plan, plan_for
from ..stack import Stack
from .fitness import fault_of
from .generations import Generation, TlsStore
from .hsts import hsts
from .material import Material
from .served import Endpoint, HandshakeError, served
from .site import tls_of
from .swapping import Patience, reload_step, switch_steps
from .x509 import Certificate, CertificateError, read_chain

Done = Literal["nothing", "reloaded", "switched"]

Ask = Callable[[Endpoint, str], Certificate]
"""The certificate that is served at an endpoint for a name; raises `HandshakeError`."""


class ReconcileError(FairleadError):
    """The three are not one. The message says which differs, and what is served now."""


class NotTakenBackError(ReconcileError):
    """And what was served before is not served again: a person is needed."""

    exit_code = 3


@dataclass(frozen=True)
class Wanted:
    """
    What the site needs.

    Attributes:
        disk: The newest certificate on disk; None where there is none, and the live one is to stay.
        roots: Who must have signed its chain; None: that is not asked.
        endpoints: Where the site is served, each address of each host.
    """

    names: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    disk: Material | None = None
    roots: tuple[Certificate, ...] | None = None


@dataclass(frozen=True)
class Answer:
    """What one endpoint serves for one name; None and the reason where no certificate came."""

    endpoint: Endpoint
    name: str
    certificate: Certificate | None
    reason: str = ""


@dataclass(frozen=True)
class Facts:
    """The three as they are; *hsts* is what the live generation should add to answers."""

    disk: Material | None
    live: Generation | None
    answers: tuple[Answer, ...]
    hsts: str = ""

    @property
    def target(self) -> Certificate | None:
        """The one that should be served."""
        text = self.disk.chain if self.disk else self.live.chain if self.live else None
        return None if text is None else read_chain(text)[0]

    @property
    def live_is_target(self) -> bool:
        """Whether the live generation holds it, and what goes with it."""
        if self.live is None or self.live.hsts != self.hsts:
            return False
        return self.disk is None or read_chain(self.disk.chain) == read_chain(self.live.chain)

    @property
    def others(self) -> tuple[Answer, ...]:
        """Where something else is served."""
        return tuple(answer for answer in self.answers if answer.certificate != self.target)


@dataclass(frozen=True)
class Outcome:
    """What was due, and the certificate that is served now; *faults* are what is wrong with it all the same."""

    done: Done
    certificate: Certificate
    faults: tuple[str, ...] = field(default=())


def reconcile(
    stack: Stack, wanted: Wanted, record: Record, *, ask: Ask = served, patience: Patience | None = None
) -> Outcome:
    """
    Makes the three one, and sees by handshakes that they are.

    Where that fails, what was served before is served again.

    Raises:
        ReconcileError: what is on disk cannot be served, nginx does not take it, or an endpoint serves another.
        NotTakenBackError: and what was served before could not be put back.
    """
    facts = facts_of(stack, wanted, ask)
    target = facts.target
    if target is None:
        raise ReconcileError("no certificate on disk and none in use; inv up puts a placeholder there")
    patience = patience or Patience()
    plan = plan_reconcile(stack, wanted, facts, target, ask=ask, patience=patience)
    try:
        execute(plan, {stack.host.name: stack.host}, record)
    except FairleadError as error:
        after = facts_of(stack, wanted, ask)
        kind = ReconcileError if _serves_as_before(facts, after) else NotTakenBackError
        raise kind(f"{error}; {differences(after)}", error.details) from error
    done: Done = "nothing" if not plan else "reloaded" if facts.live_is_target else "switched"
    return Outcome(done, target, _faults(wanted, target, patience.now()))


def facts_of(stack: Stack, wanted: Wanted, ask: Ask = served) -> Facts:
    """The three as they are now; asks each endpoint for each name."""
    live = TlsStore(stack.host, tls_of(stack).folder).live()
    answers = (_answer(ask, endpoint, name) for endpoint in wanted.endpoints for name in wanted.names)
    chain = wanted.disk.chain if wanted.disk else live.chain if live else ""
    return Facts(wanted.disk, live, tuple(answers), hsts(stack, chain) if chain else "")


def plan_reconcile(
    stack: Stack, wanted: Wanted, facts: Facts, target: Certificate, *, ask: Ask, patience: Patience
) -> Plan:
    """
    The steps that make the three *target*; none where they are.

    Raises:
        ReconcileError: the one on disk may not be served.
    """
    if facts.disk is not None and (fault := fault_of(facts.disk, wanted.names, patience.now(), wanted.roots)):
        raise ReconcileError(f"{facts.disk.where}: {fault}; {_served_words(facts)}")
    if facts.live_is_target and not facts.others:
        return Plan()
    asked = [(endpoint, name) for endpoint in wanted.endpoints for name in wanted.names]
    before = _served_generation(stack, facts)
    reload = reload_step(stack, target, before, lambda: _other(ask, asked, target), patience)
    store = TlsStore(stack.host, tls_of(stack).folder)
    material = facts.disk or (store.material(facts.live) if facts.live else None)
    if facts.live_is_target or material is None:
        return plan_for(stack.host.name, *reload)
    switch = switch_steps(stack, material, facts.hsts, before)
    return plan_for(stack.host.name, *switch, *reload)


def differences(facts: Facts) -> str:
    """Which of the three differs from the others, in one line."""
    target = facts.target
    if target is None:
        return "there is no certificate"
    parts = []
    live = read_chain(facts.live.chain)[0] if facts.live else None
    if facts.live is not None and live is not None and live != target:
        parts.append(f"in use is {facts.live.name} ({_shown(live)})")
    for answer in facts.others:
        what = f"serves {_shown(answer.certificate)}" if answer.certificate else answer.reason
        parts.append(f"{answer.endpoint} {what}" if answer.certificate else what)
    if not parts:
        return f"disk, live and served are one: {_shown(target)}"
    where = f"on disk is {_shown(target)}" if facts.disk else f"in use is {_shown(target)}"
    return "; ".join([where, *parts])


def _served_words(facts: Facts) -> str:
    shown = {f"{answer.endpoint} serves {_shown(answer.certificate)}" for answer in facts.answers if answer.certificate}
    return "; ".join(["nothing was changed", *sorted(shown)])


def _shown(certificate: Certificate) -> str:
    what = "the placeholder" if certificate.is_placeholder else f"the one by {certificate.issuer}"
    return f"{what}, {certificate.fingerprint[:8]}, until {certificate.not_after:%Y-%m-%d %H:%M} UTC"


def _answer(ask: Ask, endpoint: Endpoint, name: str) -> Answer:
    try:
        return Answer(endpoint, name, ask(endpoint, name))
    except (HandshakeError, CertificateError) as error:
        return Answer(endpoint, name, None, str(error))


def _other(ask: Ask, asked: Sequence[tuple[Endpoint, str]], target: Certificate) -> str:
    """The first endpoint that serves another, in words; empty where all serve *target*."""
    for endpoint, name in asked:
        answer = _answer(ask, endpoint, name)
        if answer.certificate != target:
            return answer.reason or f"{endpoint} still serves {_shown(answer.certificate or target)}"
    return ""


def _served_generation(stack: Stack, facts: Facts) -> str | None:
    """The generation that is served now: after a run that was cut off it is not the live one."""
    store = TlsStore(stack.host, tls_of(stack).folder)
    shown = next((answer.certificate for answer in facts.answers if answer.certificate), None)
    found = (generation for name in reversed(store.names()) if (generation := store.generation(name)))
    same = next((each.name for each in found if shown == read_chain(each.chain)[0]), None)
    return same or (facts.live.name if facts.live else None)


def _serves_as_before(before: Facts, after: Facts) -> bool:
    return [each.certificate for each in before.answers] == [each.certificate for each in after.answers]


def _faults(wanted: Wanted, target: Certificate, now: datetime) -> tuple[str, ...]:
    if target.distrust:
        return (f"it is {target.distrust}, which no browser trusts",)
    missing = [name for name in wanted.names if not target.covers(name)]
    expired = [f"it expired on {target.not_after:%Y-%m-%d}"] if now > target.not_after else []
    return (*([f"it is not for {', '.join(missing)}"] if missing else []), *expired)
