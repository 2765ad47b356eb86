"""What certbot has on disk for one certificate: what it calls a lineage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..certificates.material import Material, material_in
from ..certificates.x509 import Certificate, CertificateError, read_chain
from ..command import Command
from ..host import Host

HOOKS = ("pre_hook", "post_hook", "renew_hook")


@dataclass(frozen=True)
class Lineage:
    """
    The newest certificate that certbot has under a name.

    Attributes:
        folder: certbot's configuration folder, as this machine sees it.
        parameters: What certbot will renew it with, from ``renewal/NAME.conf``.
    """

    name: str
    folder: Path
    material: Material
    parameters: dict[str, str]

    @property
    def certificate(self) -> Certificate:
        """The site's own certificate."""
        return read_chain(self.material.chain, self.material.where)[0]


def lineage(host: Host, folder: Path, name: str) -> Lineage | None:
    """
    The lineage *name* in certbot's configuration *folder*; None where there is none that is whole.

    Raises:
        SettingsError: this user may not read it.
    """
    text = host.read(str(_configuration(folder, name)))
    material = material_in(host, folder / "live" / name)
    if text is None or material is None or "[renewalparams]" not in text:
        return None
    try:
        read_chain(material.chain)
    except CertificateError:
        return None
    return Lineage(name, folder, material, _parameters(text))


def remains(host: Host, folder: Path, name: str) -> list[Path]:
    """
    What a run that was killed while it wrote the first certificate has left; certbot would go on under another name.

    Empty where the lineage is whole or there is none.
    """
    if lineage(host, folder, name) is not None:
        return []
    parts = (_configuration(folder, name), folder / "live" / name, folder / "archive" / name)
    return [part for part in parts if host.run(Command(("test", "-e", str(part)))).ok]


def issued(host: Host, folder: Path, name: str, names: Iterable[str]) -> list[datetime]:
    """When each certificate for exactly *names* was issued, as far as certbot has kept them; oldest first."""
    listed = host.run(Command(("find", str(folder / "archive" / name), "-name", "cert*.pem")))
    wanted = sorted(names)
    found = []
    for path in listed.out.split("\n") if listed.ok else ():
        text = host.read(path) if path else None
        try:
            certificate = read_chain(text or "")[0]
        except CertificateError:
            continue  # cut off by a full disk; what is not whole was not counted by anybody
        if sorted(certificate.names) == wanted:
            found.append(certificate.not_before)
    return sorted(found)


def faults(lineage: Lineage, server: str) -> Iterator[str]:
    """What makes a renewal of *lineage* do something else than it should, each with what to do about it."""
    where = _configuration(lineage.folder, lineage.name)
    for hook in HOOKS:
        if lineage.parameters.get(hook):
            yield f"{where}: {hook} runs at every renewal, and its failure is not seen; remove the line"
    if lineage.parameters.get("server", server) != server:
        yield f"{where}: renews at {lineage.parameters['server']}, not at {server}; inv certbot.issue gets a new one"
    if lineage.parameters.get("authenticator") == "standalone":
        yield f"{where}: standalone needs port 80 for itself; inv certbot.issue gets one by way of the site"


def _configuration(folder: Path, name: str) -> Path:
    return folder / "renewal" / f"{name}.conf"


def _parameters(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}
