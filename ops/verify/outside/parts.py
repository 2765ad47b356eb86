"""The page in one piece: what it names is there, and streams stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from ..exchange import Exchange
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .site import FRESH, Site

MOST_PARTS = 12
FEW_BYTES = 64 * 1024
STREAM_S = 4.0
BROWSER = "gzip, deflate, br, zstd"
AT_ONCE_S = 0.05
SCRIPT = ("text/javascript", "application/javascript", "application/x-javascript", "application/ecmascript")
TYPES = {".js": SCRIPT, ".mjs": SCRIPT, ".css": ("text/css",)}
"""The types under which browsers take a file, by its suffix; the usual one first."""


@check(
    "AP5", "application", "error", "every file that the page names is there", rules=("nginx/asset-answered-with-page",)
)
def parts(site: Site) -> Iterator[Verdict]:
    """A missing script leaves a blank page; one answered with the page itself does too."""
    if not site.assets:
        yield skipped("the page loads no files of its own", site.base)
    for url in site.assets[:MOST_PARTS]:
        answer = site.web.ask(url)
        if answer.status > FRESH:
            yield failed("200", str(answer.status), url, "see that the release holds what its page names", answer.line)
        elif answer.kind == "text/html":
            mend = "try_files $uri =404; for files, so that the fallback is for pages only"
            yield failed(
                "a file", "the page itself, under the file's name", url, mend, *answer.shown(("content-type",))
            )
        else:
            yield _typed(answer)


def _typed(answer: Exchange) -> Verdict:
    """A script or style sheet under another type is refused by browsers where nosniff is sent."""
    wanted = TYPES.get(PurePosixPath(answer.path).suffix.lower())
    if wanted is None or answer.kind in wanted:
        return passed("200", f"{answer.status}, {answer.kind}", answer.url)
    is_strict = answer.header("x-content-type-options").lower().strip() == "nosniff"
    mend = "include mime.types; in http, and no default_type for files"
    evidence = answer.shown(("content-type", "x-content-type-options"))
    verdict = failed if is_strict else warned
    return verdict(wanted[0], answer.kind or "no type at all", answer.url, mend, *evidence)


@check(
    "AP10",
    "application",
    "warning",
    "a file that is not there is not answered with the page",
    rules=("nginx/missing-asset-answered-with-page",),
)
def missing_file(site: Site) -> Iterator[Verdict]:
    """A browser would run the page as a script and show nothing but an error in its console."""
    answer = site.missing_file
    if answer.status <= FRESH and answer.kind == "text/html":
        yield failed("404", f"{answer.status} with a page", answer.url, "try_files $uri =404; for files", answer.line)
    else:
        yield passed("404", str(answer.status), answer.url)


@check("AP11", "application", "error", "the API answers, not the page", rules=("nginx/asset-answered-with-page",))
def api(site: Site) -> Iterator[Verdict]:
    """In JSON, whatever the status: a fallback in its place would answer everything with 200."""
    if not site.api:
        yield skipped("no route of an API is known", site.base)
    for path in site.api:
        answer = site.web.ask(site.at(path))
        told = f"{answer.status}, {answer.kind or 'no type'}"
        if "json" in answer.kind and answer.json() is not None:
            yield passed("an answer in JSON", told, answer.url)
        else:
            mend = "see which location answers it (inv why --url), and that it passes on to the back end"
            yield failed("an answer in JSON", told, answer.url, mend, *answer.shown(("content-type",)))


@check("ST1", "streams", "error", "streams come piece by piece, compression offered", rules=("nginx/stream-held-back",))
def streams(site: Site) -> Iterator[Verdict]:
    """Asked as a browser asks: with gzip offered, which holds a stream back where its type is compressed."""
    found = _stream_paths(site)
    if not found:
        yield skipped("no address of a stream is known from outside", site.base)
    for path in found:
        url = site.at(path)
        headers = {"Accept": "text/event-stream", "Accept-Encoding": BROWSER}
        answer = site.web.ask_anew(url, headers=headers, most_bytes=FEW_BYTES, seconds=STREAM_S)
        yield _streamed(answer.url, answer.kind, answer.chunks, answer.encoding)


def _stream_paths(site: Site) -> list[str]:
    """GET routes without parameters that say text/event-stream in the API's own schema."""
    for path in ("/openapi.json", "/api/openapi.json"):
        answer = site.web.ask(site.at(path))
        data = answer.json() if answer.status <= FRESH and "json" in answer.kind else None
        if isinstance(data, dict):
            routes = data.get("paths") or {}
            return [str(route) for route, methods in routes.items() if "{" not in route and _is_stream(methods)][:2]
    return []


def _is_stream(methods: object) -> bool:
    get = methods.get("get") if isinstance(methods, dict) else None
    answers = (get or {}).get("responses") or {}
    return any(
        "text/event-stream" in (each.get("content") or {}) for each in answers.values() if isinstance(each, dict)
    )


def _streamed(url: str, kind: str, chunks: tuple[tuple[float, int], ...], encoding: str) -> Verdict:
    promised = "pieces as they come"
    shown = ", ".join(f"{size} B at {at:.2f} s" for at, size in chunks[:8]) or "nothing"
    mend = "proxy_buffering off; gzip off; for the stream, or X-Accel-Buffering: no from the application"
    if kind != "text/event-stream":
        return skipped(f"{kind or 'nothing'} instead of a stream", url)
    if len(chunks) > 1 and chunks[-1][0] - chunks[0][0] > AT_ONCE_S:
        return passed(promised, f"{len(chunks)} pieces: {shown}", url)
    if encoding or not chunks:
        return failed(promised, f"{shown}{', ' + encoding if encoding else ''}", url, mend)
    return warned(promised, f"all at once: {shown}", url, mend)


CHECKS: tuple[Check[Site], ...] = (parts, missing_file, api, streams)
