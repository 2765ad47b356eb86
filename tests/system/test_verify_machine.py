"""A fixed sample of the campaign `verify_machine`: directives and keys that are deleted or changed, and who sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fairlead.tests.verify.machine import Edge, Services
from fairlead.tests.verify.mutations import edits, keys
from fairlead.tests.verify.survivors import reason

from .conftest import Checkout

DIRECTIVES = {
    ("server_tokens off", "deleted"): "HD10",
    ("include /etc/nginx/mime.types", "deleted"): "AP5",
    ("gzip_vary on", "on becomes off"): "CA8",
    ("ssl_session_cache shared:TLS:10m", "deleted"): "TL16 warns",
    ("root /srv/acme (^~ /.well-known/acme-challenge/, 80)", "deleted"): "RN5",
    ("server_name localhost (80)", "deleted"): "TL17",
    ("proxy_set_header X-Request-ID $request_id", "deleted"): "AP12",
}
KEYS = {
    ("redis", "deploy.resources.limits.pids"): "CT5",
    ("redis", "healthcheck.interval"): "CT12",
    ("frontend", "read_only"): "CT4",
}


@pytest.fixture(scope="module")
def here(stack: Checkout) -> Iterator[Checkout]:
    """The stack, in whose folder and environment this process is meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(stack.folder)
        for name, value in stack.environment.items():
            patch.setenv(name, value)
        yield stack
    assert stack.inv("up").code == 0


def test_a_directive_that_is_deleted_or_changed_is_seen(here: Checkout) -> None:
    edge = Edge.of(here)
    found = {(edit.said, edit.what): edit for edit in edits(edge.folder)}
    changes = {wanted: edge.tried(found[wanted]) for wanted in DIRECTIVES}

    assert set() == edge.good
    assert {} == {wanted: changes[wanted].red for wanted, red in DIRECTIVES.items() if red not in changes[wanted].red}
    assert set() == set(edge.looked())


def test_a_key_that_is_deleted_is_seen(here: Checkout) -> None:
    services = Services.of(here)
    found = {(name, ".".join(map(str, key.path))): key for name in services.names for key in keys(services.model, name)}
    rounds = ([wanted for wanted in KEYS if wanted[0] == name] for name in services.names)
    changes = {wanted: next(services.round([found[wanted]])) for row in rounds for wanted in row}

    assert {} == {wanted: changes[wanted].red for wanted, red in KEYS.items() if red not in changes[wanted].red}


def test_what_nothing_sees_has_a_reason(here: Checkout) -> None:
    edge = Edge.of(here)
    silent = next(edit for edit in edits(edge.folder) if edit.name == "sendfile")
    change = edge.tried(silent)

    assert (True, "how fast, not what: the answers are the same") == (change.survives, reason(change))
