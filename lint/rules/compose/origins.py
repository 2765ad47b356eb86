"""Who may talk to an application from a page of his own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from .secret_places import is_for_development

_NAMES = regex(r"(?:.*_)?(?:ALLOWED_HOSTS|ALLOW(?:ED)?_ORIGINS?|CORS_ORIGINS?)(?:_LIST|_WHITELIST)?|CORS")


@rule(
    "compose/everybody-allowed",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              ALLOWED_HOSTS: "*"  # <-
              CORS_ALLOWED_ORIGINS: '["*"]'  # <-
          search:
            image: acme/search:1.2.3
            environment:
              - http.cors.allow-origin=*  # <-
    """,
    good=(
        """
        services:
          app:
            image: acme/app:1.2.3
            environment:
              ALLOWED_HOSTS: www.example.com
              CORS_ALLOWED_ORIGINS: ${CORS_ALLOWED_ORIGINS:?}
              CORS_ALLOW_HEADERS: "*"
              NODE_FUNCTION_ALLOW_BUILTIN: "*"
        """,
        {
            "docker-compose.yml": "services:\n  app:\n    image: acme/app:1.2.3\n",
            "docker-compose.dev.yml": 'services: {app: {environment: {ALLOWED_HOSTS: "*"}}}\n',
        },
    ),
    source="https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts",
)
def everybody_allowed(project: Project) -> Iterator[Report]:
    """
    Any host name or any origin is good enough for the application.

    With any name, links in its mails lead where a stranger's request says; with any origin, a stranger's page reads
    what the application answers its visitors. Name the hosts, or let a variable do so.
    """
    for service in project.services.values():
        for variable in service.own_environment.values():
            value = variable.value.strip() if isinstance(variable.value, str) else ""
            if value not in ("*", '["*"]', "['*']") or is_for_development(variable.path):
                continue
            if _NAMES.fullmatch(re.sub(r"[.-]", "_", variable.name).upper()):
                yield variable.value_place, f'"{variable.name}" lets everybody in; name the hosts'
