"""Who is calling: the address behind the proxy, and the id the proxy gave the request."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.types import Scope

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
IPV6_SITE_BITS = 64

Networks = Sequence[IPv4Network | IPv6Network]


def client_address(scope: Scope, trusted: Networks) -> str:
    """
    Address of the person's side of the connection.

    X-Real-IP, else the last entry of X-Forwarded-For (the one our own proxy wrote), is believed
    only where the connection comes from a trusted network.
    """
    peer: str = scope["client"][0] if scope.get("client") else ""
    if not is_within(peer, trusted):
        return peer
    headers = Headers(scope=scope)
    handed_in = headers.get("x-real-ip") or headers.get("x-forwarded-for", "").rpartition(",")[2]
    return handed_in.strip() if is_address(handed_in.strip()) else peer


def client_site(address: str) -> str:
    """What is counted as one client: an IPv4 address, or the /64 network that one IPv6 subscriber has."""
    if is_address(address) and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/{IPV6_SITE_BITS}", strict=False))
    return address


def request_id(headers: Headers) -> str:
    handed_in = headers.get("x-request-id", "")
    return handed_in if REQUEST_ID.fullmatch(handed_in) else uuid4().hex


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_within(address: str, networks: Networks) -> bool:
    return is_address(address) and any(ip_address(address) in network for network in networks)
