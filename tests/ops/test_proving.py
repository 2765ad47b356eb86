"""Whether a release answers by the site's name as it has to."""

from __future__ import annotations

import pytest

from fairlead.ops.agent import proving
from fairlead.ops.agent.proving import answers_by_name, ask_by_name
from fairlead.ops.errors import StepFailedError

ADDRESS = "https://shop.example/health"


class Named:
    """A release with one public address, and the nginx and the host it is asked on."""

    name = "prod"
    public = (ADDRESS,)
    tls_port = 8443

    def __init__(self, status):
        self.status = status

    def ask(self, address, port):
        assert (ADDRESS, 8443) == (address, port)
        return self.status, ""


def _told(status, before, *, closed=False):
    site = Named(status)
    return [*ask_by_name(site, site, site, "ask", lambda _: None, before=before, closed=closed)]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(proving, "PROBE_S", 0.0)


@pytest.mark.parametrize(
    ("status", "before", "closed"),
    [(200, {}, False), (200, {ADDRESS: 404}, False), (503, {ADDRESS: 503}, True), (200, {ADDRESS: 0}, True)],
)
def test_a_release_that_answers_by_name_is_no_news(status, before, closed):
    assert [] == _told(status, before, closed=closed)


@pytest.mark.parametrize(
    ("status", "before"), [(404, {ADDRESS: 404}), (301, {ADDRESS: 301}), (404, {ADDRESS: 0}), (403, {})]
)
def test_a_path_that_the_name_did_not_have_before_is_said_and_no_fault_of_the_release(status, before):
    (told,) = _told(status, before)

    assert told.startswith(f"{ADDRESS}: answers {status}, so it tells nothing of the release")


@pytest.mark.parametrize(
    ("status", "before", "closed"),
    [
        (404, {ADDRESS: 200}, False),
        (301, {ADDRESS: 404}, False),
        (502, {ADDRESS: 502}, False),
        (503, {ADDRESS: 200}, False),
        (500, {}, False),
        (0, {ADDRESS: 404}, False),
        (404, {ADDRESS: 503}, True),
    ],
)
def test_a_release_that_answers_worse_than_before_is_refused(status, before, closed):
    with pytest.raises(StepFailedError, match=f"{ADDRESS}: {status or 'no answer'}"):
        _told(status, before, closed=closed)


def test_what_visitors_were_answered_is_known_by_address():
    assert {ADDRESS: 404} == answers_by_name(Named(404), Named(0))
