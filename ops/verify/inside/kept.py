"""Each location of the edge keeps what its configuration promises; and the configuration is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from ...certificates.site import site_texts
from ...edge import MAIN, generation_files
from ...maintenance.texts import is_written
from ...settings import EdgeSettings
from ..outside.site import FRESH
from ..promises.comparing import Difference
from ..promises.probing import Witnessed
from ..promises.running import Running
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen
from .installation import Installation

GROUP = "promises"
MOST_EARLIER = 3
TWINS = (".gz", ".br", ".zst")
EVIDENCE = ("location", "content-type", "content-encoding", "vary", "cache-control")


def _verdict(witness: Witnessed, promised: str, kept: str, found: list[Difference]) -> Verdict:
    exchange = witness.exchange
    if witness.expected is None:
        return unseen("the configuration cannot tell what is promised here", witness.label, promised)
    if not found:
        return passed(promised, kept, witness.label, place=_place(witness))
    first = found[0]
    said = "; ".join(map(str, found))
    wanted = "; ".join(f"{each.name}: {each.promised or 'not sent'}" for each in found)
    mend = f"reload nginx; inv why --url {witness.aim.listener.inside}{exchange.path} shows the promise"
    place = first.place or _place(witness)
    return failed(wanted, said, witness.label, mend, *exchange.shown((*EVIDENCE, first.name)), place=place)


def _place(witness: Witnessed) -> str:
    expected = witness.expected
    if expected is None or expected.hops[0].answer.block is None:
        return ""
    return expected.hops[0].nginx.place(expected.hops[0].answer.block.place)


def _no_nginx(stack: Installation) -> str:
    """Why nothing is promised; empty where an nginx of this stack is published, or should be."""
    if stack.edge is None and not stack.troubles:
        return "no nginx of this stack is published on this machine"
    return ""


def _witnesses(stack: Installation) -> list[Witnessed]:
    return [witness for each in stack.covered for witness in each.witnessed]


@check(
    "HD14",
    GROUP,
    "error",
    "each location sends the headers that its configuration promises",
    rules=("nginx/headers-dropped", "nginx/header-without-always"),
)
def headers(stack: Installation) -> Iterator[Verdict]:
    """After inheritance, for the status that came, through every nginx on the way."""
    if why := _no_nginx(stack):
        yield skipped(why)
        return
    for witness in _witnesses(stack):
        names = [] if witness.expected is None else witness.expected.headers(witness.exchange.status)
        yield _verdict(witness, f"{len(names)} headers", "all of them, once, as promised", witness.headers())


@check("RD10", GROUP, "error", "each location answers with the status and redirect that its configuration promises")
def statuses(stack: Installation) -> Iterator[Verdict]:
    """Where the configuration alone decides; another server's answer is its own."""
    if why := _no_nginx(stack):
        yield skipped(why)
        return
    for witness in _witnesses(stack):
        difference = witness.redirect()
        status = witness.expected.status if witness.expected else None
        promised = str(status) if status else "what the server behind answers"
        yield _verdict(witness, promised, str(witness.exchange.status), [difference] if difference else [])


@check(
    "CA12",
    GROUP,
    "error",
    "each location compresses as its configuration promises",
    rules=("nginx/gzip-off", "nginx/gzip-types-missing"),
)
def compression(stack: Installation) -> Iterator[Verdict]:
    """By type and length, with Vary."""
    if why := _no_nginx(stack):
        yield skipped(why)
        return
    for witness in _witnesses(stack):
        difference = witness.compression()
        kept = witness.small.encoding or "plain"
        yield _verdict(witness, "compression by type and length", kept, [difference] if difference else [])


@check("HD16", GROUP, "info", "each location was seen at work", quick=False)
def coverage(stack: Installation) -> Iterator[Verdict]:
    """What nobody could ask for is named, so that a silence is no proof."""
    if why := _no_nginx(stack):
        yield skipped(why)
        return
    for each in stack.covered:
        if each.witnessed:
            paths = ", ".join(f"{witness.exchange.path} ({witness.exchange.status})" for witness in each.witnessed)
            yield passed("a request that it answers", paths, each.aim.label)
        else:
            yield skipped(each.why_not, each.aim.label)


@check("CA11", "caching", "error", "files of earlier releases are still served")
def earlier(stack: Installation) -> Iterator[Verdict]:
    """Somebody who loaded the page before a release still asks for the files that it named."""
    edge, site = stack.edge, stack.site
    named = {urlsplit(url).path for url in site.assets}
    if edge is None or not named:
        yield skipped("no nginx of this stack is published here, or the page loads no files", site.base)
        return
    folders = {path.rpartition("/")[0] + "/" for path in named}
    on_disk = sorted(path for path in edge.folder.entries if edge.folder(path) == "file" and not path.endswith(TWINS))
    older = [name for name in map(_address(edge, folders), on_disk) if name and name not in named][:MOST_EARLIER]
    if not older:
        yield skipped("no earlier release has left files here", site.base)
    for path in older:
        answer = site.web.ask(site.at(path))
        if answer.status <= FRESH and answer.kind != "text/html":
            yield passed("200", str(answer.status), path)
        else:
            yield failed(
                "200", f"{answer.status}, {answer.kind}", path, "keep the files of earlier releases", answer.line
            )


def _address(edge: Running, folders: set[str]) -> Callable[[str], str]:
    """Gives the address of a file below one of *folders*, by the roots of the configuration; empty for others."""
    roots = sorted({each.value.rstrip("/") for each in edge.config.find("root")}, key=len, reverse=True)

    def found(path: str) -> str:
        inside = next((path.removeprefix(root) for root in roots if path.startswith(f"{root}/")), "")
        return inside if inside.rpartition("/")[0] + "/" in folders else ""

    return found


@check(
    "CT11", "containers", "error", "nginx runs with the configuration of these files", rules=("nginx/include-missing",)
)
def configuration(stack: Installation) -> Iterator[Verdict]:
    """File by file, as nginx itself prints them."""
    for trouble in stack.troubles:
        yield unseen(trouble, promised="as in the repository")
    edge, settings = stack.edge, stack.patient.settings.edge
    if edge is None or settings is None:
        yield skipped("fairlead.yaml has no edge")
        return
    live = f"{settings.mount.rstrip('/')}/live/"
    wanted = "as in the release" if stack.patient.released else "as in the repository"
    again = f"{'inv deploy' if stack.patient.released else 'inv up'} tests it and switches to it"
    for name, text in _promised(stack, settings).items():
        path = live + name
        if path not in edge.texts:
            if name == MAIN:
                yield failed("read by nginx", f"nginx was started with {edge.main}", edge.container, again, place=name)
            continue
        place = edge.ours.get(path, path)
        if is_written(edge.texts[path]):
            yield passed("as maintenance wants it", "the same", path, place=place)
        elif edge.texts[path].strip() == text.strip():
            yield passed(wanted, "the same", path, place=place)
        else:
            yield failed(wanted, "another text", path, again, place=place)


def _promised(stack: Installation, settings: EdgeSettings) -> Mapping[str, str]:
    """The files of the generation that should run: those of the release on a host, else of the repository."""
    released, opened = stack.patient.released, stack.patient.stack
    if released is not None:
        return released.nginx
    return generation_files(settings, site_texts(opened) if opened else {})


CHECKS: tuple[Check[Installation], ...] = (headers, statuses, compression, earlier, coverage, configuration)
