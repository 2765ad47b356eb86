"""Secrets and configs that nothing defines."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import FileMount, Project, Service, Unknown
from ...compose.read_parts import file_mounts
from ...finding import Severity
from ...rule import Report, rule
from .references import is_beside, is_whole, undefined

_REFERENCE = "https://docs.docker.com/reference/compose-file/"


@rule(
    "compose/undefined-secret",
    Severity.ERROR,
    bad=(
        """
        services:
          app:
            image: acme/app:1.2.3
            secrets:
              - db_pasword  # <-
        secrets:
          db_password: {file: ./db_password}
        """,
        """
        services:
          app:
            image: acme/app:1.2.3
            secrets:
              - source: api_key  # <-
                target: key
            configs: [site]  # <-
            build: {context: ., secrets: [npm_token]}  # <-
        """,
    ),
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            secrets:
              - db_password
        secrets:
          db_password: {file: ./db_password}
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            secrets: [db_password]
            configs: [{source: site, target: /site}]
        secrets:
          db_password: {external: true}
        configs:
          site: {file: ./site}
    """,
    unsafe=True,
    source=_REFERENCE + "secrets/",
)
def undefined_secret(project: Project) -> Iterator[Report]:
    """A secret or config that the top level does not define: Compose refuses the files."""
    if not is_whole(project):
        return
    for service in project.services.values():
        built = _of_build(service)
        for kind, mounts, known in (
            ("secret", (*service.secrets, *built), project.secrets),
            ("config", service.configs, project.configs),
        ):
            for mount in mounts:
                if isinstance(mount.source, Unknown) or mount.source in known or is_beside(project, mount.source):
                    continue
                source = mount.value.get("source")
                place = mount.place if mount.is_short or source is None else source.place
                add = f'add it under "{kind}s" at the top level'
                yield undefined(place, mount.source, kind, known, add=add)


def _of_build(service: Service) -> Iterator[FileMount]:
    """The secrets that only the build gets."""
    return file_mounts(service.get("build.secrets"), "/run/secrets/")
