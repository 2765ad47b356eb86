"""
The account at a CA, made before the first order where something has to be said with it.

That is who its owner is for a CA that issues to customers of its own only (external account binding, RFC 8555 7.3.4),
and an address for mail, which certbot does not give when a dry run makes the account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..command import Command, Secret
from ..errors import SettingsError
from ..host import Host

KID, HMAC = "ACME_EAB_KID", "ACME_EAB_HMAC_KEY"
PARTS = ("private_key.json", "meta.json", "regr.json")
PLAIN = re.compile(r"[^\s\"'#;=\[\]]+")
BASE64_URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")
FEWEST = 16
"""A shorter key is half of one: CAs give 32 bytes or more, which are 43 signs."""


@dataclass(frozen=True)
class Owner:
    """What the CA knows the account's owner by: a number, and the key that proves it."""

    kid: str
    key: Secret

    def configuration(self) -> Secret:
        """A configuration file of certbot, so that the key is in no argument and in no log."""
        return Secret(f"eab-kid = {self.kid}\neab-hmac-key = {self.key.value}\n")


def owner(values: Mapping[str, str]) -> Owner | None:
    """
    Who *values* say the owner is; None where they do not.

    Raises:
        SettingsError: one is missing, or is in a form in which no CA gives it; the key itself is not shown.
    """
    kid, key = values.get(KID, "").strip(), values.get(HMAC, "").strip()
    if not kid and not key:
        return None
    if not kid or not key:
        given, missing = (KID, HMAC) if kid else (HMAC, KID)
        raise SettingsError(f"{missing} is empty and {given} is not; the CA gives both for an account, set both")
    if not PLAIN.fullmatch(kid):
        raise SettingsError(f'{KID}: "{kid}" is no key id as a CA gives it; copy it again')
    if not BASE64_URL.fullmatch(key) or len(key) < FEWEST:
        raise SettingsError(f"{HMAC}: no key as a CA gives it, in base64 with - and _; copy it again")
    return Owner(kid, Secret(key))


def has_account(host: Host, folder: Path) -> bool:
    """Whether there is a whole account in certbot's configuration *folder*."""
    return any(_is_whole(host, each) for each in _accounts(host, folder))


def broken_accounts(host: Host, folder: Path) -> list[Path]:
    """Accounts that a full disk or a killed run has cut off; certbot would fall over them at each run."""
    return [each for each in _accounts(host, folder) if not _is_whole(host, each)]


def _accounts(host: Host, folder: Path) -> list[Path]:
    listed = host.run(Command(("find", str(folder / "accounts"), "-type", "f", "-name", "*.json")))
    return sorted({Path(line).parent for line in listed.out.splitlines()}) if listed.ok else []


def _is_whole(host: Host, account: Path) -> bool:
    try:
        return all(isinstance(json.loads(host.read(str(account / part)) or ""), dict) for part in PARTS)
    except ValueError:
        return False
