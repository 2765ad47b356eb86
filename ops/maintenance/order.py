"""What maintenance was ordered: who is let in, what stays open, and the page that everybody else gets."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from ..errors import SettingsError

FILE = "maintenance.json"
VERSION = 1


@dataclass(frozen=True)
class Order:
    """
    One order of maintenance, as it is kept while it holds.

    Attributes:
        who: Who gave it, and from where.
        since: When, in ISO 8601.
        site: The folder in a generation of the edge that the tool writes files into.
        allow: The addresses and networks that are let in, beside nginx's own container.
        open: The paths that everybody may ask all the same, such as that of health.
        api: The paths below which an answer is JSON.
        page: What everybody else is shown, HTML.
    """

    who: str
    since: str
    site: str
    allow: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    api: tuple[str, ...] = ("/api",)
    page: str = field(default="", repr=False)

    def __str__(self) -> str:
        let_in = f"; let in: {', '.join(self.allow)}" if self.allow else ""
        return f"maintenance is on since {moment(self.since)}, by {self.who}{let_in}"


def order_text(order: Order) -> str:
    """*order* as its file has it."""
    return json.dumps({"version": VERSION, **asdict(order)}, indent=1) + "\n"


def order_of(text: str | None) -> Order | None:
    """
    The order that its file has as *text*; None where there is no file.

    Raises:
        SettingsError: the file is none of ours.
    """
    if not text:
        return None
    try:
        data = json.loads(text)
        who, since, site, page = (str(data[name]) for name in ("who", "since", "site", "page"))
        allow, open_, api = (tuple(map(str, data[name])) for name in ("allow", "open", "api"))
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{FILE}: not what this tool writes; inv maintenance --off removes it") from error
    return Order(who, since, site, allow, open_, api, page)


def addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """
    Addresses and networks as nginx takes them, each once.

    Raises:
        SettingsError: one of them is none.
    """
    found = []
    for text in (word.strip() for each in texts for word in each.split(",") if word.strip()):
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise SettingsError(
                f"--allow {text}: no address; write one such as 203.0.113.5, 203.0.113.0/24 or 2001:db8::/32"
            ) from None
        single = network.prefixlen == network.max_prefixlen
        found.append(str(network.network_address if single else network))
    return tuple(dict.fromkeys(found))


def now() -> str:
    """This moment as an order has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def moment(text: str) -> str:
    """A time of ISO 8601 as a person reads it."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return text
