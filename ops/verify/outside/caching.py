"""Caching and encoding: what may be kept for how long, what is compressed, and how it is asked for again."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ..exchange import Exchange
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .site import FRESH, Site

GROUP = "caching"
NAMED = re.compile(r"[.-]([A-Za-z0-9_-]{8,})\.[a-z0-9]+$")
A_YEAR_S = 31_536_000
NOT_MODIFIED = 304
MOST_ASSETS = 4
SHORTEST_HASH = 8


def max_age_s(exchange: Exchange) -> int | None:
    """The ``max-age`` of Cache-Control, or None where it has none."""
    found = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d+)", exchange.header("cache-control").lower())
    return int(found[1]) if found else None


def words(exchange: Exchange) -> set[str]:
    """The words of Cache-Control, without values, in lower case."""
    return {part.strip().partition("=")[0].lower() for part in exchange.header("cache-control").split(",")} - {""}


def has_hash(path: str) -> bool:
    """Whether the file's name ends in what looks like a digest: letters with digits among them, or in both cases."""
    found = NAMED.search(path)
    if found is None:
        return False
    name = found[1].rpartition("-")[2] if len(found[1].rpartition("-")[2]) >= SHORTEST_HASH else found[1]
    return any(each.isdigit() for each in name) or (name != name.lower() and name != name.upper())


def suffix(url: str) -> str:
    """The extension of the file at *url*, without its dot."""
    return PurePosixPath(urlsplit(url).path).suffix.lstrip(".").lower()


def _assets(site: Site) -> list[str]:
    kinds = site.policy.caching.static_extensions
    return [url for url in site.assets if suffix(url) in kinds][:MOST_ASSETS]


@check(
    "CA1",
    GROUP,
    "error",
    "files with a hash in their name are kept for a year",
    rules=("nginx/assets-without-lifetime",),
)
def assets(site: Site) -> Iterator[Verdict]:
    """Others for the policy's least; their name does not change with their content."""
    found = _assets(site)
    if not found:
        yield skipped("the page loads no files of its own", site.base)
    for url in found:
        yield _lifetime(site, site.web.ask(url))


def _lifetime(site: Site, exchange: Exchange) -> Verdict:
    is_hashed = has_hash(urlsplit(exchange.url).path)
    least = A_YEAR_S if is_hashed else site.policy.caching.static_min_age_s
    promised = f"max-age of {least} or more" + (", immutable" if is_hashed else "")
    value = exchange.header("cache-control") or "no Cache-Control"
    mend = 'add_header Cache-Control "public, max-age=31536000, immutable";' if is_hashed else "expires 7d;"
    evidence = exchange.shown(("cache-control", "expires", "age"))
    if exchange.status > FRESH:
        return failed(promised, f"the page names it, and it answers {exchange.status}", exchange.url, "see the release")
    if (max_age_s(exchange) or 0) < least or words(exchange) & {"no-store", "no-cache", "private"}:
        return (failed if is_hashed else warned)(promised, value, exchange.url, mend, *evidence)
    if is_hashed and "immutable" not in words(exchange):
        return warned(promised, value, exchange.url, mend, *evidence)
    return passed(promised, value, exchange.url)


@check(
    "CA2",
    GROUP,
    "error",
    "the page itself is asked for again each time",
    rules=("nginx/page-without-no-cache", "nginx/page-cached-long"),
)
def pages(site: Site) -> Iterator[Verdict]:
    """After a release nobody is left with the old one."""
    if site.home.kind != "text/html":
        yield skipped("the address answers with no page", site.base)
        return
    allowed = site.policy.caching.page_allowed
    fresh = bool(words(site.home) & {"no-cache", "no-store"}) or max_age_s(site.home) == 0
    promised = f"one of {', '.join(allowed)}"
    value = site.home.header("cache-control")
    evidence = site.home.shown(("cache-control", "expires"))
    mend = 'add_header Cache-Control "no-cache"; for the page'
    if fresh:
        yield passed(promised, value, site.home.url)
    elif (max_age_s(site.home) or 0) >= site.policy.caching.long_age_s or "immutable" in words(site.home):
        yield failed(promised, value, site.home.url, mend, *evidence)
    else:
        yield warned(promised, value or "no Cache-Control, so a browser guesses", site.home.url, mend, *evidence)


@check("CA3", GROUP, "error", "answers of the API are not kept")
def api(site: Site) -> Iterator[Verdict]:
    """no-store, or private: a shared cache would hand one person's answer to another."""
    found = [site.web.ask(site.at(path)) for path in site.api]
    if not found:
        yield skipped("no route of an API is known", site.base)
    for exchange in found:
        value = exchange.header("cache-control")
        if words(exchange) & {"no-store", "private"}:
            yield passed("no-store or private", value, exchange.url)
        else:
            mend = "send Cache-Control: no-store with every answer of the API"
            yield failed("no-store or private", value or "no Cache-Control", exchange.url, mend, exchange.line)


@check("CA4", GROUP, "warning", "what a browser has is not sent again")
def not_modified(site: Site) -> Iterator[Verdict]:
    """304 for the ETag that the server gave, the strong one and the weak one of a compressed answer."""
    for url in (site.home.url, *_assets(site)[:1]):
        for encoding in ("identity", "gzip"):
            yield from _again(site, url, encoding)


