"""Methods that nobody needs are refused, and no coding comes that was not asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import NoAnswerError
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .site import FRESH, Site

OFFERED = ("br", "zstd", "deflate")
ODD = "FAIRLEAD"
MARK = "X-Fairlead-Trace"


@check("EX7", "exposure", "warning", "methods that nobody needs are refused")
def odd_methods(site: Site) -> Iterator[Verdict]:
    """TRACE sends a request back, with what a proxy added to it; a made-up one shows who answers without looking."""
    url = site.home.url
    methods = ("TRACE", ODD) if site.is_ours else ("TRACE",)
    for method in methods:
        target, promised = f"{method} {url}", "refused"
        try:
            answer = site.web.ask(url, method, {MARK: site.nonce})
        except NoAnswerError as error:
            if error.is_network and not site.home.status:
                raise
            yield passed(promised, f"refused: {error}", target)
            continue
        mend = "if ($request_method !~ ^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$) { return 405; }"
        if answer.status > FRESH:
            yield passed(promised, str(answer.status), target)
        elif site.nonce in answer.text:
            yield failed(promised, f"{answer.status}, and the request comes back", target, mend, answer.line)
        else:
            yield warned(promised, f"{answer.status}, as if it were a GET", target, mend, answer.line)


@check("CA7", "caching", "error", "no coding comes that was not offered")
def codings(site: Site) -> Iterator[Verdict]:
    """br and zstd are used only for who offers them; a client that offers one alone cannot read another."""
    urls = (site.home.url, *site.assets[:1])
    for url in urls:
        for offered in OFFERED:
            answer = site.web.ask(url, headers={"Accept-Encoding": offered})
            target, promised = f"{url} ({offered})", f"{offered}, or plain"
            if answer.encoding in ("", offered):
                yield passed(promised, answer.encoding or "plain", target)
            else:
                mend = "compress only by what Accept-Encoding offers: no gzip_static always;"
                yield failed(promised, answer.encoding, target, mend, *answer.shown(("content-encoding", "vary")))
    if not urls:
        yield skipped("the site has no page", site.base)


CHECKS: tuple[Check[Site], ...] = (odd_methods, codings)
