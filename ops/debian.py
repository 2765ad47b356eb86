"""Debian's own ways: which distribution a host is, who may install, where its packages come from."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from .command import Command
from .errors import FairleadError
from .host import Host
from .step import Run, Step

NO_MIRROR = "apt knows no mirror of Debian; set FAIRLEAD_DEBIAN_MIRROR to one, such as the sources.list of a Debian has"
LOCK_WAIT_S = 300
"""How long apt waits for another apt to end, such as the upgrades that run by themselves after a boot."""


@dataclass(frozen=True)
class Distribution:
    """What /etc/os-release says. *version* is () where it says none, as Debian's unstable does."""

    id: str
    version: tuple[int, ...] = ()
    codename: str = ""
    name: str = "this system"


def distribution(host: Host) -> Distribution:
    """The distribution of *host*; id is empty where there is no os-release."""
    lines = (host.read("/etc/os-release") or "").splitlines()
    facts = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in lines)}
    numbers = [part for part in facts.get("VERSION_ID", "").split(".") if part.isdigit()]
    return Distribution(
        id=facts.get("ID", ""),
        version=tuple(map(int, numbers)),
        codename=facts.get("VERSION_CODENAME", ""),
        name=facts.get("PRETTY_NAME", "this system"),
    )


def as_root(host: Host) -> tuple[str, ...]:
    """
    What stands before a command that needs root: nothing, or sudo.

    Raises:
        FairleadError: this user is not root, and there is no sudo.
    """
    if host.run(Command(("id", "-u"))).out.strip() == "0":
        return ()
    if host.run(Command(("sudo", "--version"))).ok:
        return ("sudo",)
    raise FairleadError(f"{host.name}: installing packages needs root, and there is no sudo; run this as root")


def update_step(host: Host) -> Step:
    """Reads the lists of packages anew."""
    return Run("read the lists of packages", Command((*as_root(host), "apt-get", *_options(), "update", "-qq")))


def install_step(host: Host, title: str, *packages: str) -> Step:
    """Installs *packages* without what they only recommend."""
    words = ("install", "-qq", "--yes", "--no-install-recommends")
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive")
    return Run(title, Command((*as_root(host), *quiet, "apt-get", *_options(), *words, *packages)))


def is_installed(host: Host, package: str) -> bool:
    """Whether Debian's package is installed, by dpkg's word."""
    answer = host.run(Command(("dpkg-query", "--show", "--showformat=${db:Status-Status}", package)))
    return answer.ok and answer.out == "installed"


def mirror(host: Host, wanted: str = "") -> str:
    """
    Where *host* gets Debian's packages from, by its own apt settings; no security archive, no other vendor's.

    Args:
        wanted: The operator's own choice, which goes before.

    Raises:
        FairleadError: apt knows none; the message names the variable to set.
    """
    if wanted:
        return wanted
    found = [*_read_archives(host), *_unread_archives(host)] if distribution(host).id == "debian" else []
    usable = [address for address in found if _is_archive(address)]
    if not usable:
        raise FairleadError(NO_MIRROR)
    return usable[0]


def _read_archives(host: Host) -> list[str]:
    """Addresses whose lists apt has read, and which say that they are Debian's."""
    shown = "$(REPO_URI) $(ORIGIN) $(LABEL) $(COMPONENT)"
    answer = host.run(Command(("apt-get", "indextargets", "--format", shown, "Created-By: Packages")))
    rows = [line.split(" ") for line in answer.out.splitlines()]
    return [address for address, *words in rows if words == ["Debian", "Debian", "main"]]


def _unread_archives(host: Host) -> list[str]:
    """Addresses that apt would read for this very release; before the first update it knows no more of them."""
    answer = host.run(Command(("apt-get", "--print-uris", "update")))
    addresses = [line.split("'")[1] for line in answer.out.splitlines() if line.startswith("'")]
    release = f"/dists/{distribution(host).codename}/InRelease"
    return [address.removesuffix(release) for address in addresses if address.endswith(release)]


def _is_archive(uri: str) -> bool:
    address = urlsplit(uri)
    return address.scheme in ("http", "https") and not address.path.rstrip("/").endswith("-security")


def _options() -> tuple[str, str]:
    return ("-o", f"DPkg::Lock::Timeout={LOCK_WAIT_S}")
