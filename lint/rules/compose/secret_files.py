"""Files with secrets, and who may read them inside the container."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ...compose import FileMount, Project, Service
from ...finding import Severity
from ...rule import Report, rule
from .judging import dockerfile_of

_OTHERS_READ = 0o004
_GROUP_READ = 0o040
_OWNER_READ = 0o400


@rule(
    "compose/secret-file-unreadable",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: ghcr.io/acme/app:1.2.3
            user: "10001:10001"
            secrets:
              - source: db_password
                mode: 0400  # <-
        secrets:
          db_password: {environment: DB_PASSWORD}
    """,
    good="""
        services:
          app:
            image: ghcr.io/acme/app:1.2.3
            user: "10001:10001"
            secrets:
              - db_password
              - {source: own, uid: "10001", mode: 0400}
              - {source: shared, gid: "10001", mode: 0440}
          root:
            image: ghcr.io/acme/app:1.2.3
            user: root
            secrets:
              - {source: db_password, mode: 0400}
        secrets:
          db_password: {environment: DB_PASSWORD}
          own: {environment: OWN}
          shared: {environment: SHARED}
    """,
    source="https://github.com/docker/compose/issues/9648",
)
def secret_file_unreadable(project: Project) -> Iterator[Report]:
    """
    A secret that only its owner may read, in a service that runs as another user.

    The program ends with "permission denied" on /run/secrets. A secret from a file keeps owner and mode of the file on
    the host, whatever the Compose file says about uid, gid and mode: it has to be readable by others, in a folder that
    others cannot enter. One from the environment belongs to root unless the Compose file says otherwise.
    """
    for service in project.services.values():
        user, group = _who(service)
        for mount in service.secrets if user is not None and user != 0 else ():
            found = _access(project, mount)
            if found is None or user is None or _may_read(found, user, group, _groups(service)):
                continue
            mode = mount.value.get("mode")
            place = mode.place if mode is not None and found[3] else mount.place
            advice = "give it uid and gid of that user" if found[3] else "make it readable, in a folder that guards it"
            yield place, f'user {user} of service "{service.name}" cannot read secret "{mount.source}"; {advice}'


@rule(
    "compose/secret-file-open-to-all",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                secrets: [db_password]
            secrets:
              db_password: {file: ./secrets/db_password.txt}  # <-
        """,
        "secrets/db_password.txt": "# mode 0644\nkw8Zr2Vb91\n",
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: ghcr.io/acme/app:1.2.3
                    secrets: [db_password]
                secrets:
                  db_password: {file: ./secrets/db_password.txt}
            """,
            "secrets/db_password.txt": "# mode 0600\nkw8Zr2Vb91\n",
        },
        """
        services:
          app:
            image: ghcr.io/acme/app:1.2.3
            secrets: [db_password]
        secrets:
          db_password: {file: /run/keys/db_password}
        """,
    ),
    source="https://docs.docker.com/compose/how-tos/use-secrets/",
)
def secret_file_open_to_all(project: Project) -> Iterator[Report]:
    """
    A secret's file that every user of the machine can read.

    A container of another user needs it readable by others, too: what guards it then is the folder, with mode 0700,
    which the engine passes and other users of the host do not. Files that git keeps are judged by no mode: git knows
    none but "executable".
    """
    reader = project.reader
    for value in project.secrets.values():
        file = value.get("file")
        if file is None or not isinstance(file.data, str) or file.data.startswith("/"):
            continue
        from ...envfile.keeping import Keeping, keeping  # noqa: PLC0415 - only a file with secrets needs it
        from ...permissions import is_open_to_all  # noqa: PLC0415 - as above

        path = os.path.join(file.node.source.base, file.data)  # noqa: PTH118 - paths are plain strings
        if is_open_to_all(path, reader) and keeping(path, reader) is not Keeping.TRACKED:
            message = f'every user of this machine can read "{file.text}"; give its folder mode 0700'
            yield file.place, message


def _who(service: Service) -> tuple[int | None, int | None]:
    """User and group as numbers; None where they are names, or not known."""
    text = service.data("user")
    if text is None:
        dockerfile = dockerfile_of(service)
        target = service.build.target if service.build is not None else None
        stage = None
        if dockerfile is not None:
            stage = dockerfile.stage(target) if isinstance(target, str) else dockerfile.final_stage
        text = stage.user_text if stage is not None and target is None else None
    user, _, group = str(text or "").partition(":")
    return (int(user) if user.isdecimal() else None), (int(group) if group.isdecimal() else None)


def _groups(service: Service) -> set[int]:
    """The further groups of a service."""
    found = [str(each.data) for each in service.texts("group_add")]
    return {int(each) for each in found if each.isdecimal()}


def _access(project: Project, mount: FileMount) -> tuple[int, int, int, bool] | None:
    """Owner, group and mode of the file, and whether the Compose file decides about them; None where not known."""
    value = project.secrets.get(mount.source) if isinstance(mount.source, str) else None
    if value is None:
        return None
    if value.get("environment") is not None:
        owner, group = (int(str(each)) if str(each or "").isdecimal() else 0 for each in (mount.uid, mount.gid))
        return (owner, group, mount.mode, True) if mount.mode is not None else None
    file = value.get("file")
    if file is None or not isinstance(file.data, str) or project.reader.only_overlay or file.data.startswith("/"):
        return None
    try:
        status = os.stat(os.path.join(file.node.source.base, file.data))  # noqa: PTH116, PTH118 - paths are plain strings
    except OSError:
        return None
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode), False


def _may_read(access: tuple[int, int, int, bool], user: int, group: int | None, groups: set[int]) -> bool:
    owner, owning_group, mode, _ = access
    if user == owner:
        return bool(mode & _OWNER_READ)
    if owning_group in groups or owning_group == group:
        return bool(mode & _GROUP_READ)
    return bool(mode & _OTHERS_READ) or (group is None and bool(mode & _GROUP_READ))
