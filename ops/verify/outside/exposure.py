"""What must not be had: files of the workshop, listings, insides; compared with what an unknown address gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from ..exchange import Exchange
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .site import FRESH, Site

GROUP = "exposure"


@dataclass(frozen=True)
class Bait:
    """
    A file that should not be there.

    Attributes:
        sign: What its content looks like, so that a fallback page is none.
        is_page: Whether it is a page of HTML itself.
    """

    path: str
    sign: str
    is_page: bool = False


QUICK_BAITS = (
    Bait("/.git/HEAD", r"\Aref: |\A[0-9a-f]{40}\s"),
    Bait("/.git/config", r"\[core\]"),
    Bait("/.env", r"(?m)^\s*(export )?[A-Za-z_]\w*="),
    Bait("/.DS_Store", r"\A\x00\x00\x00\x01Bud1|\A.{0,4}Bud1"),
    Bait("/docker-compose.yml", r"(?m)^services:"),
    Bait("/nginx.conf", r"(?m)^\s*(http|server)\s*\{"),
    Bait("/backup.sql", r"(?i)(create table|insert into|dump)"),
)
MORE_BAITS = (
    Bait("/.env.production", r"(?m)^\s*(export )?[A-Za-z_]\w*="),
    Bait("/.env.local", r"(?m)^\s*(export )?[A-Za-z_]\w*="),
    Bait("/docker.env", r"(?m)^\s*(export )?[A-Za-z_]\w*="),
    Bait("/.svn/entries", r"\A\d+\s"),
    Bait("/.hg/requires", r"(?m)^(revlogv1|store)"),
    Bait("/.htpasswd", r"(?m)^[^:\s]+:(\$|\{)"),
    Bait("/.npmrc", r"registry|_auth"),
    Bait("/.aws/credentials", r"\[\w+\]"),
    Bait("/.ssh/id_rsa", r"PRIVATE KEY"),
    Bait("/id_rsa", r"PRIVATE KEY"),
    Bait("/privkey.pem", r"PRIVATE KEY"),
    Bait("/dump.sql", r"(?i)(create table|insert into|dump)"),
    Bait("/database.sqlite", r"\ASQLite format 3"),
    Bait("/db.sqlite3", r"\ASQLite format 3"),
    Bait("/config.yaml", r"(?m)^\w+:"),
    Bait("/compose.yaml", r"(?m)^services:"),
    Bait("/Dockerfile", r"(?m)^FROM "),
    Bait("/package.json", r"\"(dependencies|scripts|version)\""),
    Bait("/wp-config.php.bak", r"DB_PASSWORD"),
    Bait("/phpinfo.php", r"phpinfo\(\)|PHP Version", is_page=True),
)
PRIVATE = (
    Bait("/nginx_status", r"Active connections"),
    Bait("/stub_status", r"Active connections"),
    Bait("/server-status", r"Apache Server Status", is_page=True),
    Bait("/metrics", r"(?m)^# (HELP|TYPE) "),
    Bait("/actuator/env", r"propertySources"),
    Bait("/debug/pprof/", r"goroutine", is_page=True),
)
TRACES = re.compile(
    r"Traceback \(most recent call last\)|^\s+at [\w.$]+\(.*\.java:\d+\)|Stack trace:|\bat Object\.<anonymous>|"
    r"Werkzeug Debugger|DEBUG = True|Fatal error: .* in /|\.go:\d+ \+0x",
    re.MULTILINE,
)
LISTING = re.compile(r"<title>Index of /|<h1>Index of /|Directory listing for /", re.IGNORECASE)


def _bait(site: Site, bait: Bait) -> Verdict:
    url = site.at(bait.path)
    answer = site.web.ask(url)
    promised = "not there"
    if answer.status > FRESH:
        return passed(promised, str(answer.status), url)
    mend = r"location ~ /\. { return 404; } and keep it out of the folder that is served"
    evidence = answer.shown(("content-type", "content-length", "last-modified"))
    if _is_fallback(site, answer):
        return passed(promised, f"{answer.status} with the page that every unknown address gets", url)
    looks_right = re.search(bait.sign, answer.text) is not None
    if not answer.body or (answer.text.lstrip()[:1] == "<" and not (bait.is_page and looks_right)):
        return passed(promised, f"{answer.status} with a page, not the file", url)
    if looks_right:
        return failed(promised, f"{answer.status}, and it is what its name says", url, mend, *evidence)
    return warned(
        promised, f"{answer.status} with {answer.kind or 'no type'}, {len(answer.body)} bytes", url, mend, *evidence
    )


def _is_fallback(site: Site, answer: Exchange) -> bool:
    """Whether it is what an address gets that cannot exist, the address itself left out of both."""
    return _without(answer) == _without(site.missing) or _without(answer) == _without(site.home)


def _without(exchange: Exchange) -> str:
    return exchange.text.replace(exchange.path, "").replace(exchange.url, "")


@check(
    "EX1",
    GROUP,
    "error",
    "no file of the workshop is served",
    rules=("nginx/dotfiles-served", "nginx/secret-file-served"),
)
def baits(site: Site) -> Iterator[Verdict]:
    """The usual ones: repository, env file, compose file, dump."""
    for bait in QUICK_BAITS:
        yield _bait(site, bait)


@check(
    "EX1b",
    GROUP,
    "error",
    "no further file of the workshop is served",
    quick=False,
    rules=("nginx/dotfiles-served", "nginx/secret-file-served"),
)
def more_baits(site: Site) -> Iterator[Verdict]:
    """Those that are seen less often."""
    for bait in MORE_BAITS:
        yield _bait(site, bait)


@check("EX2", GROUP, "warning", "the source of the page's scripts is not served")
def source_maps(site: Site) -> Iterator[Verdict]:
    """A source map beside a script holds the source as it was written."""
    scripts = [url for url in site.assets if url.partition("?")[0].endswith((".js", ".mjs"))][:2]
    if not scripts:
        yield skipped("the page loads no script of its own", site.base)
    for script in scripts:
        url = f"{script.partition('?')[0]}.map"
        answer = site.web.ask(url)
        if answer.status <= FRESH and isinstance(answer.json(), dict) and "mappings" in answer.json():
            yield failed(
                "no source map",
                f"{answer.status}, {len(answer.body)} bytes",
                url,
                "build without source maps, or keep them inside",
            )
        else:
            yield passed("no source map", str(answer.status), url)


@check("EX3", GROUP, "warning", "the API does not document itself to the world")
def documentation(site: Site) -> Iterator[Verdict]:
    """Swagger pages are for developers; a schema alone is a warning."""
    for path in ("/docs", "/api/docs", "/openapi.json", "/api/openapi.json"):
        url = site.at(path)
        answer = site.web.ask(url)
        data = answer.json() if answer.status <= FRESH and "json" in answer.kind else None
        if isinstance(data, dict) and "paths" in data:
            yield warned(
                "no schema for everybody", f"{len(data['paths'])} paths", url, "serve it only where API_DOCS is set"
            )
        elif answer.status <= FRESH and "swagger-ui" in answer.text.lower() and not _is_fallback(site, answer):
            yield failed("no documentation page", str(answer.status), url, "docs_url=None in production", answer.line)
        else:
            yield passed("no documentation", str(answer.status), url)


@check("EX4", GROUP, "error", "counters and insides stay inside", rules=("nginx/status-page-open",))
def status_pages(site: Site) -> Iterator[Verdict]:
    """Pages that tell how busy a server is, or what it is made of."""
    for bait in PRIVATE:
        yield _bait(site, bait)


@check("EX5", GROUP, "error", "no folder is listed", rules=("nginx/folder-listing",))
def listings(site: Site) -> Iterator[Verdict]:
    """The folders of the page's own files."""
    folders = tuple(dict.fromkeys(urljoin(url, ".") for url in site.assets))[:3] or (site.at("/assets/"),)
    for url in folders:
        answer = site.web.ask(url)
        if answer.status <= FRESH and LISTING.search(answer.text):
            yield failed("no listing", "an index of files", url, "autoindex off;", answer.line)
        else:
            yield passed("no listing", str(answer.status), url)


