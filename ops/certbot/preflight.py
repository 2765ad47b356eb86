"""
Whether the CA would find what it looks for, asked without it: a failure there counts, one here does not.

All is looked at, and every fault is reported, since one run should be enough to mend all of them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ..certificates.site import site_of, site_texts, tls_of
from ..command import Command
from ..domains import DNS_01, CertificateSettings
from ..edge import live_files
from ..errors import FairleadError
from ..stack import Stack
from . import records
from .addresses import is_ours, own_addresses, proxy_name
from .authority import AuthorityError, Directory
from .blame import answering
from .caa import refusal
from .challenge import PATH, Fetched, Site, Token, fetch

MOST_NAMES = {"classic": 100, "tlsserver": 25, "shortlived": 25}
"""Source: letsencrypt.org/docs/profiles, "Max Names" (2026-08)."""

SKEW_S = 60.0
ROOM_KB = 20 * 1024
READABLE = 0o644


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: *fault* says what is wrong and what to do, *note* what is worth knowing."""

    what: str
    fault: str = ""
    note: str = ""


class PreflightError(FairleadError):
    """The CA would refuse; it was not asked."""


@dataclass(frozen=True)
class Preflight:
    """
    What the checks need.

    Attributes:
        merged: The compose model, the service of certbot in it.
        directory: What the CA says of itself; the error where it could not be asked.
        folder: Where state is kept.
    """

    stack: Stack
    wanted: CertificateSettings
    merged: Mapping[str, Any]
    directory: Directory | AuthorityError
    folder: Path

    @property
    def by_dns(self) -> bool:
        """Whether names are proven over DNS, so that the web is not asked."""
        return self.wanted.challenge.kind == DNS_01

    def lookup(self, name: str, kind: str) -> records.Answer:
        """Asks the name servers of the settings."""
        return records.lookup(name, kind, self.stack.settings.acme.resolvers)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Every A and AAAA of *name*."""
        return records.addresses(name, self.stack.settings.acme.resolvers)


def examine(preflight: Preflight) -> Iterator[Check]:
    """Every check, the cheap ones first."""
    yield _names(preflight)
    yield _edge(preflight)
    yield _room(preflight)
    yield from _authority(preflight)
    for name in preflight.wanted.names:
        yield _caa(preflight, name)
    if not preflight.by_dns:
        yield from _web(preflight)


def fingerprint(preflight: Preflight) -> str:
    """What the checks were made with; where it is another one than before, a dry run comes first."""
    names = {name: sorted(preflight.addresses(name.removeprefix("*."))) for name in preflight.wanted.names}
    edge = preflight.merged["services"].get(preflight.stack.settings.edge and preflight.stack.settings.edge.service)
    told = json.dumps([repr(preflight.wanted), names, edge], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def _names(preflight: Preflight) -> Check:
    wanted = preflight.wanted
    what, count = "the names", len(wanted.names)
    most = MOST_NAMES.get(wanted.profile, 100)
    if count > most:
        return Check(what, f'{count} names, and the profile "{wanted.profile}" takes {most}; take profile "classic"')
    if wanted.wildcards and not preflight.by_dns:
        return Check(what, f"{wanted.wildcards[0]}: only DNS proves a wildcard; set its challenge, see docs/https.md")
    local = [name for name in wanted.names if "." not in name]
    return Check(what, f"{local[0]}: no CA knows a name without a domain" if local else "")


def _edge(preflight: Preflight) -> Check:
    """nginx answers for the names that it was told, which are those of the last `inv up`."""
    edge = preflight.stack.settings.edge
    live = live_files(edge) if edge else None
    wanted = site_texts(preflight.stack)
    if live is not None and any(live.get(path) != text for path, text in wanted.items()):
        return Check("the edge", "the running nginx has other names or ports than fairlead.yaml; inv up first")
    return Check("the edge")


def _room(preflight: Preflight) -> Check:
    what = "the folder of the state"
    asked = preflight.stack.host.run(Command(("df", "--output=avail", "-k", str(preflight.folder))))
    free = asked.out.split()[-1] if asked.ok and asked.out.split() else ""
    if free.isdecimal() and int(free) < ROOM_KB:
        return Check(what, f"{preflight.folder}: {int(free) // 1024} MB free, {ROOM_KB // 1024} MB wanted; make room")
    probe = preflight.folder / ".probe"
    try:
        preflight.stack.host.put(str(probe), "x" * 4096, 0o600)
    except OSError as error:
        return Check(what, f"{preflight.folder}: {(error.strerror or 'cannot be written').lower()}; see whose it is")
    preflight.stack.host.run(Command(("rm", "-f", str(probe))))
    return Check(what)


def _authority(preflight: Preflight) -> Iterator[Check]:
    if isinstance(preflight.directory, AuthorityError):
        yield Check("the CA", str(preflight.directory))
        return
    skew, profiles = preflight.directory.skew_s, preflight.directory.profiles
    ahead = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the CA's"
    yield Check("the clock", f"it is {ahead}; set it, as with NTP" if abs(skew) > SKEW_S else "")
    lacks = preflight.wanted.profile and profiles and preflight.wanted.profile not in profiles
    note = f'the CA has no profile "{preflight.wanted.profile}", only {", ".join(profiles)}; it takes its own choice'
    yield Check("the profile", note=note if lacks else "")


def _caa(preflight: Preflight, name: str) -> Check:
    issuers = preflight.directory.identities if isinstance(preflight.directory, Directory) else ()
    try:
        method = preflight.wanted.challenge.kind
        fault = refusal(name, issuers, method, lambda domain: preflight.lookup(domain, "CAA")) if issuers else ""
    except (FairleadError, ValueError) as error:
        fault = str(error)
    return Check(f"CAA of {name}", fault)


def _web(preflight: Preflight) -> Iterator[Check]:
    own = own_addresses(preflight.stack.host, preflight.stack.settings.acme.addresses)
    with _token(preflight) as token:
        for name in preflight.wanted.names:
            if not name.startswith("*."):
                yield from _site(preflight, name, own, token)


def _site(preflight: Preflight, name: str, own: frozenset[str], token: Token) -> Iterator[Check]:
    try:
        found = preflight.addresses(name)
    except FairleadError as error:
        yield Check(name, str(error))
        return
    if not found:
        yield Check(name, f"{name}: has no address; add an A record that leads to this host")
    named = site_of(preflight.stack)
    site = Site(named.names, preflight.addresses, named.http_port, named.https_port)
    for address in found:
        fetched = fetch(token, name, address, site)
        what = f"{name} at {address}"
        yield _judged(what, fetched, preflight, ours=is_ours(address, own))


def _judged(what: str, fetched: Fetched, preflight: Preflight, *, ours: bool) -> Check:
    proxy = "" if ours else proxy_name(dict(fetched.reply.headers) if fetched.reply else {})
    if not fetched.fault:
        return _found(what, proxy, preflight, ours=ours)
    if proxy:
        return Check(what, f"{what}: {proxy} stands in front of it and {fetched.fault}; {_PROXY}")
    if not ours:
        return Check(what, f"{what}: not one of our addresses, and {fetched.fault}; {_foreign(what)}")
    return Check(what, f"{what}: {fetched.fault}; {_own(fetched, preflight)}")


def _found(what: str, proxy: str, preflight: Preflight, *, ours: bool) -> Check:
    """Our token came back, whatever the address is."""
    if ours:
        return Check(what)
    if proxy:
        return Check(
            what, note=f"{proxy} stands in front of it and hands the challenge on; browsers see its certificate"
        )
    if preflight.stack.settings.acme.addresses:
        return Check(what, f"{what}: not one of certbot.addresses, though our token is there; add the address there")
    return Check(what, note="not an address of this host; the token came back all the same")


_PROXY = f"let it hand {PATH} on to this host over port 80, or prove the name over DNS"


def _foreign(what: str) -> str:
    address = what.rpartition(" ")[2]
    record = "AAAA" if ip_address(address).version == 6 else "A"  # noqa: PLR2004 - IPv6
    return f"remove or correct the {record} record, or name it in certbot.addresses where it leads here"


def _own(fetched: Fetched, preflight: Preflight) -> str:
    if fetched.reply is None and fetched.refused:
        return "nothing listens there; inv up starts the site, and a firewall has to let port 80 in"
    if fetched.reply is None:
        return "let port 80 in through the firewall; a router that cannot lead back inside needs --skip-preflight"
    blame = answering(preflight.stack, preflight.merged, fetched.url)
    known = f"{blame}; " if blame else ""
    return f"{known}it has to be: location ^~ {PATH} with the web root as its root, in the server of port 80"


@contextmanager
def _token(preflight: Preflight) -> Iterator[Token]:
    """A file that nobody can guess, in the web root of the host, while the block runs."""
    token = Token(f"fairlead-{secrets.token_urlsafe(16)}", secrets.token_urlsafe(32))
    path = f"{tls_of(preflight.stack).webroot}{PATH}{token.name}"
    host = preflight.stack.host
    try:
        host.run(Command(("install", "-d", "-m", "0755", str(Path(path).parent.parent), str(Path(path).parent))))
        _put(preflight, path, token)
        yield token
    finally:
        host.run(Command(("rm", "-f", path)))


def _put(preflight: Preflight, path: str, token: Token) -> None:
    try:
        preflight.stack.host.put(path, token.text, READABLE)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise PreflightError(f"{path}: {reason}; the web root has to be writable, and to have room") from error
