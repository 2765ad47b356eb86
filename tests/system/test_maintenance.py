"""A site that is closed, as real nginx does it, and on a stack under load: no request is lost, none comes through."""

from __future__ import annotations

import json
import re

import pytest

from fairlead.ops.maintenance.order import Order
from fairlead.ops.maintenance.page import JSON, PAGE, content_policy
from fairlead.ops.maintenance.texts import RETRY_S, with_maintenance
from fairlead.ops.rehearse.load import Load
from fairlead.tests.nginx.served import asked, free_port, main_file, running

PUBLIC, FRIEND = "198.51.100.7", "203.0.113.77"
SITE = """
server {{
    listen 127.0.0.1:{port};
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
    add_header X-Frame-Options SAMEORIGIN always;
    error_page 503 /own-503.html;
    include site/maintenance.conf;
    location / {{ return 200 "open\\n"; }}
    location /busy {{ return 503; }}
    location = /own-503.html {{ return 503 "own\\n"; }}
    location ~ \\.html$ {{ return 200 "page\\n"; }}
}}
"""


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """Asks a closed site as somebody from somewhere."""
    folder, port = tmp_path_factory.mktemp("closed"), free_port()
    folder.chmod(0o755)
    page = PAGE + "<!-- $uri ${host} \\ ü -->" * 200
    order = Order(
        "ann@laptop", "", "site", ("203.0.113.0/24", "2001:db8::/32"), ("/health", "/about/version"), ("/api",), page
    )
    files = {
        "http.conf": "include site/visitors.conf;\n" + SITE.format(port=port),
        "site/visitors.conf": "",
        "site/maintenance.conf": "",
    }
    texts = with_maintenance(files, order, "max-age=63072000")
    main = main_file(folder, texts.pop("http.conf"))
    for path, text in texts.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    with running(main, port):

        def ask(uri, address=PUBLIC, method="GET", **headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return asked(port, uri, method=method, headers={"X-Real-IP": address, **named})

        yield ask, page


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("uri", ["/", "/index.html", "/no/such/page?x=%20", "/health/more", "/HEALTH"])
def test_the_public_gets_503_and_the_page_whatever_it_asks(closed, method, uri):
    ask, page = closed
    answer = ask(uri, method=method)

    assert (503, page) == (answer.status, answer.body.encode("latin-1").decode())
    assert (str(RETRY_S), "no-store", "on") == tuple(
        answer.header(name) for name in ("Retry-After", "Cache-Control", "Maintenance")
    )
    assert "text/html; charset=utf-8" == answer.header("Content-Type")
    assert content_policy(page) == answer.header("Content-Security-Policy")
    assert ("DENY", "nosniff") == (answer.header("X-Frame-Options"), answer.header("X-Content-Type-Options"))
    assert "" == answer.header("Strict-Transport-Security"), "over plain HTTP it means nothing"


@pytest.mark.parametrize(
    ("uri", "accept"),
    [("/api/me", "*/*"), ("/api", ""), ("/api/", "text/html"), ("/somewhere", "application/json, text/plain;q=0.5")],
)
def test_programs_get_json(closed, uri, accept):
    answer = closed[0](uri, Accept=accept)

    assert (503, JSON, "application/json") == (answer.status, answer.body, answer.header("Content-Type"))
    assert json.loads(answer.body)["detail"]


def test_a_head_has_the_headers_and_no_body(closed):
    answer = closed[0]("/", method="HEAD")

    assert (503, "", str(RETRY_S)) == (answer.status, answer.body, answer.header("Retry-After"))


@pytest.mark.parametrize("address", [FRIEND, "127.0.0.1", "::1", "2001:db8::7"])
def test_who_is_let_in_finds_the_site_as_it_is(closed, address):
    ask, _ = closed
    answer = ask("/", address)

    assert (200, "open\n", "SAMEORIGIN") == (answer.status, answer.body, answer.header("X-Frame-Options"))
    busy = ask("/busy", address)
    assert (503, "own\n", "") == (busy.status, busy.body, busy.header("Maintenance"))


@pytest.mark.parametrize("uri", ["/health", "/about/version", "/health?x=1", "/.well-known/acme-challenge/token"])
def test_health_version_and_challenges_are_answered_to_everybody(closed, uri):
    assert (200, "open\n") == (closed[0](uri).status, closed[0](uri).body)


@pytest.mark.parametrize(
    "uri", ["/.well-known/acme-challenge/../../", "/health/../", "/x/.well-known/acme-challenge/a"]
)
def test_no_way_leads_around_it(closed, uri):
    assert 503 == closed[0](uri).status


# ---- the stack of this checkout


def test_the_stack_is_closed_and_opened_under_load_and_no_request_is_lost(stack):
    import httpx

    address = f"https://localhost:{stack.environment['HTTPS_PORT']}"
    load = Load("127.0.0.1", int(stack.environment["HTTPS_PORT"]), "localhost", ("/", "/version", "/api/me"), clients=4)
    with httpx.Client(verify=False) as client, load.running():
        before = client.get(address)
        ended = stack.inv("maintenance", "--on")
        assert ended.code == 0, ended.out + ended.err
        page, api = client.get(address), client.post(f"{address}/api/login", json={})
        health, plain = client.get(f"{address}/health"), httpx.get(stack.site)
        said, state = stack.inv("maintenance"), stack.inv("status")
        proved, told = stack.inv("verify"), stack.inv("doctor")
        again = stack.inv("up")
        still = client.get(address)
        opened = stack.inv("maintenance", "--off")
        after = client.get(address)

    assert {"/: 503", "/api/me: 503"} == set(load.lost)
    assert load.statuses[200] > 0
    assert (200, 503, 503, 200, 503) == tuple(each.status_code for each in (before, page, api, health, plain))
    assert "We will be back soon" in page.text
    assert json.loads(api.text)["detail"]
    assert {"x-frame-options", "x-content-type-options", "referrer-policy", "content-security-policy"} <= set(
        page.headers
    )
    assert 1 == len(page.headers.get_list("content-security-policy"))
    assert re.search(r"maintenance is on since .* UTC, by \S+@\S+\n", said.out)
    assert "maintenance is on since" in state.out
    assert (7, True) == (proved.code, "maintenance is on" in proved.out)
    assert "FAIL" not in proved.out
    assert "maintenance is on" in told.out
    assert (0, 503) == (again.code, still.status_code), again.err
    assert (0, 200) == (opened.code, after.status_code), opened.err
    assert "maintenance is off\n" == stack.inv("maintenance").out
