"""A key and the chain that belongs to it, wherever they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..command import Secret
from ..host import Host

CHAIN, KEY = "fullchain.pem", "privkey.pem"


@dataclass(frozen=True)
class Material:
    """
    A private key and its chain, in PEM.

    Attributes:
        chain: The site's own certificate first, then those that signed it.
        where: Where it was found, for messages.
    """

    chain: str
    key: Secret = field(repr=False)
    where: str = ""


def material_in(host: Host, folder: Path) -> Material | None:
    """
    What *folder* holds under the names that certbot gives, as in ``live/NAME``; None where a file is missing.

    Raises:
        SettingsError: this user may not read it.
    """
    chain, key = host.read(str(folder / CHAIN)), host.read(str(folder / KEY))
    if chain is None or key is None:
        return None
    return Material(chain, Secret(key), str(folder))
