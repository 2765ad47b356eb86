"""TLS: versions, ciphers, groups, and what a handshake says beside."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from ...certificates.x509 import read_der
from ..errors import NoAnswerError
from ..tls.asking import is_address
from ..tls.hello import TLS_1_2, TLS_1_3, Hello, Refusal
from ..tls.suites import GROUPS, SUITES, VERSIONS
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from ..web import believing_all
from .handshake import label, no_tls, seen
from .site import Site

GROUP = "tls"
OLD = (0x0300, 0x0301, 0x0302)
HYBRID = "X25519MLKEM768"
FACTS = "tls"


@check(
    "TL6",
    GROUP,
    "error",
    "only TLS 1.2 and 1.3 are spoken",
    rules=("nginx/old-tls-protocol", "nginx/default-tls-protocols"),
)
def versions(site: Site) -> Iterator[Verdict]:
    """Each old version is offered alone; only the server's own refusal counts."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    spoken = {VERSIONS[each]: _speaks(site, each) for each in (*OLD, TLS_1_2, TLS_1_3)}
    new = [VERSIONS[each] for each in (TLS_1_2, TLS_1_3) if spoken[VERSIONS[each]]]
    if not new:
        yield unseen("neither TLS 1.2 nor 1.3 was answered, so a refusal proves nothing", label(site))
        return
    wanted = site.policy.tls.protocols
    told = [{"name": name, "spoken": is_spoken, "wanted": name in wanted} for name, is_spoken in spoken.items()]
    site.remembered(FACTS, lambda: told)
    old = [VERSIONS[each] for each in OLD if spoken[VERSIONS[each]]]
    allowed = ", ".join(site.policy.tls.protocols)
    mend = f"ssl_protocols {' '.join(site.policy.tls.protocols)}; in the default server of the socket too"
    if old:
        yield failed(f"only {allowed}", ", ".join(sorted({*old, *new})), label(site), mend)
    elif "TLSv1.3" not in new:
        yield warned(f"{allowed}", ", ".join(new), label(site), mend)
    else:
        yield passed(f"only {allowed}", ", ".join(new), label(site))


def _speaks(site: Site, version: int) -> bool:
    """Whether the server, offered *version* at most, answers with just that."""
    answer = site.server.speaks(version)
    return isinstance(answer, Hello) and answer.version == version


@check(
    "TL7",
    GROUP,
    "error",
    "only ciphers of Mozilla's guideline 6.0",
    rules=("nginx/weak-cipher", "nginx/cipher-outside-policy"),
)
def ciphers(site: Site) -> Iterator[Verdict]:
    """Every other cipher of TLS 1.2 is offered, and the server has to refuse."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    good = set(site.policy.tls.ciphers)
    if isinstance(site.server.hello(tuple(SUITES)), Refusal):
        if isinstance(site.server.speaks(TLS_1_3), Hello):
            yield passed("TLS 1.2 with six ciphers, or none", "TLS 1.3 alone", label(site))
        else:
            yield unseen("no hello was answered, so a refusal proves nothing", label(site))
        return
    bad = [SUITES[each] for each in site.server.accepted([each for each, name in SUITES.items() if name not in good])]
    promised = f"only {', '.join(sorted(good))}"
    if bad:
        mend = f"ssl_ciphers {':'.join(site.policy.tls.ciphers)};"
        yield failed(promised, f"also {', '.join(bad)}", label(site), mend)
    else:
        yield passed(promised, "every other one is refused", label(site))


@check("TL9", GROUP, "info", "the hybrid key exchange is offered", quick=False, rules=("nginx/no-hybrid-key-exchange",))
def groups(site: Site) -> Iterator[Verdict]:
    """X25519MLKEM768 keeps what is recorded today from being read by a later machine; OpenSSL 3.5 and newer has it."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    if not isinstance(site.server.speaks(TLS_1_3), Hello):
        yield skipped("without TLS 1.3 there are no groups of this kind", label(site))
        return
    spoken = [name for number, name in GROUPS.items() if site.server.takes_group(number)]
    if HYBRID in spoken:
        yield passed(HYBRID, ", ".join(spoken), label(site))
    else:
        yield failed(HYBRID, ", ".join(spoken) or "none of those asked for", label(site), "run nginx with OpenSSL 3.5")


@check("TL10", GROUP, "warning", "HTTP/2 is agreed on", rules=("nginx/listen-http2",))
def http2(site: Site) -> Iterator[Verdict]:
    """By ALPN, as browsers do."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    protocol = seen(site).presented.protocol
    if protocol == "h2":
        yield passed("h2 by ALPN", protocol, label(site))
    else:
        yield failed("h2 by ALPN", protocol or "nothing", label(site), "http2 on; in the server")


@check("TL11", GROUP, "error", "no compression, and no unsafe renegotiation")
def compression(site: Site) -> Iterator[Verdict]:
    """Compressed handshakes give secrets away (CRIME); renegotiation without RFC 5746 lets others speak first."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    answer = site.server.speaks(TLS_1_2)
    if isinstance(answer, Refusal):
        yield skipped("TLS 1.3 alone, which has neither", label(site))
        return
    promised = "no compression, RFC 5746"
    faults = ["compression"] * answer.compression + ["unsafe renegotiation"] * (not answer.renegotiates_safely)
    if faults:
        yield failed(promised, " and ".join(faults), label(site), "bring nginx and OpenSSL up to date")
    else:
        yield passed(promised, "neither", label(site))


@check(
    "TL12",
    GROUP,
    "info",
    "a client that names no host gets no certificate",
    quick=False,
    rules=("nginx/no-default-server",),
)
def without_name(site: Site) -> Iterator[Verdict]:
    """Whoever scans addresses does not learn the names behind them."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    if is_address(site.server.name):
        yield skipped("the site has no name, only an address", label(site))
        return
    try:
        presented = site.server.presented(believing_all(), with_name=False)
    except (ssl.SSLError, NoAnswerError) as error:
        yield passed("the handshake is refused", str(getattr(error, "reason", None) or error).lower(), label(site))
        return
    names = read_der(presented.chain[0]).names if presented.chain else ()
    mend = "a default_server with ssl_reject_handshake on;"
    yield failed("the handshake is refused", f"a certificate for {', '.join(names[:4]) or 'nobody'}", label(site), mend)


CHECKS: tuple[Check[Site], ...] = (versions, ciphers, groups, http2, compression, without_name)
