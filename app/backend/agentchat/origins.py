"""Which pages may change something: our own, and those of ALLOWED_ORIGINS."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_forged(method: str, headers: Headers, allowed: Collection[str]) -> bool:
    """
    Whether a browser sent the request from another site's page.

    Browsers say so in Sec-Fetch-Site (towards HTTPS and localhost) and in Origin;
    a request with neither comes from no page.
    """
    if method in SAFE_METHODS or headers.get("origin", "").rstrip("/") in allowed:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
