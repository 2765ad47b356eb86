"""Whether the site is closed for maintenance: then what visitors see cannot be looked at, and nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import FairleadError
from ..maintenance.local import order_file
from ..maintenance.order import FILE, Order, order_of
from .patient import Patient
from .verdict import Check, Verdict, ok, unseen, wrong

OPEN = "page.open"


def checks(patient: Patient) -> Iterator[Check]:
    """One check; all that ask for the page as visitors do need it."""
    yield Check(OPEN, "open to visitors", lambda: _open(patient))


def held(patient: Patient) -> Order | None:
    """The order of maintenance that holds for *patient*, on this machine or on its host."""
    released = patient.released
    path = Path(released.layout.state) / FILE if released else order_file(patient.settings)
    return order_of(patient.host.read(str(path)))


def _open(patient: Patient) -> Verdict:
    try:
        order = held(patient)
    except FairleadError as error:
        return wrong(str(error), "inv maintenance --off")
    return ok() if order is None else unseen(str(order), "inv maintenance --off opens the site")
