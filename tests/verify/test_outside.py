"""What checks from outside make of answers, where no server is needed to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.errors import NoAnswerError
from fairlead.ops.verify.exchange import Exchange
from fairlead.ops.verify.outside import caching, exposure, headers, methods, names, origins, parts, reach
from fairlead.ops.verify.outside.site import Site
from fairlead.ops.verify.readiness import wait_ready
from fairlead.ops.verify.verdict import Check
from fairlead.ops.verify.web import Web

PAGE = "<script src=/app-4f9d2c81.js></script>" + "<p>some text</p>" * 200
Answers = Mapping[str, tuple[int, dict[str, str], str]]


@dataclass
class Told(Web):
    """A site of answers known beforehand, by path; whatever else is asked for is not there."""

    answers: Answers = field(default_factory=dict)

    def ask_anew(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        *,
        target: str = "",
        most_bytes: int = 0,
        seconds: float | None = None,
    ) -> Exchange:
        path = "/" + url.split("/", 3)[3]
        status, named, body = self.answers.get(path, (404, {"Content-Type": "text/plain"}, "not there"))
        return Exchange(url, method, status, tuple(named.items()), body.encode())


def site(answers: Answers) -> Site:
    """A site over TLS."""
    return Site("https://shop.test/", Told(Budget(1000), answers=answers), datetime(2026, 11, 23, tzinfo=UTC))


def said(check: Check[Site], answers: Answers) -> list[tuple[str, str]]:
    """Word and path of each verdict."""
    return [(each.word, each.target.removeprefix("https://shop.test")) for each in check.look(site(answers))]


HTML = {"Content-Type": "text/html"}


def test_a_fallback_page_is_no_file_of_the_workshop() -> None:
    class Everything(dict[str, tuple[int, dict[str, str], str]]):
        def get(self, _: object, __: object = None) -> tuple[int, dict[str, str], str]:  # type: ignore[override]
            return 200, HTML, PAGE

    words = {word for word, _ in said(exposure.baits, Everything())}

    assert {"PASS"} == words


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/.env", "PASSWORD=x\n", "FAIL"),
        ("/.git/HEAD", "ref: refs/heads/main\n", "FAIL"),
        ("/.env", "<html>\nx=1\n</html>", "PASS"),
        ("/.env", "nothing of the kind", "WARN"),
        ("/backup.sql", "nothing of the kind", "WARN"),
    ],
)
def test_a_file_is_known_by_its_content(path: str, body: str, word: str) -> None:
    answers = {path: (200, {"Content-Type": "text/plain"}, body)}
    found = {target: each for each, target in said(exposure.baits, answers)}

    assert word == found[path]


def test_an_etag_that_counts_for_nothing_is_a_failure() -> None:
    tagged = {**HTML, "ETag": '"a"'}

    assert ("FAIL", "/ (identity)") in said(caching.not_modified, {"/": (200, tagged, PAGE)})


def test_a_page_about_the_inside_is_known_by_what_it_says() -> None:
    page = (200, HTML, "<html><h1>Apache Server Status for shop.test</h1></html>")
    other = (200, HTML, "<html>nothing of the kind</html>")
    found = {target: word for word, target in said(exposure.status_pages, {"/server-status": page, "/metrics": other})}

    assert ("FAIL", "PASS") == (found["/server-status"], found["/metrics"])


@pytest.mark.parametrize(
    ("path", "hashed"),
    [
        ("/assets/index-B5ko4Fhp.css", True),
        ("/assets/vendor-DqJOZaTd.js", True),
        ("/static/main.8d2f1c4e.js", True),
        ("/static/bootstrap-datepicker.js", False),
        ("/static/jquery.min.js", False),
        ("/static/logo.svg", False),
        ("/static/very-long-component-name.js", False),
    ],
)
def test_a_digest_in_a_name_is_told_from_words(path: str, hashed: bool) -> None:
    assert hashed == caching.has_hash(path)


@pytest.mark.parametrize(
    ("status", "word"), [(200, "PASS"), (401, "WARN"), (403, "WARN"), (404, "FAIL"), (500, "FAIL")]
)
def test_a_site_that_lets_nobody_in_is_not_called_well(status: int, word: str) -> None:
    assert [(word, "/")] == said(reach.answers, {"/": (status, HTML, PAGE)})


@pytest.mark.parametrize(
    ("control", "word"),
    [
        ("no-cache", "PASS"),
        ("no-store", "PASS"),
        ("max-age=0", "PASS"),
        ("max-age=600", "WARN"),
        ("", "WARN"),
        ("public, max-age=86400", "FAIL"),
        ("immutable", "FAIL"),
    ],
)
def test_a_page_may_be_kept_for_a_moment_but_not_for_a_day(control: str, word: str) -> None:
    assert [(word, "/")] == said(caching.pages, {"/": (200, {**HTML, "Cache-Control": control}, PAGE)})


@pytest.mark.parametrize(
    ("cookie", "word"),
    [
        ("session=1; Secure; HttpOnly; SameSite=Lax", "PASS"),
        ("theme=dark; Secure", "WARN"),
        ("session=1; HttpOnly; SameSite=Lax", "FAIL"),
        ("session=1; Secure; SameSite=Lax", "FAIL"),
        ("__Host-id=1; Secure; SameSite=Lax; Path=/a", "FAIL"),
        ("__Host-id=1; Secure; SameSite=Lax; Path=/; Domain=shop.test", "FAIL"),
    ],
)
def test_a_cookie_lacks_what_matters_for_it(cookie: str, word: str) -> None:
    (found, *_) = said(origins.cookie_flags, {"/": (200, {**HTML, "Set-Cookie": cookie}, PAGE)})

    assert word == found[0]


def test_no_cookies_value_is_in_the_evidence() -> None:
    answers = {"/": (200, {**HTML, "Set-Cookie": "session=topsecret; Path=/"}, PAGE)}

    texts = [line for each in origins.cookie_flags.look(site(answers)) for line in each.evidence]

    assert [line for line in texts if "session" in line]
    assert [] == [line for line in texts if "topsecret" in line]


def test_a_script_that_is_the_page_itself_is_a_failure() -> None:
    answers = {"/": (200, HTML, PAGE), "/app-4f9d2c81.js": (200, HTML, PAGE)}

    assert [("FAIL", "/app-4f9d2c81.js")] == said(parts.parts, answers)


def test_frame_ancestors_win_over_x_frame_options() -> None:
    both = {**HTML, "X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors *"}

    assert ("FAIL", "/") in said(headers.framing, {"/": (200, both, PAGE)})


def test_a_site_that_answers_nothing_to_a_foreign_name_passes() -> None:
    class Closing(Told):
        def ask_anew(
            self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, **_: object
        ) -> Exchange:  # type: ignore[override]
            if (headers or {}).get("Host"):
                raise NoAnswerError(f"{url}: the connection was closed without an answer", is_network=True)
            return Exchange(url, method, 200, (("Content-Type", "text/html"),), PAGE.encode())

    closing = Site("https://shop.test/", Closing(Budget(1000)), datetime(2026, 11, 23, tzinfo=UTC))

    assert ["PASS"] == [each.word for each in reach.foreign_name.look(closing)]


def test_an_address_that_this_machine_has_no_way_to_is_not_checked() -> None:
    class Halved(Told):
        def ask_anew(  # type: ignore[override]
            self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, **_: object
        ) -> Exchange:
            if ("shop.test", 443) in self.addresses and ":" in self.addresses["shop.test", 443][0]:
                raise NoAnswerError(f"{url}: network is unreachable", is_network=True, is_local=True)
            return Exchange(url, method, 200, ())

    halved = Site("https://shop.test/", Halved(Budget(1000)), datetime(2026, 11, 23, tzinfo=UTC))
    halved.resolve = lambda *_: ("192.0.2.1", "2001:db8::1")

    assert ["PASS", "ERROR"] == [each.word for each in reach.every_address.look(halved)]


class Starting(Told):
    """Answers 502 a few times, or not at all, and then well."""

    def __init__(self, *answers: int | NoAnswerError) -> None:
        super().__init__(Budget(1000))
        self.left = list(answers)

    def ask_anew(
        self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, **_: object
    ) -> Exchange:  # type: ignore[override]
        first = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(first, NoAnswerError):
            raise first
        return Exchange(url, method, first, ())


REFUSED = NoAnswerError("https://shop.test/: connection refused", is_network=True)
UNKNOWN = NoAnswerError("https://shop.test/: the name shop.test leads nowhere", is_unknown_name=True)


@pytest.mark.parametrize(
    ("answers", "trouble", "waits"),
    [
        ((200,), "", 0),
        ((REFUSED, 502, 200), "", 2),
        ((401,), "", 0),
        ((REFUSED,), "https://shop.test/: connection refused", 3),
        ((502,), "", 3),
        ((UNKNOWN,), "https://shop.test/: the name shop.test leads nowhere", 0),
    ],
)
def test_a_site_is_waited_for_until_it_answers(
    answers: tuple[int | NoAnswerError, ...], trouble: str, waits: int
) -> None:
    now, waited = [0.0], []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    starting = Site("https://shop.test/", Starting(*answers), datetime(2026, 11, 23, tzinfo=UTC))

    assert (trouble, waits) == (wait_ready(starting, 2.0, clock=lambda: now[0], wait=wait), len(waited))


@dataclass
class Twins(Told):
    """As `Told`, by name and path."""

    def ask_anew(self, url: str, *more: object, **named: object) -> Exchange:  # type: ignore[override]
        status, headers, body = self.answers.get(url.partition("//")[2], (404, {}, ""))
        return Exchange(url, "GET", status, tuple(headers.items()), body.encode())


@pytest.mark.parametrize(
    ("host", "twin"),
    [
        ("shop.test", "www.shop.test"),
        ("www.shop.test", "shop.test"),
        ("shop.co.uk", "www.shop.co.uk"),
        ("api.shop.test", ""),
        ("localhost", ""),
        ("192.0.2.1", ""),
    ],
)
def test_a_name_has_a_twin_where_that_is_usual(host: str, twin: str) -> None:
    assert twin == names.twin(host)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((301, {"Location": "http://shop.test/"}, ""), "PASS"),
        ((301, {"Location": "http://elsewhere.test/"}, ""), "WARN"),
        ((200, HTML, PAGE), "WARN"),
        ((404, {}, ""), "FAIL"),
    ],
)
def test_the_other_name_leads_to_the_site(answer: tuple[int, dict[str, str], str], word: str) -> None:
    told: Answers = {"shop.test/": (200, HTML, PAGE), "www.shop.test/": answer}
    found = Site("http://shop.test/", Twins(Budget(1000), answers=told), datetime(2026, 11, 23, tzinfo=UTC))
    found.resolve = lambda host, port: ("192.0.2.1",)

    assert [(word, "www.shop.test")] == [(each.word, each.target) for each in names.one_name.look(found)]


def test_a_twin_without_an_address_is_nobodys() -> None:
    def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise NoAnswerError(f"the name {host} leads nowhere", is_unknown_name=True)

    found = Site("http://shop.test/", Twins(Budget(1000)), datetime(2026, 11, 23, tzinfo=UTC), resolve=nowhere)

    assert [("SKIP", "www.shop.test")] == [(each.word, each.target) for each in names.one_name.look(found)]


def test_a_request_that_comes_back_is_a_fault_and_a_page_for_any_method_a_warning() -> None:
    class Traced(Told):
        def ask_anew(
            self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, **_: object
        ) -> Exchange:  # type: ignore[override]
            body = str(headers) if method == "TRACE" else PAGE
            return Exchange(url, method, 200, tuple(HTML.items()), body.encode())

    found = Site("https://shop.test/", Traced(Budget(1000)), datetime(2026, 11, 23, tzinfo=UTC), is_ours=True)

    assert ["FAIL", "WARN"] == [each.word for each in methods.odd_methods.look(found)]


def test_a_coding_that_was_not_offered_is_a_fault() -> None:
    class Packed(Told):
        def ask_anew(
            self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, **_: object
        ) -> Exchange:  # type: ignore[override]
            offered = (headers or {}).get("Accept-Encoding", "")
            sent = {"br": "br", "zstd": "gzip"}.get(offered, "")
            return Exchange(url, method, 200, (*HTML.items(), ("Content-Encoding", sent)), PAGE.encode())

    found = Site("https://shop.test/", Packed(Budget(1000)), datetime(2026, 11, 23, tzinfo=UTC))

    assert ["PASS", "FAIL", "PASS"] == [each.word for each in methods.codings.look(found)][:3]


@pytest.mark.parametrize(
    ("kind", "strict", "word"),
    [
        ("text/javascript", True, "PASS"),
        ("application/javascript", True, "PASS"),
        ("application/octet-stream", True, "FAIL"),
        ("application/octet-stream", False, "WARN"),
        ("", True, "FAIL"),
        ("text/html", True, "FAIL"),
    ],
)
def test_a_script_under_another_type_does_not_run(kind: str, strict: bool, word: str) -> None:
    nosniff = {"X-Content-Type-Options": "nosniff"} if strict else {}
    answers = {"/": (200, HTML, PAGE), "/app-4f9d2c81.js": (200, {"Content-Type": kind, **nosniff}, "run()")}

    assert [(word, "/app-4f9d2c81.js")] == said(parts.parts, answers)


@pytest.mark.parametrize(("location", "word"), [("https://shop.test:8443/", "PASS"), ("https://shop.test/", "FAIL")])
def test_the_redirect_leads_to_the_port_of_the_site(location: str, word: str) -> None:
    told: Answers = {"shop.test:8080/": (301, {"Location": location}, "")}
    found = Site("https://shop.test:8443/", Twins(Budget(1000), answers=told), datetime(2026, 11, 23, tzinfo=UTC))
    found.plain, found.is_ours = "http://shop.test:8080/", True

    assert [word] == [each.word for each in reach.to_https.look(found)]


@pytest.mark.parametrize(
    ("value", "word"),
    [("camera=(), microphone=(self)", "PASS"), ("none", "FAIL"), ("camera 'none'", "FAIL"), ("", "FAIL")],
)
def test_a_permissions_policy_in_no_known_form_counts_for_nothing(value: str, word: str) -> None:
    sent = {**HTML, **({"Permissions-Policy": value} if value else {})}

    assert (word, "/") in said(headers.permissions, {"/": (200, sent, PAGE)})


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, ["SKIP", "SKIP"]),
        ({"X-Frame-Options": "DENY", "X-XSS-Protection": "0"}, ["PASS", "PASS"]),
        ({"X-Frame-Options": "nobody", "X-XSS-Protection": "on"}, ["FAIL", "FAIL"]),
    ],
)
def test_headers_for_older_browsers_are_judged_where_they_are_sent(sent: dict[str, str], words: list[str]) -> None:
    assert words == [word for word, _ in said(headers.for_older, {"/": (200, {**HTML, **sent}, PAGE)})]
