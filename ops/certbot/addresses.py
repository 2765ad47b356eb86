"""Which addresses are ours: those of the host's interfaces, and those that the settings name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, ip_address, ip_network

from ..host import Host

FOUR, SIX = "/proc/net/fib_trie", "/proc/net/if_inet6"
LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")
LOOPBACK = ip_network("127.0.0.0/8")
PROXIES = {
    "cf-ray": "Cloudflare",
    "x-amz-cf-id": "CloudFront",
    "x-served-by": "Fastly",
    "x-fastly-request-id": "Fastly",
    "x-akamai-request-id": "Akamai",
    "x-azure-ref": "Azure Front Door",
    "x-vercel-id": "Vercel",
    "x-nf-request-id": "Netlify",
    "fly-request-id": "Fly.io",
    "x-sucuri-id": "Sucuri",
    "x-iinfo": "Imperva",
    "cdn-requestid": "bunny.net",
}
"""Headers that only these put into their answers."""

PROXY_SERVERS = ("cloudflare", "cloudfront", "akamaighost", "netlify", "vercel", "bunnycdn", "fly", "awselb", "gws")


def own_addresses(host: Host, named: Iterable[str] = ()) -> frozenset[str]:
    """The addresses of *host*, and *named*; link-local ones are left out, since no name leads there."""
    found = [*_interfaces(host), *named]
    return frozenset(str(ip_address(each)) for each in found)


def is_ours(address: str, own: frozenset[str]) -> bool:
    """Whether *address* is one of ours; every 127.x.y.z is the machine itself."""
    parsed = ip_address(address)
    return str(parsed) in own or (parsed.version == LOOPBACK.version and parsed in LOOPBACK)


def proxy_name(headers: dict[str, str]) -> str:
    """Which proxy or content network gave an answer with *headers*; empty where none shows itself."""
    for header, name in PROXIES.items():
        if header in headers:
            return name
    server = headers.get("server", "").lower().partition("/")[0]
    if server in PROXY_SERVERS:
        return headers["server"]
    via = headers.get("via", "")
    return f'a proxy ("Via: {via}")' if via else ""


def _interfaces(host: Host) -> Iterator[str]:
    yield from LOCAL.findall(host.read(FOUR) or "")
    for line in (host.read(SIX) or "").splitlines():
        address = IPv6Address(int(line.split()[0], 16))
        if not address.is_link_local:
            yield str(address)
