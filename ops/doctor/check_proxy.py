"""nginx's configuration as it runs, its live generation, and whether the API's requests reach the back end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import urljoin

from .. import edge
from ..certificates.site import site_texts
from ..command import without
from ..errors import SettingsError
from ..maintenance.texts import same_but_for_maintenance
from .check_engine import USABLE
from .check_maintenance import OPEN
from .check_settings import COMPOSE
from .patient import Patient
from .seen import Seen
from .verdict import Check, Verdict, ok, skipped, unseen, wrong
from .web import WebError, fetch

SERVER_FAULT = 500
NO_PROGRAM = 127
SHOWN_LINES = 3


def checks(patient: Patient) -> Iterator[Check]:
    """The configuration of each nginx, the generation of the edge, the API."""
    for service in patient.kind("nginx"):
        yield Check(
            f"proxy.{service}.configuration", f"{service}: nginx -t", _testing(patient, service), (*USABLE, COMPOSE)
        )
    yield Check("proxy.generation", "live generation", lambda: _generation(patient))
    yield Check("proxy.api", "API", lambda: _api(patient), ("settings.file", OPEN))


def _testing(patient: Patient, service: str) -> Callable[[], Verdict]:
    def look() -> Verdict:
        running = [container for container in patient.of(service) if container.running]
        if not running:
            return skipped(f"{service} does not run")
        return _tested(patient, running[0])

    return look


def _tested(patient: Patient, container: Seen) -> Verdict:
    words = container.words
    path = next((after for word, after in pairwise(words) if word == "-c" and "nginx" in words[0]), "")
    result = patient.inside(container, "nginx", "-t", "-q", *(("-c", path) if path else ()))
    if result.ok:
        return ok(path or "the image's own file")
    if result.exit_code == NO_PROGRAM:
        return unseen(f"{container.name} has no nginx to ask")
    lines = [without(line, patient.secrets) for line in result.err.splitlines() if "[" in line][:SHOWN_LINES]
    says = f"{container.name}: nginx does not accept its configuration; what it runs with is older"
    return wrong(says, "inv lint says what is wrong; inv up writes it anew", *lines)


def _generation(patient: Patient) -> Verdict:
    settings = patient.settings.edge
    if settings is None:
        return skipped("fairlead.yaml has no edge")
    live = edge.live_generation(settings)
    if live is None:
        return wrong(f"{settings.folder}/live names no generation", "inv up writes one and switches to it")
    try:
        own = site_texts(patient.stack) if patient.stack else {}
        same = same_but_for_maintenance(edge.live_files(settings) or {}, edge.generation_files(settings, own))
    except SettingsError as error:
        return wrong(str(error), "put the file back, or mend fairlead.yaml")
    if not same:
        names = ", ".join(sorted({str(path.relative_to(patient.settings.root)) for path in settings.files}))
        return wrong(f"the live generation {live} is not what {names} say", "inv up tests them and switches to them")
    return ok(live)


def _api(patient: Patient) -> Verdict:
    page, path = patient.address("page"), patient.doctor.api
    if not (page and path):
        return skipped("fairlead.yaml has no doctor.api")
    url = urljoin(page, path)
    try:
        answer = fetch(url)
    except WebError as error:
        return wrong(str(error), "see ports and containers above; inv up starts what is missing")
    if answer.kind == "text/html":
        says = f"{url} answers with a page: the proxy sends it to the front end, or an error page"
        return wrong(says, "see that nginx has a location for it with a proxy_pass to the back end")
    if answer.status >= SERVER_FAULT:
        return wrong(
            f"{url} answers {answer.status}", "the proxy does not reach the back end, or it fails: see its logs"
        )
    if answer.json() is None:
        return wrong(
            f"{url} answers {answer.status} with {answer.kind or 'no type'}, not JSON", "see who answers there"
        )
    return ok(f"{path} answers {answer.status} in JSON")