def _again(site: Site, url: str, encoding: str) -> Iterator[Verdict]:
    first = site.web.ask(url, headers={"Accept-Encoding": encoding})
    tag = first.header("etag")
    target, promised = f"{url} ({encoding})", "304 for its own ETag"
    if first.status > FRESH or (not tag and "no-store" in words(first)):
        yield skipped("not kept at all" if first.status <= FRESH else f"answers {first.status}", target)
        return
    if not tag:
        yield warned(promised, "no ETag", target, "leave etag on", first.line)
        return
    second = site.web.ask(url, headers={"Accept-Encoding": encoding, "If-None-Match": tag})
    if second.status == NOT_MODIFIED:
        yield passed(promised, f"{tag} -> 304", target)
    elif second.content != first.content:
        yield skipped("the page is another one each time", target)
    else:
        yield failed(promised, f"{tag} -> {second.status}", target, "let nginx answer for files", second.line)


@check("CA5", GROUP, "info", "dates are compared too", quick=False)
def modified_since(site: Site) -> Iterator[Verdict]:
    """304 for the Last-Modified that the server gave."""
    for url in _assets(site)[:1] or [site.home.url]:
        since = site.web.ask(url).header("last-modified")
        if not since:
            yield skipped("no Last-Modified", url)
            continue
        second = site.web.ask(url, headers={"If-Modified-Since": since})
        make = passed if second.status == NOT_MODIFIED else failed
        if make is passed:
            yield passed("304 for its own date", "304", url)
        else:
            yield failed("304 for its own date", str(second.status), url, "if_modified_since exact;", second.line)


def _compressible(site: Site, exchange: Exchange) -> bool:
    kinds = {"text/html", *site.policy.gzip.recommended_types}
    return exchange.kind in kinds and len(exchange.body) >= max(1400, site.policy.gzip.recommended_min_length_bytes)


@check("CA6", GROUP, "error", "text is compressed", rules=("nginx/gzip-off", "nginx/gzip-types-missing"))
def compressed(site: Site) -> Iterator[Verdict]:
    """Files of more than one packet, asked for as a browser does."""
    texts = [
        each for each in (site.web.ask(url) for url in (site.home.url, *_assets(site))) if _compressible(site, each)
    ]
    if not texts:
        yield skipped("neither the page nor its files are text of more than one packet", site.base)
    for plain in texts:
        small = site.web.ask(plain.url, headers={"Accept-Encoding": "gzip"})
        promised = "Content-Encoding: gzip"
        observed = f"{len(plain.body)} -> {len(small.body)} bytes"
        if small.encoding == "gzip" and small.content == plain.body:
            yield passed(promised, observed, plain.url)
        elif small.encoding == "gzip":
            yield passed(promised, f"{observed}; the page is another one each time", plain.url)
        else:
            yield failed(
                promised,
                f"{plain.kind} of {len(plain.body)} bytes, plain",
                plain.url,
                f"gzip on; gzip_types {plain.kind};",
                *small.shown(("content-type", "content-encoding", "via")),
            )


@check("CA8", GROUP, "error", "caches keep compressed and plain answers apart", rules=("nginx/gzip-without-vary",))
def vary(site: Site) -> Iterator[Verdict]:
    """Vary: Accept-Encoding on whatever is compressed, and on its plain form."""
    for url in (site.home.url, *_assets(site)[:2]):
        small = site.web.ask(url, headers={"Accept-Encoding": "gzip"})
        if not small.encoding:
            yield skipped("not compressed", url)
            continue
        plain = site.web.ask(url)
        without = [name for name, each in (("compressed", small), ("plain", plain)) if not _varies(each)]
        if without:
            yield failed(
                "Vary: Accept-Encoding",
                f"missing from the {' and the '.join(without)} form",
                url,
                "gzip_vary on;",
                *small.shown(("vary", "content-encoding")),
            )
        else:
            yield passed("Vary: Accept-Encoding", small.header("vary"), url)


def _varies(exchange: Exchange) -> bool:
    named = {word.strip().lower() for word in exchange.header("vary").split(",")}
    return bool(named & {"accept-encoding", "*"})


@check("CA9", GROUP, "warning", "nothing is compressed twice, and no picture", rules=("nginx/gzip-type-useless",))
def compressed_once(site: Site) -> Iterator[Verdict]:
    """Pictures and fonts are compressed already; a body that is gzip inside gzip cannot be read."""
    for url in (site.home.url, *site.assets[:MOST_ASSETS]):
        answer = site.web.ask(url, headers={"Accept-Encoding": "gzip"})
        if not answer.encoding:
            yield passed("compressed at most once", "plain", url)
        elif answer.kind in site.policy.gzip.useless_types:
            yield failed(
                "pictures and fonts as they are", f"{answer.kind} compressed again", url, "take it out of gzip_types"
            )
        elif _is_gzip(answer.content):
            yield failed("compressed at most once", "gzip inside gzip", url, "compress in one place only", answer.line)
        else:
            yield passed("compressed at most once", answer.encoding, url)


def _is_gzip(content: bytes | None) -> bool:
    if not content or content[:2] != b"\x1f\x8b":
        return False
    try:
        zlib.decompressobj(31).decompress(content, 1)
    except zlib.error:
        return False
    return True


@check("CA10", GROUP, "error", "a file is the same, compressed or not")
def twins(site: Site) -> Iterator[Verdict]:
    """A twin made at another build, ``name.gz``, would give browsers another release than the name says."""
    found = _assets(site)
    if not found:
        yield skipped("the page loads no files of its own", site.base)
    for url in found:
        plain, small = site.web.ask(url), site.web.ask(url, headers={"Accept-Encoding": "gzip"})
        if small.encoding != "gzip":
            yield skipped("not compressed", url)
        elif small.content == plain.body:
            yield passed("the same content", f"{len(plain.body)} bytes, {len(small.body)} compressed", url)
        else:
            mend = "make the compressed twins in the same build as the files"
            yield failed("the same content", "another content when compressed", url, mend, small.line)


CHECKS: tuple[Check[Site], ...] = (
    assets,
    pages,
    api,
    not_modified,
    modified_since,
    compressed,
    vary,
    compressed_once,
    twins,
)
