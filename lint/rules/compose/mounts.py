"""What a container gets of the host's files and devices."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...compose import Mount, Project, Service, Unknown
from ...compose.edits import added
from ...finding import Edit, Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .judging import is_read_only, place_of, some

_HOME = regex(r"^\$(?:HOME|\{HOME\})/")
_KEYS = (".ssh", ".aws", ".docker", ".kube", ".gnupg", ".config/gcloud", ".azure")


_WITH_SOCKET = ("/run", "/var/run")
"""Reported as what they are: the engine's socket."""


def _binds(project: Project) -> Iterator[tuple[Service, Mount, str]]:
    """The folders and files of the host that are mounted, by absolute path or from the home folder."""
    for service in project.services.values():
        for mount in service.mounts:
            path = _path_of(mount)
            if path and path.startswith(("/", "~")) and posixpath.normpath(path) not in _WITH_SOCKET:
                yield service, mount, posixpath.normpath(path)


def _path_of(mount: Mount) -> str | None:
    """What of the host is mounted, as written; the home folder is known, though its variable is not."""
    if isinstance(mount.source, Unknown):
        path, homes = _HOME.subn("~/", mount.source.text.partition(":")[0])
        return path if homes else None
    return mount.source if mount.type == "bind" else None


def _holds_keys(path: str) -> bool:
    home, _, rest = path.partition("/") if path.startswith("~") else ("", "", "")
    below = rest if home else "/".join(path.split("/")[3:] if path.startswith("/home/") else path.split("/")[2:])
    is_home = bool(home) or path.startswith(("/home/", "/root/"))
    return is_home and any(below == name or below.startswith(name + "/") for name in _KEYS)


