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
from pathlib import Path
from typing import Any

from ..certificates.generations import TlsStore
from ..certificates.site import site_of, site_texts, tls_of
from ..certificates.x509 import read_chain
from ..command import Command
from ..domains import DNS_01, CertificateSettings
from ..edge import live_files, live_generation
from ..errors import FairleadError
from ..stack import Stack
from . import records
from .account import HMAC, KID, has_account, owner
from .addresses import is_ours, own_addresses
from .authority import AuthorityError, Directory
from .blame import answering
from .caa import refusal
from .challenge import PATH, Fetched, Site, Token, fetch
from .judging import Check, judged

MOST_NAMES = {"classic": 100, "tlsserver": 25, "shortlived": 25}
"""Source: letsencrypt.org/docs/profiles, "Max Names" (2026-08)."""

SKEW_S = 60.0
ROOM_KB = 20 * 1024
READABLE = 0o644


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
        state: certbot's configuration folder for the CA.
    """

    stack: Stack
    wanted: CertificateSettings
    merged: Mapping[str, Any]
    directory: Directory | AuthorityError
    folder: Path
    state: Path

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
    yield _state(preflight)
    yield from _authority(preflight)
    for name in preflight.wanted.names:
        yield _caa(preflight, name)
    if not preflight.by_dns:
        yield from _web(preflight)


def fingerprint(preflight: Preflight) -> str:
    """What the checks were made with; where it is another one than before, a dry run comes first."""
    names = {name: sorted(preflight.addresses(name.removeprefix("*."))) for name in preflight.wanted.names}
    edge = preflight.stack.settings.edge
    service = preflight.merged["services"].get(edge.service) if edge else None
    generation = live_generation(edge) if edge else None
    told = json.dumps([repr(preflight.wanted), names, service, generation], sort_keys=True, default=str)
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
    numbers = [name for name in wanted.names if name.replace(".", "").isdecimal()]
    if numbers:
        return Check(what, f"{numbers[0]}: an address, and certificates are for names here; name the site by its name")
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


def _state(preflight: Preflight) -> Check:
    """A lost state is the usual way to a CA's limits: each new one asks for everything again."""
    live = TlsStore(preflight.stack.host, tls_of(preflight.stack).folder).live()
    shown = read_chain(live.chain)[0] if live else None
    kept = preflight.stack.host.run(Command(("find", str(preflight.folder), "-name", "cert*.pem"))).out.strip()
    lost = shown is not None and not shown.is_placeholder and not shown.is_self_signed and not kept
    note = (
        f"a certificate of {shown.issuer if shown else ''} is in use, and {preflight.folder} has none: keep that folder"
    )
    return Check("the state", note=note if lost else "")


def _authority(preflight: Preflight) -> Iterator[Check]:
    if isinstance(preflight.directory, AuthorityError):
        yield Check("the CA", str(preflight.directory))
        return
    skew, profiles = preflight.directory.skew_s, preflight.directory.profiles
    ahead = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the CA's"
    yield Check("the clock", f"it is {ahead}; set it, as with NTP" if abs(skew) > SKEW_S else "")
    yield _account(preflight, preflight.directory)
    lacks = preflight.wanted.profile and profiles and preflight.wanted.profile not in profiles
    note = f'the CA has no profile "{preflight.wanted.profile}", only {", ".join(profiles)}; it takes its own choice'
    yield Check("the profile", note=note if lacks else "")


def _account(preflight: Preflight, directory: Directory) -> Check:
    """A CA with customers gives each a number and a key; without these it refuses whoever has no account yet."""
    known = owner(preflight.stack.values) or has_account(preflight.stack.host, preflight.state)
    fault = f"the CA takes only accounts of customers it knows; set {KID} and {HMAC} to what it gave you"
    return Check("the account", fault if directory.owners_only and not known else "")


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
        all_named = bool(preflight.stack.settings.acme.addresses)
        blame = _blame(preflight, fetched)
        yield judged(what, fetched, blame, ours=is_ours(address, own), all_named=all_named)


def _blame(preflight: Preflight, fetched: Fetched) -> str:
    if not fetched.fault or fetched.reply is None:
        return ""
    return answering(preflight.stack, preflight.merged, fetched.url)


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
