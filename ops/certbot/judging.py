"""What a fetched challenge says about an address, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from .addresses import proxy_name
from .challenge import PATH, Fetched

IPV6 = 6


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: *fault* says what is wrong and what to do, *note* what is worth knowing."""

    what: str
    fault: str = ""
    note: str = ""


def judged(what: str, fetched: Fetched, blame: str, *, ours: bool, all_named: bool) -> Check:
    """
    The check of one address of one name.

    Args:
        what: ``NAME at ADDRESS``.
        blame: Which location of our nginx answered, where that is known.
        ours: Whether the address is one of ours.
        all_named: Whether the settings name all of ours, so that another one is a mistake.
    """
    proxy = "" if ours or fetched.reply is None else proxy_name(dict(fetched.reply.headers))
    if not fetched.fault:
        return _found(what, proxy, ours=ours, all_named=all_named)
    if proxy:
        return Check(what, f"{what}: {proxy} stands in front of it and {fetched.fault}; {_PROXY}")
    if not ours:
        return Check(what, f"{what}: not one of our addresses, and {fetched.fault}; {_foreign(what)}")
    return Check(what, f"{what}: {fetched.fault}; {_own(fetched, blame)}")


def _found(what: str, proxy: str, *, ours: bool, all_named: bool) -> Check:
    """Our token came back, whatever the address is."""
    if ours:
        return Check(what)
    if proxy:
        return Check(
            what, note=f"{proxy} stands in front of it and hands the challenge on; browsers see its certificate"
        )
    if all_named:
        return Check(what, f"{what}: not one of certbot.addresses, though our token is there; add the address there")
    return Check(what, note="not an address of this host; the token came back all the same")


_PROXY = f"let it hand {PATH} on to this host over port 80, or prove the name over DNS"


def _foreign(what: str) -> str:
    record = "AAAA" if ip_address(what.rpartition(" ")[2]).version == IPV6 else "A"
    return f"remove or correct the {record} record, or name it in certbot.addresses where it leads here"


def _own(fetched: Fetched, blame: str) -> str:
    if fetched.reply is None and fetched.refused:
        return "nothing listens there; inv up starts the site, and a firewall has to let port 80 in"
    if fetched.reply is None:
        return "let port 80 in through the firewall; a router that cannot lead back inside needs --skip-preflight"
    known = f"{blame}; " if blame else ""
    return f"{known}it has to be: location ^~ {PATH} with the web root as its root, in the server of port 80"
