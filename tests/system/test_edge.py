"""What the edge promises, asked of the running stack: routing, headers, caching, compression, streams, limits."""

from __future__ import annotations

import re
from functools import partial

import httpx
import pytest

from .people import conversation, person

SECURITY_HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "x-xss-protection": "0",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture(scope="module")
def asset(site):
    """The path of the page's largest script."""
    page = httpx.get(site).text
    scripts = re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', page)
    return max(scripts, key=lambda path: len(httpx.get(site + path).content))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/some/page/of/the/app", 200),
        ("/health", 200),
        ("/version", 200),
        ("/api/me", 401),
        ("/api/no-such-route", 404),
        ("/assets/no-such-file.js", 404),
        ("/.env", 404),
        ("/.git/config", 404),
        ("/.well-known/acme-challenge/no-such-token", 404),
    ],
)
def test_every_answer_carries_the_security_headers(site, path, status):
    answer = httpx.get(site + path)

    assert status == answer.status_code
    assert SECURITY_HEADERS.items() <= dict(answer.headers).items()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "nginx" == answer.headers["server"]
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    for name in SECURITY_HEADERS:
        assert 1 == len(answer.headers.get_list(name))


def test_hashed_assets_stay_for_a_year_and_come_precompressed(site, asset):
    answer = httpx.get(site + asset, headers={"Accept-Encoding": "gzip"})

    assert ["public, max-age=31536000, immutable"] == answer.headers.get_list("cache-control")
    assert "gzip" == answer.headers["content-encoding"]
    assert "Accept-Encoding" in answer.headers["vary"]
    assert "content-length" in answer.headers
    assert SECURITY_HEADERS.items() <= dict(answer.headers).items()


def test_the_page_itself_is_never_kept(site):
    answer = httpx.get(site + "/")

    assert ["no-cache, no-store, must-revalidate"] == answer.headers.get_list("cache-control")


def test_a_missing_asset_is_not_kept_for_a_year(site):
    answer = httpx.get(site + "/assets/gone-1234.js")

    assert 404 == answer.status_code
    assert "max-age=31536000" not in answer.headers.get("cache-control", "")


def test_answers_of_the_api_are_compressed_and_not_kept(site):
    with person(site) as client:
        for number in range(12):
            client.post("/api/conversations", json={"title": f"a conversation with a title, number {number}"})
        answer = client.get("/api/conversations", headers={"Accept-Encoding": "gzip"})

    assert (200, "gzip") == (answer.status_code, answer.headers.get("content-encoding"))
    assert ["no-store"] == answer.headers.get_list("cache-control")


def test_a_stream_comes_in_pieces_although_gzip_is_offered(site):
    with person(site) as client:
        path = conversation(client)
        with client.stream("POST", path, json={"text": "one two three four five six"}) as answer:
            pieces = list(answer.iter_raw())

    assert "text/event-stream" in answer.headers["content-type"]
    assert "content-encoding" not in answer.headers
    assert len(pieces) >= 4
    assert b"event: done" in pieces[-1]


def test_a_body_that_is_too_large_is_refused_in_json(site):
    answer = httpx.post(site + "/api/login", content=b"x" * 1_100_000)

    assert (413, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert "larger than 1 MB" in answer.json()["detail"]


def test_too_many_logins_are_refused_in_json(site):
    wrong = {"username": "nobody", "password": "not this one"}
    with httpx.Client(base_url=site, headers={"Origin": site}) as client:
        answers = [client.post("/api/login", json=wrong) for _ in range(60)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all("application/json" in answer.headers["content-type"] for answer in refused)
    assert {401, 429} >= {answer.status_code for answer in answers}


def test_a_name_that_is_not_ours_gets_no_answer(site):
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(site, headers={"Host": "elsewhere.example"})


def test_the_request_id_is_in_the_logs_of_edge_and_application(stack, until):
    answer = httpx.get(stack.site + "/api/me")
    identifier = answer.headers["x-request-id"]

    for service in ("nginx", "backend"):
        until(partial(_is_logged, stack, service, identifier), f"{identifier} in the log of {service}")


def _is_logged(stack, service, text):
    return text in stack.inv("logs", "--service", service).out


def test_a_client_cannot_pretend_another_address(stack, until):
    marker = "/api/pretending"
    httpx.get(stack.site + marker, headers={"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"})

    until(partial(_is_logged, stack, "backend", marker), f"{marker} in the log of the back end")
    assert "203.0.113.9" not in stack.inv("logs", "--service", "backend").out


def test_the_edge_is_ready_for_websockets(stack):
    configuration = stack.inside("nginx", "nginx", "-T", "-c", "/etc/nginx/edge/live/nginx.conf")

    assert "proxy_set_header Upgrade $http_upgrade;" in configuration
    assert "proxy_set_header Connection $connection_upgrade;" in configuration
