"""The steps that put nginx into maintenance and out of it, on a laptop as on a host."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .. import edge
from ..agent.nginx import Nginx, NginxError
from ..agent.record import write_durably
from ..errors import StepFailedError
from ..host import Host
from ..settings import EdgeSettings
from ..step import Do, Say, Step
from .order import Order, order_of, order_text

NOTE = "note the order"
SWITCH = "switch nginx"
DRAIN = "let the old workers of nginx end"
PAUSE_S = 0.2
HSTS = re.compile(r'add_header\s+Strict-Transport-Security\s+"?([^";]+)"?\s+always')


def order_in(path: Path) -> Order | None:
    """The order that holds, of its file; None where none does."""
    return order_of(path.read_text(encoding="utf-8") if path.exists() else None)


def hsts_in(folder: Path) -> str:
    """The value of Strict-Transport-Security of the certificate that is live in *folder*; empty where it has none."""
    path = folder / "live" / "hsts.conf"
    found = HSTS.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[1] if found else ""


def note_step(path: Path, order: Order | None) -> Step:
    """Keeps *order* in *path*, where whoever writes the next generation finds it; back: the one before is kept."""
    before = path.read_text(encoding="utf-8") if path.exists() else None

    def note(_: Host, say: Say) -> None:
        say(str(order or "maintenance is over"))
        _replace(path, None if order is None else order_text(order))

    return Do(NOTE, f"write {path}" if order else f"remove {path}", note, lambda _: _replace(path, before))


def switch_steps(
    settings: EdgeSettings,
    nginx: Nginx | None,
    files: Mapping[str, str],
    drain_s: float,
    loaded: Callable[[], None] = lambda: None,
) -> Iterator[Step]:
    """
    Makes a generation of *files* the live one, and has nginx read it; what was live is live again where that fails.

    At the end nobody is answered as before any more: connections that are kept open stay with an old worker of nginx
    for one more request.

    Args:
        nginx: None where none runs: it reads the live generation when it starts.
        drain_s: How long old workers may take to end.
        loaded: Called once nginx has read it.
    """
    before = edge.live_generation(settings)
    steps = list(edge.edge_steps(settings, files))
    yield from steps[:1]

    def forward(host: Host, say: Say) -> None:
        _guarded(host, lambda: _forward(host, say, settings, nginx, steps[-1:]))
        loaded()

    def back(_: Host) -> None:
        if before and edge.live_generation(settings) != before:
            edge.point(settings, before)
            if nginx is not None:
                nginx.reload()

    yield Do(SWITCH, "nginx -t, link, reload; requests that were begun are ended as they were", forward, back)
    if nginx is not None:
        yield Do(DRAIN, f"wait, at most {drain_s:g} s", lambda _, say: _drain(nginx, drain_s, say))


def _drain(nginx: Nginx, drain_s: float, say: Say) -> None:
    until = time.monotonic() + drain_s
    while leaving := nginx.leaving():
        say(f"{len(leaving)} still at work")
        if time.monotonic() > until:
            return  # their connections have had their time; nginx ends them by worker_shutdown_timeout
        time.sleep(PAUSE_S)


def _forward(host: Host, say: Say, settings: EdgeSettings, nginx: Nginx | None, link: list[Step]) -> None:
    if link and nginx is not None:
        say("nginx -t")
        nginx.test(f"g{edge.generations(settings)[-1]}")
    for step in link:
        step.run(host, say)
    if nginx is not None:
        say("reload")
        nginx.reload()


def _guarded(host: Host, call: Callable[[], None]) -> None:
    try:
        call()
    except NginxError as error:
        raise StepFailedError(host.name, SWITCH, str(error)) from error


def _replace(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
    else:
        write_durably(path, text)
