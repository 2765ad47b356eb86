"""What a host needs, each with whether it has it and the steps that give it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..command import Command
from ..debian import distribution, install_step, is_installed, update_step
from ..engine import EngineError, engine_facts
from ..engine_install import fix_plan
from ..errors import FairleadError
from ..host import NOT_FOUND, Host
from ..inventory import HostEntry
from ..step import Run, Step, Write
from .daemon import daemon_need
from .need import Need

SYSTEMD = "/run/systemd/system"
CLOSED = ("base", "releases", "state", "shared", "shared/certs")
OPENED = ("nginx", "shared/acme")
"""Mounted into containers whose user is another; the folder above keeps other users of the host out."""
SMALL_KIB = 4 * 1024 * 1024
"""A machine with less memory gets swap: a switch needs the app tier's memory twice."""
SWAP_FILE, SWAP_SIZE = "/swapfile", "2G"
CLOCKS = ("systemd-timesyncd", "chrony", "ntpsec", "openntpd")
UPGRADES = "/etc/apt/apt.conf.d/20auto-upgrades"
UPGRADES_TEXT = 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
WEB_PORTS = ("80/tcp", "443/tcp", "443/udp")


def needs(host: Host, entry: HostEntry, user: str) -> list[Need]:
    """
    Everything that *host* needs, in the order in which it is given.

    Args:
        host: With the powers of root.
        user: Who logs in for deployments, and owns the folders.

    Raises:
        FairleadError: the system is none that we know, or a file of its own cannot be read.
    """
    made: list[Callable[[], Need]] = [
        lambda: daemon_need(host),
        lambda: _engine(host),
        lambda: _member(host, user),
        lambda: _folders(host, entry.folder, user),
        lambda: _swap(host),
        lambda: _clock(host),
        lambda: _upgrades(host),
        lambda: _firewall(host),
    ]
    return [each() for each in made]


def _engine(host: Host) -> Need:
    facts = engine_facts(host)
    title = "an engine with Compose that runs"
    if facts.problem is None:
        return Need("engine", title, ok=True, says=f"engine {facts.server}, Compose {facts.compose}")
    try:
        plan = fix_plan(host, {})
    except EngineError as error:
        return Need("engine", title, ok=False, says=str(error), blocked=True)
    steps = tuple(step for _, step in plan.steps)
    return Need("engine", title, ok=False, says=str(facts.problem).partition(";")[0], steps=steps)


def _member(host: Host, user: str) -> Need:
    title = f"{user} may use the engine"
    groups = host.run(Command(("id", "-nG", user))).out.split()
    if user == "root" or "docker" in groups:
        return Need("user", title, ok=True, says="root" if user == "root" else "in the group docker")
    step = Run(f"put {user} into the group docker", Command(("usermod", "-aG", "docker", user)))
    return Need("user", title, ok=False, says="not in the group docker", steps=(step,))


def _folders(host: Host, root: str, user: str) -> Need:
    title = f"folders below {root}"
    closed = [root, *(f"{root}/{name}" for name in CLOSED)]
    opened = [f"{root}/{name}" for name in OPENED]
    wanted = [(path, 0o750) for path in closed] + [(path, 0o755) for path in opened]
    shown = host.run(Command(("stat", "--format", "%U %a %n", *(path for path, _ in wanted)))).out.splitlines()
    if shown == [f"{user} {mode:o} {path}" for path, mode in wanted]:
        return Need("folders", title, ok=True, says=f"{user}'s own")
    group = host.run(Command(("id", "-gn", user))).out.strip()
    words = ("install", "-d", "-o", user, "-g", group)
    steps = (
        Run(f"make the folders, {user}'s own", Command((*words, "-m", "0750", *closed))),
        Run("and those that containers look into", Command((*words, "-m", "0755", *opened))),
    )
    return Need("folders", title, ok=False, says=f"not all there as {user}'s own", steps=steps)


def _swap(host: Host) -> Need:
    title = "swap, where memory is small"
    memory = re.search(r"^MemTotal:\s+(\d+)", host.read("/proc/meminfo") or "", re.MULTILINE)
    kib = int(memory[1]) if memory else SMALL_KIB
    if kib >= SMALL_KIB:
        return Need("swap", title, ok=True, says=f"{kib / 1024**2:.1f} GiB of memory: not needed")
    if len((host.read("/proc/swaps") or "").splitlines()) > 1:
        return Need("swap", title, ok=True, says="there is swap")
    fstab = host.read("/etc/fstab") or ""
    line = f"{SWAP_FILE} none swap sw 0 0\n"
    steps = (
        Run(f"make {SWAP_FILE}", Command(("fallocate", "-l", SWAP_SIZE, SWAP_FILE)), Command(("rm", "-f", SWAP_FILE))),
        Run("keep it for root", Command(("chmod", "0600", SWAP_FILE))),
        Run("format it", Command(("mkswap", SWAP_FILE))),
        Run("use it", Command(("swapon", SWAP_FILE)), Command(("swapoff", SWAP_FILE))),
        *(() if line in fstab else (Write("use it after a boot too", "/etc/fstab", f"{fstab}{line}", 0o644),)),
    )
    return Need("swap", title, ok=False, says=f"{kib / 1024**2:.1f} GiB of memory and no swap", steps=steps)


