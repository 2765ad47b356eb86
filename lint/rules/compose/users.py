"""As whom a container runs, and what it may write."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service, Unknown
from ...compose.edits import added
from ...finding import Severity
from ...place import Place
from ...rule import Report, rule
from .judging import dockerfile_of, image_name_of, is_official, some, whole_services

_LANGUAGES = frozenset(["alpine", "debian", "golang", "node", "openjdk", "php", "python", "ruby", "rust", "ubuntu"])
"""Official images whose programs stay root where nobody says otherwise."""


@rule(
    "compose/root-user",
    Severity.WARNING,
    bad=(
        """
        services:
          app:
            image: acme/app:1.2.3
            user: root  # <-
          other:
            image: acme/app:1.2.3
            user: "0:0"  # <-
          script:  # <-
            image: python:3.13.5
        """,
        {
            "docker-compose.yml": "services:\n  app:  # <-\n    build: .\n",
            "Dockerfile": 'FROM python:3.13.5\nCMD ["python"]\n',
        },
    ),
    good=(
        """
        services:
          app:
            image: acme/app:1.2.3
          script:
            image: python:3.13.5
            user: "1000:1000"
          other:
            image: python:3.13.5
            user: ${UID}
          db:
            image: mysql:9.4.0
        """,
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n    user: app\n",
            "Dockerfile": 'FROM python:3.13.5\nUSER 1000\nHEALTHCHECK CMD ["true"]\n',
        },
    ),
    source="https://docs.docker.com/engine/security/rootless/",
    covers=("docksec:compose-no-non-root-user",),
    preset="strict",
    lacks=True,
)
def root_user(project: Project) -> Iterator[Report]:
    """
    A service that runs as root.

    Root in a container is root on the host as soon as anything else goes wrong, and owns every file that is mounted.
    Databases' images change the user by themselves; those of languages do not. `user: "1000:1000"` is enough where
    the program writes to its volumes only.
    """
    for service in whole_services(project):
        value = service.get("user")
        if value is not None and value.data is not None:
            if not isinstance(value.data, Unknown) and str(value.data).partition(":")[0] in ("root", "0"):
                yield value.place, f'service "{service.name}" runs as root; give it a user such as "1000:1000"'
        elif _is_root_by_default(service):
            yield service.place, f'service "{service.name}" runs as root; add "user", or USER to its Dockerfile'


def _is_root_by_default(service: Service) -> bool:
    if service.build is None:
        return is_official(service) and image_name_of(service) in _LANGUAGES
    dockerfile, target = dockerfile_of(service), service.build.target
    if dockerfile is None or isinstance(target, Unknown):
        return False
    stage = dockerfile.stage(target) if target else dockerfile.final_stage
    if stage is None:
        return False
    if stage.user is not None:
        return (stage.user_text or "").partition(":")[0] in ("root", "0")
    image = stage.root_image
    name = str(image.repository).removeprefix("library/") if image is not None and image.repository else ""
    return name in _LANGUAGES


@rule(
    "compose/writable-root",
    Severity.INFO,
    bad="""
        services:
          app:  # <-
            image: acme/app:1.2.3
          off:
            image: acme/app:1.2.3
            read_only: false  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            read_only: true
            tmpfs: [/tmp]
          other:
            image: acme/app:1.2.3
            read_only: ${READ_ONLY}
    """,
    source="https://docs.docker.com/reference/compose-file/services/#read_only",
    covers=("docksec:compose-writable-root-fs",),
    preset="strict",
    lacks=True,
)
def writable_root(project: Project) -> Iterator[Report]:
    """A service whose programs can be replaced by whoever breaks into it; `read_only` and a `tmpfs` prevent that."""
    for service in whole_services(project):
        if service.flag("read_only") is True or isinstance(service.flag("read_only"), Unknown):
            continue
        yield _place(service), f'service "{service.name}" may change its own programs; add "read_only: true"'


def _place(service: Service) -> Place:
    value = service.get("read_only")
    return value.place if value is not None else service.place


_WRITES = {
    "nginx": ("/var/cache/nginx", ("/run", "/var/run")),
    "httpd": ("/usr/local/apache2/logs", ()),
    "mysql": ("/var/run/mysqld", ("/run", "/var/run")),
    "mariadb": ("/run/mysqld", ("/run", "/var/run")),
    "postgres": ("/var/run/postgresql", ("/run", "/var/run")),
}
"""Where official images write when they start: a folder, and those above it that do as well."""


@rule(
    "compose/read-only-without-tmpfs",
    Severity.WARNING,
    bad=(
        """
        services:
          web:
            image: nginx:1.29.4
            read_only: true  # <-
        """,
        """
        services:
          db:
            image: mysql:9.4.0
            read_only: true  # <-
            tmpfs: [/tmp]
        """,
    ),
    fixed="""
        services:
          web:
            image: nginx:1.29.4
            read_only: true
            tmpfs: [/var/cache/nginx, /run]
    """,
    unsafe=True,
    good="""
        services:
          web:
            image: nginx:1.29.4
            read_only: true
            tmpfs: [/var/cache/nginx, /run, /tmp]
          own:
            image: nginx:1.29.4
            read_only: true
            command: [nginx, -c, /etc/nginx/own.conf]
          db:
            image: mysql:9.4.0
            read_only: true
            tmpfs: ["/var/run/mysqld:uid=999", /tmp]
    """,
    source="https://hub.docker.com/_/nginx",
)
def read_only_without_tmpfs(project: Project) -> Iterator[Report]:
    """
    `read_only` without a place for what the image writes when it starts: it ends at once.

    nginx makes folders below `/var/cache/nginx`, MySQL its socket below `/var/run/mysqld`. A `tmpfs` there is enough.
    Services with a command, entrypoint or configuration of their own may write elsewhere and are not reported.
    """
    for service in project.services.values():
        value = service.get("read_only")
        name = image_name_of(service)
        if value is None or value.data is not True or name not in _WRITES or not is_official(service):
            continue
        is_own = any(service.get(key) is not None for key in ("command", "entrypoint"))
        if (is_own and name in ("nginx", "httpd")) or any(mount.type == "bind" for mount in service.mounts):
            continue
        folder, above = _WRITES[name]
        if not any(_covers(target, (folder, *above)) for target in _writable(service)):
            message = f'service "{service.name}" cannot write to "{folder}" and ends at once; add it to "tmpfs"'
            has_none = service.get("tmpfs") is None and name == "nginx"
            line = f"tmpfs: [{folder}, /run]"
            yield value.place, message, some(added(service.value, line, safe=False)) if has_none else ()


def _writable(service: Service) -> Iterator[str]:
    yield from (str(entry.data).partition(":")[0] for entry in service.tmpfs)
    yield from (str(mount.target) for mount in service.mounts)


def _covers(target: str, folders: tuple[str, ...]) -> bool:
    return target.rstrip("/").replace("/var/run", "/run") in {folder.replace("/var/run", "/run") for folder in folders}
