"""What the running configuration promises beside headers: names, session tickets, HTTP/3, br and zstd."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator

from ....lint.nginx import listens
from ....lint.nginx.blocks import Listen
from ...certificates.site import site_of
from ..errors import NoAnswerError
from ..outside.handshake import no_tls
from ..promises.running import Running
from ..promises.witness import PORTS, Listener, listeners, refuses
from ..tls.asking import ANSWER_S, Server
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from ..web import believing_all
from .installation import Installation

DAY_S = 86_400
CODINGS = {"br": "brotli", "zstd": "zstd"}


def _listener(stack: Installation, edge: Running) -> Listener | None:
    return next((each for each in listeners(edge) if stack.site.base.startswith(each.outside)), None)


@check("TL16", "tls", "warning", "session tickets are as promised, and their keys change")
def tickets(stack: Installation) -> Iterator[Verdict]:
    """Whoever gets the key of a ticket reads every recorded session that used it."""
    edge = stack.edge
    listener = _listener(stack, edge) if edge else None
    if edge is None or listener is None or (no_tls(stack.site)):
        yield skipped("no nginx of this stack speaks TLS here")
        return
    settings = edge.config.effective(listener.server)
    setting = settings.setting("ssl_session_tickets")
    wanted, place = settings.is_on("ssl_session_tickets", default=True), edge.place(setting.place) if setting else ""
    given = gives_ticket(stack.site.server)
    target, promised = stack.site.server.label, "tickets" if wanted else "no tickets"
    if given is None:
        yield skipped("TLS 1.3 alone, which always has tickets", target)
    elif given != wanted:
        yield failed(promised, "none" if wanted else "tickets", target, "inv up switches to these files", place=place)
    elif not wanted:
        yield passed(promised, "none", target, place=place)
    else:
        yield _keys(stack, edge, listener, target)


def _keys(stack: Installation, edge: Running, listener: Listener, target: str) -> Verdict:
    settings = edge.config.effective(listener.server)
    file, cache = settings.setting("ssl_session_ticket_key"), settings.setting("ssl_session_cache")
    promised = "keys that change within a day"
    if file is not None:
        told = stack.docker("exec", edge.container, "stat", "--dereference", "--format", "%Y", file.value)
        if not told.ok or not told.out.strip().isdigit():
            return unseen(told.reason, f"{target} {file.value}", promised)
        days = (time.time() - int(told.out)) / DAY_S
        if days > 1:
            mend = "write a new key each day, and reload"
            return failed(
                promised, f"{days:.0f} days old", f"{target} {file.value}", mend, place=edge.place(file.place)
            )
        return passed(promised, f"{days * 24:.0f} hours old", f"{target} {file.value}", place=edge.place(file.place))
    if cache is not None and any(each.startswith("shared:") for each in cache.args):
        return passed(promised, "nginx makes new ones in its shared cache", target, place=edge.place(cache.place))
    return warned(promised, "one key until nginx starts again", target, "ssl_session_cache shared:TLS:10m;")


def gives_ticket(server: Server) -> bool | None:
    """
    Whether a handshake of TLS 1.2 ends with a ticket; None where that version is refused.

    Raises:
        NoAnswerError: the server cannot be reached.
    """
    server.budget.take()
    context = believing_all()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        plain = socket.create_connection((server.address, server.port), timeout=ANSWER_S)
        with plain, context.wrap_socket(plain, server_hostname=server.name) as connection:
            return bool(connection.session and connection.session.has_ticket)
    except ssl.SSLError:
        return None
    except OSError as error:
        raise NoAnswerError(f"{server.label}: {(error.strerror or str(error)).lower()}", is_network=True) from None


@check(
    "TL17",
    "tls",
    "error",
    "every name of the site is served over TLS, and led there",
    rules=("nginx/site-without-tls",),
)
def every_name(stack: Installation) -> Iterator[Verdict]:
    """The names of fairlead.yaml, by the configuration that nginx runs with: on the port for TLS and the other one."""
    edge, opened = stack.edge, stack.patient.stack
    if edge is None or opened is None or opened.settings.tls is None:
        yield skipped("fairlead.yaml has no tls, or no nginx is published here")
        return
    for name in site_of(opened).names:
        for scheme, port in PORTS.items():
            if port not in edge.published:
                continue
            found = edge.config.answer(f"{scheme}://{name.replace('*', 'fairlead')}:{port}/").server
            fits = found is not None and any(_is_for(each, port, scheme) for each in listens(found))
            target, promised = f"{scheme}://{name}", f"a server on port {port}"
            if found is None or not fits or refuses(edge.config, found):
                mend = f"listen {port} and server_name {name} in one server; inv up writes site/names.conf"
                yield failed(promised, "none, or one that turns everybody away", target, mend, place=edge.main)
            else:
                yield passed(promised, "there", target, place=edge.place(found.place))


def _is_for(listen: Listen, port: int, scheme: str) -> bool:
    return listen.port == port and not listen.is_quic and listen.is_ssl == (scheme == "https")


@check("CA7b", "caching", "error", "br and zstd are used where the configuration promises them")
def codings(stack: Installation) -> Iterator[Verdict]:
    """The page and a file of it, asked for with that coding alone."""
    promised = [name for name, word in CODINGS.items() if any(_switched_on(each, word) for each in stack.nginxes)]
    if not promised:
        yield skipped("no nginx of this stack promises br or zstd")
    for name in promised:
        urls = (stack.site.home.url, *stack.site.assets[:1])
        seen = [stack.site.web.ask(url, headers={"Accept-Encoding": name}).encoding for url in urls]
        if name in seen:
            yield passed(name, ", ".join(each or "plain" for each in seen), stack.site.base)
        else:
            mend = "see that nginx loads the module, and which types it takes"
            yield failed(name, ", ".join(each or "plain" for each in seen), stack.site.base, mend)


@check("ST8b", "streams", "warning", "HTTP/3 is announced where it is published", rules=("nginx/http3-unannounced",))
def announced(stack: Installation) -> Iterator[Verdict]:
    """A listener of QUIC that no answer names is one that no browser finds."""
    edge = stack.edge
    listener = _listener(stack, edge) if edge else None
    quic = [each for each in listens(listener.server) if each.is_quic] if listener else []
    found, promised = stack.site.home.header("alt-svc"), "h3 in Alt-Svc"
    if edge is None or listener is None or not (quic or "h3=" in found):
        yield skipped("no server of this stack listens for QUIC, and none is announced")
        return
    if not quic:
        mend = "listen 443 quic; in the server that announces it"
        yield failed("a server that listens for QUIC", f"none, and {found}", stack.site.base, mend)
        return
    is_on = edge.config.effective(listener.server).is_on("http3", default=True)
    place = edge.place((quic[0].directive or listener.server).place)
    if not is_on:
        yield failed("http3 on", "off", stack.site.base, "http3 on;", place=place)
    elif "h3=" in found:
        yield passed(promised, found, stack.site.base)
    else:
        mend = "add_header Alt-Svc 'h3=\":443\"; ma=86400' always;"
        yield failed(promised, found or "no Alt-Svc", stack.site.base, mend, place=place)


def _switched_on(nginx: Running, word: str) -> bool:
    return any(each.value == "on" for each in nginx.config.find(word))


CHECKS: tuple[Check[Installation], ...] = (tickets, every_name, codings, announced)
