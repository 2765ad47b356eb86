"""`inv maintenance`: closes the site to the public and opens it again, or says what is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..engine import require_engine
from ..errors import SettingsError
from ..execute import execute
from ..host import LocalHost
from ..lock import locked, operator
from ..notify import announced
from ..plan import plan_for
from ..progress import Progress
from ..settings import Settings
from ..stack import Stack, open_stack
from . import local
from .order import Order, addresses, now
from .page import MOST_BYTES, PAGE
from .switching import order_in

OWN_PAGE = "maintenance.html"
OPEN = ("health", "version")
"""The addresses of fairlead.yaml that answer during maintenance too."""


@dataclass(frozen=True)
class Wish:
    """What a person asked for; neither on nor off: to be told what is."""

    on: bool
    off: bool
    allow: tuple[str, ...]

    @property
    def asks_only(self) -> bool:
        """Whether nothing is to be changed."""
        return not (self.on or self.off)


def maintenance(hosts: Sequence[str], *, on: bool, off: bool, allow: Iterable[str], dry: bool) -> None:
    """
    `inv maintenance`.

    Raises:
        FairleadError: it cannot be switched; what served goes on serving.
    """
    wish = _wish(on=on, off=off, allow=addresses(allow))
    if hosts:
        from . import remote  # noqa: PLC0415 - only where a host is meant

        remote.maintenance(hosts, wish, dry=dry)
    elif wish.asks_only:
        print(order_in(local.order_file(open_stack(client="docker").settings)) or "maintenance is off")
    else:
        _here(wish, dry=dry)


def order_for(stack: Stack, wish: Wish) -> Order | None:
    """
    The order that *wish* gives for *stack*; None where it ends maintenance.

    Raises:
        SettingsError: the stack cannot be closed, or its own page cannot be read.
    """
    settings = local.edge_of(stack.settings)
    if not wish.on or settings.site is None:
        return None
    shown = stack.addresses()
    paths = (urlsplit(shown[name]).path for name in OPEN if name in shown)
    return Order(
        who=operator(),
        since=now(),
        site=settings.site.name,
        allow=wish.allow,
        open=tuple(path for path in paths if path not in ("", "/")),
        api=_api(stack.settings),
        page=_page(settings.site / OWN_PAGE),
    )


def _wish(*, on: bool, off: bool, allow: tuple[str, ...]) -> Wish:
    if on and off:
        raise SettingsError("maintenance: --on and --off contradict each other; say one")
    if allow and not on:
        raise SettingsError("maintenance: --allow goes with --on")
    return Wish(on, off, allow)


def _here(wish: Wish, *, dry: bool) -> None:
    stack = open_stack(client=str(require_engine(LocalHost()).client))
    order = order_for(stack, wish)
    if dry:
        print(plan_for(stack.host.name, *local.steps(stack, order)))
        return
    with announced(stack.settings, event_of(order)), locked(stack.settings.state / "lock", "inv maintenance"):
        plan = plan_for(stack.host.name, *local.steps(stack, order))
        with Progress() as progress:
            execute(plan, {stack.host.name: stack.host}, progress)
    print(order or "maintenance is off")


def event_of(order: Order | None, host: str = "") -> dict[str, Any]:
    """What a webhook is told of it."""
    named = {"host": host} if host else {}
    return {"event": "maintenance", **named, "on": order is not None, "text": str(order or "maintenance is over")}


def _api(settings: Settings) -> tuple[str, ...]:
    """Where the API begins: the first part of the path that the doctor asks."""
    first = settings.doctor.api.strip("/").partition("/")[0]
    return (f"/{first or 'api'}",)


def _page(path: Path) -> str:
    if not path.is_file():
        return PAGE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as UTF-8: {error}") from error
    if len(text.encode()) > MOST_BYTES or "\0" in text:
        raise SettingsError(
            f"{path}: a page of at most {MOST_BYTES // 1024} KiB of text, complete in itself, is wanted"
        )
    return text
