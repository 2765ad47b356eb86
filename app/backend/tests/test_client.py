from ipaddress import ip_network

import pytest
from starlette.datastructures import Headers

from agentchat.client import client_address, client_site, request_id
from agentchat.origins import is_forged

PROXIES = [ip_network("172.16.0.0/12"), ip_network("fc00::/7")]


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        ("172.18.0.2", {"x-real-ip": "203.0.113.7"}, "203.0.113.7"),
        ("172.18.0.2", {"x-real-ip": "2001:db8::1"}, "2001:db8::1"),
        ("172.18.0.2", {"x-forwarded-for": "6.6.6.6, 203.0.113.7"}, "203.0.113.7"),
        ("172.18.0.2", {"x-real-ip": "<script>"}, "172.18.0.2"),
        ("172.18.0.2", {}, "172.18.0.2"),
        ("203.0.113.9", {"x-real-ip": "127.0.0.1", "x-forwarded-for": "127.0.0.1"}, "203.0.113.9"),
    ],
)
def test_only_our_own_proxy_is_believed(peer: str, headers: dict[str, str], expected: str) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    assert client_address({"type": "http", "client": (peer, 1), "headers": raw}, PROXIES) == expected


def test_a_connection_without_an_address_has_none() -> None:
    assert client_address({"type": "http", "client": None, "headers": []}, PROXIES) == ""


def test_one_ipv6_subscriber_counts_as_one_client() -> None:
    assert client_site("2001:db8:1:2::1") == client_site("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert client_site("203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("handed_in", ["", "a b", "x" * 65, "id\nforged"])
def test_a_request_id_that_is_none_is_replaced(handed_in: str) -> None:
    assert request_id(Headers({"x-request-id": "0f-A.z"})) == "0f-A.z"
    assert len(request_id(Headers({"x-request-id": handed_in}))) == 32


OURS = {"host": "chat.example:8090"}


@pytest.mark.parametrize(
    ("headers", "forged"),
    [
        ({"sec-fetch-site": "same-origin", "origin": "https://chat.example"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site", "origin": "https://evil.example"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"origin": "http://chat.example:8090"}, False),
        ({"origin": "http://chat.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://partner.example", "sec-fetch-site": "cross-site"}, False),
        ({}, False),
    ],
)
def test_only_our_own_and_the_allowed_pages_change_anything(headers: dict[str, str], forged: bool) -> None:
    assert is_forged("POST", Headers(OURS | headers), ("https://partner.example",)) is forged


def test_reading_is_free() -> None:
    assert not is_forged("GET", Headers(OURS | {"sec-fetch-site": "cross-site"}), ())