@check("EX6", GROUP, "error", "no path climbs out of its folder", rules=("nginx/alias-traversal",))
def traversal(site: Site) -> Iterator[Verdict]:
    """What an alias without a closing slash gives away, and encoded dots."""
    if not site.is_ours:
        yield skipped("tried on a stack of one's own alone", site.base)
        return
    folders = tuple(dict.fromkeys(urljoin(url, ".") for url in site.assets))[:2] or (site.at("/static/"),)
    for folder in folders:
        for climb in (f"{folder.rstrip('/')}../etc/passwd", f"{folder}..%2f..%2f..%2f..%2fetc%2fpasswd"):
            target = climb.partition("://")[2].partition("/")[2]
            answer = site.web.ask_anew(folder, target=f"/{target}")
            if answer.status <= FRESH and re.search(r"^root:.*:0:0:", answer.text, re.MULTILINE):
                yield failed(
                    "refused or not found", "a file of the machine", climb, "end alias and location with a slash both"
                )
            else:
                yield passed("refused or not found", str(answer.status), climb)


@check("EX8", GROUP, "error", "errors tell nothing about the inside")
def traces(site: Site) -> Iterator[Verdict]:
    """No traceback, no path of a source file."""
    addresses = (
        site.missing,
        site.missing_file,
        *(site.web.ask(site.at(f"{path}/fairlead-{site.nonce}")) for path in site.api),
    )
    for answer in addresses:
        found = TRACES.search(answer.text)
        if found:
            yield failed(
                "an error without its cause", found[0].strip()[:60], answer.url, "switch debug off", answer.line
            )
        else:
            yield passed("an error without its cause", str(answer.status), answer.url)


@check("EX9", GROUP, "info", "security.txt says where to report a hole", quick=False)
def security_txt(site: Site) -> Iterator[Verdict]:
    """RFC 9116: a contact, and a day until which it holds."""
    url = site.at("/.well-known/security.txt")
    answer = site.web.ask(url)
    if answer.status > FRESH or answer.kind == "text/html":
        yield failed("Contact and Expires", "not there", url, "write one: https://securitytxt.org")
        return
    lines = dict(line.partition(":")[::2] for line in answer.text.splitlines() if ":" in line and line[0] != "#")
    expires = lines.get("Expires", "").strip()
    if "Contact" not in lines or not expires:
        yield failed("Contact and Expires", "incomplete", url, "RFC 9116 asks for both")
    elif expires < f"{site.now:%Y-%m-%dT%H:%M:%S}":
        yield failed("not expired", f"expired {expires}", url, "renew the date")
    else:
        yield passed("Contact and Expires", f"until {expires}", url)


CHECKS: tuple[Check[Site], ...] = (
    baits,
    more_baits,
    source_maps,
    documentation,
    status_pages,
    listings,
    traversal,
    traces,
    security_txt,
)