def _clock(host: Host) -> Need:
    title = "a clock that is set right"
    found = next((name for name in CLOCKS if is_installed(host, name)), "")
    if found:
        return Need("clock", title, ok=True, says=found)
    if not host.run(Command(("test", "-d", SYSTEMD))).ok:
        return Need("clock", title, ok=True, says="no systemd: the machine around it sets the clock")
    steps = (install_step(host, "install what sets the clock", CLOCKS[0]),)
    return Need("clock", title, ok=False, says="nothing sets it", steps=(update_step(host), *steps))


def _upgrades(host: Host) -> Need:
    title = "security upgrades that install themselves"
    if distribution(host).id not in {"debian", "ubuntu"}:
        return Need("upgrades", title, ok=False, says="we know them on Debian and Ubuntu only", blocked=True)
    installed = is_installed(host, "unattended-upgrades")
    if installed and _switched_on(host.read(UPGRADES) or ""):
        return Need("upgrades", title, ok=True, says="unattended-upgrades")
    package = () if installed else (update_step(host), install_step(host, "install them", "unattended-upgrades"))
    write = Write("switch them on", UPGRADES, UPGRADES_TEXT, 0o644)
    return Need("upgrades", title, ok=False, says="not switched on", steps=(*package, write))


def _switched_on(text: str) -> bool:
    return re.search(r'^\s*APT::Periodic::Unattended-Upgrade\s+"[1-9a-z]', text, re.MULTILINE) is not None


def _firewall(host: Host) -> Need:
    """Docker's own rules stand before ufw's: this guards what runs beside the containers, `ports:` the containers."""
    title = "a firewall that lets in ssh and the web alone"
    ssh = f"{_sshd_port(host)}/tcp"
    wanted = (ssh, *WEB_PORTS)
    status = host.run(Command(("ufw", "status")))
    if "Status: active" in status.out:
        missing = [port for port in wanted if not re.search(rf"^{re.escape(port)}\s+(ALLOW|LIMIT)", status.out, re.M)]
        missing = [port for port in missing if not _named(port, status.out)]
        steps = tuple(_allow(port) for port in missing)
        says = f"ufw, but not {', '.join(missing)}" if missing else "ufw"
        return Need("firewall", title, ok=not missing, says=says, steps=steps)
    other = _other_firewall(host)
    if other:
        return Need("firewall", title, ok=True, says=f"{other}: its rules are its owner's")
    package = () if status.exit_code != NOT_FOUND else (update_step(host), install_step(host, "install ufw", "ufw"))
    return Need("firewall", title, ok=False, says="there is none", steps=(*package, *_close(wanted)))


def _close(wanted: tuple[str, ...]) -> Iterator[Step]:
    # ssh first: from the moment it is on, only what is allowed gets in
    yield from (_allow(port) for port in wanted)
    yield Run("switch the firewall on", Command(("ufw", "--force", "enable")), Command(("ufw", "--force", "disable")))


def _allow(port: str) -> Step:
    return Run(f"let in {port}", Command(("ufw", "allow", port)), Command(("ufw", "delete", "allow", port)))


def _named(port: str, status: str) -> bool:
    """Whether a rule names this port with a word, or without its protocol."""
    number = port.partition("/")[0]
    words = {"22": ("OpenSSH", "SSH"), "80": ("WWW", "Nginx Full"), "443": ("WWW Secure", "Nginx Full")}
    names = "|".join(map(re.escape, (number, *words.get(number, ()))))
    return re.search(rf"^(?:{names})\s+(ALLOW|LIMIT)", status, re.MULTILINE) is not None


def _other_firewall(host: Host) -> str:
    if host.run(Command(("firewall-cmd", "--state"))).ok:
        return "firewalld"
    rules = host.run(Command(("nft", "list", "chains"))).out
    return "nftables" if re.search(r"hook input.*policy drop", rules) else ""


def _sshd_port(host: Host) -> str:
    """The port by which this very connection came in."""
    words = host.run(Command(("sh", "-c", "echo $SSH_CONNECTION"))).out.split()
    if len(words) == 4:  # noqa: PLR2004 - client's address and port, server's address and port
        return words[3]
    answer = host.run(Command(("sshd", "-T")))
    found = re.search(r"^port (\d+)", answer.out, re.MULTILINE)
    if not found:
        raise FairleadError(f"{host.name}: the port of sshd is not known ({answer.reason}); nothing was changed")
    return found[1]
