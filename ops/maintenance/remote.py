"""Maintenance of hosts: the order is handed over, the agent there carries it out under its lock."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from ..command import Command
from ..deploy.following import Agent
from ..deploy.target import examine
from ..deploy.telling import Teller
from ..errors import StepFailedError
from ..hosts import Opened, open_hosts
from ..lock import operator
from ..notify import announced
from ..stack import open_stack
from .cli import Wish, event_of, order_for
from .order import FILE, Order, order_of, order_text

READABLE = 0o640


def maintenance(names: Sequence[str], wish: Wish, *, dry: bool) -> None:
    """
    `inv maintenance --host`.

    Raises:
        FairleadError: it cannot be switched; what served there goes on serving.
    """
    stack = open_stack(client="docker")
    order = None if wish.asks_only else order_for(stack, wish)
    with open_hosts(names) as hosts:
        for opened in hosts:
            if wish.asks_only:
                print(f"{opened.host.name}: {held(opened) or 'maintenance is off'}")
            elif dry:
                print(f"{opened.host.name}: {order or 'maintenance ends'}; a new generation, nginx -t, link, reload")
            else:
                with announced(stack.settings, event_of(order, opened.host.name)):
                    _hand_over(opened, order)


def held(opened: Opened) -> Order | None:
    """The order that holds on a host."""
    return order_of(opened.host.read(f"{opened.layout.state}/{FILE}"))


def _hand_over(opened: Opened, order: Order | None) -> None:
    host, layout = opened.host, opened.layout
    agent = Agent(host, examine(host, layout), layout)
    words: tuple[str, ...] = ("maintenance", "--root", layout.root, "--who", operator())
    image = agent.image()
    name = f"order-{secrets.token_hex(8)}.json"
    if order is not None:
        _put(opened, name, order)
        words = (*words, "--order", name)
    try:
        with Teller() as teller:
            agent.run(image, words, teller)
    finally:
        if order is not None and not agent.runs():
            host.run(Command(("rm", "-f", f"{layout.state}/{name}")))
    print(f"{host.name}: {order or 'maintenance is off'}")


def _put(opened: Opened, name: str, order: Order) -> None:
    path = f"{opened.layout.state}/{name}"
    try:
        opened.host.put(path, order_text(order), READABLE)
    except OSError as error:
        raise StepFailedError(opened.host.name, "hand over the order", f"{path}: {error.strerror or error}") from error