@rule(
    "compose/sensitive-mount",
    Severity.ERROR,
    bad="""
        services:
          app:
            volumes:
              - /:/host  # <-
              - /etc:/etc/host:rw  # <-
              - ~/.ssh:/home/app/.ssh:ro  # <-
              - ${HOME}/.aws:/root/.aws:ro  # <-
              - type: bind
                source: /var/lib/docker  # <-
                target: /data
    """,
    good="""
        services:
          app:
            volumes:
              - /etc/localtime:/etc/localtime:ro
              - /etc/letsencrypt:/etc/letsencrypt:ro
              - /srv/data:/data
              - ./etc:/etc/app:ro
              - ~/backups:/backups
              - $HOME/site:/srv
              - root:/root
          exporter:
            volumes: ["/proc:/host/proc:ro", "/sys:/host/sys:ro"]
    """,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    covers=("kics:volume_has_sensitive_host_directory", "docksec:compose-sensitive-host-mount"),
)
def sensitive_mount(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A folder of the host that gives a container power over it, mounted writable; or somebody's keys, in any way.

    Who writes to `/etc` or `/usr` becomes root with the next cron job; `/var/lib/docker` holds the data of all other
    containers. Mount the one folder the program needs. `policy.images.sensitive_mounts` lists the folders.
    """
    for service, mount, path in _binds(project):
        if _holds_keys(path):
            yield (
                place_of(mount),
                f'service "{service.name}" gets the keys in "{path}"; pass the one it needs as a secret',
            )
        elif path in policy.images.sensitive_mounts and is_read_only(mount) is False:
            message = f'service "{service.name}" may write to "{path}" of the host; mount the one folder it needs'
            yield place_of(mount), message


@rule(
    "compose/sensitive-mount-read-only",
    Severity.WARNING,
    bad="""
        services:
          exporter:
            volumes:
              - /:/host:ro,rslave  # <-
              - type: bind
                source: /var/lib/docker  # <-
                target: /data
                read_only: true
    """,
    good="""
        services:
          exporter:
            volumes:
              - /proc:/host/proc:ro
              - /sys:/host/sys:ro
              - /etc/timezone:/etc/timezone:ro
              - /:/host:${ROOT_MODE}
    """,
    source="https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
    covers=("kics:volume_has_sensitive_host_directory", "docksec:compose-sensitive-host-mount"),
)
def sensitive_mount_read_only(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A folder of the host with keys and passwords in it, mounted read-only.

    The container cannot change it, but reads `/etc/shadow`, the keys of the host and the files of all other
    containers. Exporters of metrics need `/proc` and `/sys`, which are not reported, and rarely more.
    """
    harmless = ("/proc", "/sys", "/bin", "/lib", "/lib64", "/sbin", "/usr", "/boot", "/dev")
    for service, mount, path in _binds(project):
        if path in policy.images.sensitive_mounts and path not in harmless and is_read_only(mount) is True:
            yield (
                place_of(mount),
                f'service "{service.name}" reads all of "{path}" of the host; mount only what it needs',
            )


@rule(
    "compose/shared-propagation",
    Severity.WARNING,
    bad="""
        services:
          app:
            volumes:
              - ./data:/data:shared  # <-
              - type: bind
                source: ./more
                target: /more
                bind: {propagation: rshared}  # <-
    """,
    good="""
        services:
          app:
            volumes:
              - ./data:/data:rslave
              - ./more:/more:rprivate
    """,
    source="https://docs.docker.com/engine/storage/bind-mounts/#configure-bind-propagation",
    covers=("kics:volume_mounted_in_multiple_containers",),
    preset="strict",
)
def shared_propagation(project: Project) -> Iterator[Report]:
    """
    A mount that carries what the container mounts back to the host.

    Only a program that mounts file systems for others needs it; everywhere else it is a way out of the container.
    """
    for service in project.services.values():
        for mount in service.mounts:
            if mount.propagation in ("shared", "rshared"):
                value = mount.value.get("bind.propagation")
                place = mount.place if mount.is_short or value is None else value.place
                message = f'what service "{service.name}" mounts below "{mount.target}" appears on the host; '
                yield place, message + f'remove "{mount.propagation}"'


@rule(
    "compose/host-device",
    Severity.WARNING,
    bad="""
        services:
          app:
            devices:
              - /dev/sda:/dev/sda  # <-
              - /dev/mem  # <-
    """,
    good="""
        services:
          app:
            devices: [/dev/dri:/dev/dri, /dev/net/tun, "${DEVICE}"]
    """,
    source="https://docs.docker.com/reference/compose-file/services/#devices",
    preset="strict",
)
def host_device(project: Project) -> Iterator[Report]:
    """
    A disk or the memory of the host as a device of a container.

    Whoever is root in the container reads and writes the whole disk, past every file's owner.
    """
    for service in project.services.values():
        for entry in service.texts("devices"):
            data = entry.data.get("source") if isinstance(entry.data, dict) else entry.data
            source = data.partition(":")[0] if isinstance(data, str) else ""
            name = source.removeprefix("/dev/") if source.startswith("/dev/") else ""
            if name in ("mem", "kmem", "port") or name.startswith(("sd", "nvme", "vd", "xvd", "dm-", "mapper/")):
                yield entry.place, f'service "{service.name}" gets "{source}" of the host; mount a folder instead'


_SETTINGS = (".conf", ".cnf", ".ini", ".yml", ".yaml", ".toml", ".json", ".pem", ".crt", ".key", ".properties")


@rule(
    "compose/writable-config-mount",
    Severity.INFO,
    bad="""
        services:
          web:
            volumes:
              - ./nginx.conf:/etc/nginx/nginx.conf  # <-
              - type: bind
                source: ./my.cnf  # <-
                target: /etc/my.cnf
    """,
    good="""
        services:
          web:
            volumes:
              - ./nginx.conf:/etc/nginx/nginx.conf:ro
              - ./data:/data
              - ./acme.json:/letsencrypt/acme.json
              - ./settings.yml:/etc/settings.yml:${MODE}
    """,
    fixed="""
        services:
          web:
            volumes:
              - ./nginx.conf:/etc/nginx/nginx.conf:ro
              - type: bind
                source: ./my.cnf
                target: /etc/my.cnf
                read_only: true
    """,
    source="https://docs.docker.com/engine/storage/bind-mounts/#use-a-read-only-bind-mount",
    unsafe=True,
    preset="strict",
)
def writable_config_mount(project: Project) -> Iterator[Report]:
    """A configuration file that the program could change: whoever breaks into it changes it for good."""
    for service in project.services.values():
        for mount in service.mounts:
            source, target = mount.source, mount.target
            if mount.type != "bind" or not isinstance(source, str) or not isinstance(target, str):
                continue
            if not target.startswith("/etc/") or not source.endswith(_SETTINGS) or is_read_only(mount) is not False:
                continue
            message = f'service "{service.name}" may change "{source}"; mount it read-only'
            yield place_of(mount), message, some(_made_read_only(mount))


def _made_read_only(mount: Mount) -> Edit | None:
    if not mount.is_short:
        return added(mount.value, "read_only: true", safe=False)
    if mount.options:
        return None
    quote = '"' if mount.place.end_column - mount.place.column != len(mount.text) else ""
    return Edit(mount.place, f"{quote}{mount.text}:ro{quote}", safe=False)
