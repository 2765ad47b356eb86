"""The certificate: whether there is a real one for the names of the site, and whether it is the one that is served."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import FairleadError
from .check_engine import USABLE
from .check_settings import COMPOSE
from .patient import Patient
from .verdict import Check, Verdict, ok, skipped, wrong


def checks(patient: Patient) -> Iterator[Check]:
    """Nothing for a stack that keeps none."""
    if patient.settings.tls is not None and patient.stack is not None:
        yield Check("certificate.live", "in use", lambda: _live(patient))
        yield Check("certificate.served", "served", lambda: _served(patient), (*USABLE, COMPOSE))


def _live(patient: Patient) -> Verdict:
    from ..certificates.telling import certificate_words  # noqa: PLC0415 - only stacks with TLS need cryptography

    if patient.stack is None:
        return skipped("there is no stack")
    good, says = certificate_words(patient.stack)
    what, _, todo = says.partition("; ")
    return ok(says) if good else wrong(f"the certificate in use is {what}", todo)


def _served(patient: Patient) -> Verdict:
    from ..certificates.reconcile import Wanted, differences, facts_of  # noqa: PLC0415 - as above
    from ..certificates.settling import endpoints_of  # noqa: PLC0415 - as above
    from ..certificates.site import site_of  # noqa: PLC0415 - as above

    if patient.stack is None or patient.merged is None or patient.settings.edge is None:
        return skipped("there is no stack")
    running = [container for container in patient.of(patient.settings.edge.service) if container.running]
    if not running:
        return skipped(f"{patient.settings.edge.service} does not run")
    published = {port for container in running for port in container.published}
    endpoints = [each for each in endpoints_of(patient.stack, patient.merged) if each.port in published]
    if not endpoints:
        return skipped("no port is published for https, as in the developer's shape")
    try:
        facts = facts_of(patient.stack, Wanted(site_of(patient.stack).names, tuple(endpoints)))
    except FairleadError as error:
        return wrong(str(error), "inv up puts it right")
    if facts.others or facts.target is None:
        return wrong(differences(facts), "inv up has nginx read it; inv logs --service nginx says why it does not")
    return ok(f"{', '.join(map(str, endpoints))} serve{'s' if len(endpoints) == 1 else ''} it")
