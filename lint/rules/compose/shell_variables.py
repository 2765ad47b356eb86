"""Variables of a command's own shell, which Compose fills in before the shell sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project, Service, Use
from ...compose.nodes import Scalar
from ...compose.places import written_scalars
from ...finding import Severity
from ...rule import Report, rule

_COMMANDS = ("command", "entrypoint", "healthcheck.test")


@rule(
    "compose/shell-variable-filled-in",
    Severity.ERROR,
    bad=(
        """
        services:
          backup:
            image: acme/backup:1.2.3
            command: sh -c "NOW=$$(date +%s); tar cf /backups/$NOW.tar /data"  # <-
        """,
        """
        services:
          backup:
            image: acme/backup:1.2.3
            entrypoint: [sh, -c, "for name in a b; do dump ${name}; done"]  # <-
            healthcheck:
              test: "read age < /age; test $age -lt 60"  # <-
        """,
    ),
    good="""
        services:
          backup:
            image: acme/backup:1.2.3
            command: sh -c "NOW=$$(date +%s); tar cf /backups/$${NOW}.tar /data"
            entrypoint: [sh, -c, "MODE=${MODE:-fast} exec run --mode ${MODE:-fast}"]
            healthcheck:
              test: check --name=$NAME --port ${PORT}
          own:
            image: acme/own:1.2.3
            user: "${OWN_UID:-50000}:0"
            command: sh -c 'test -n "${OWN_UID}" || OWN_UID=$$(id -u); exec run'
          late:
            image: acme/late:1.2.3
            command: sh -c 'test -n "${LATE}" || LATE=$$(date +%s); exec run'
    """,
    source="https://docs.docker.com/reference/compose-file/interpolation/",
)
def shell_variable_filled_in(project: Project) -> Iterator[Report]:
    """
    A command sets a variable and uses it with one `$`.

    Compose fills it in first, from its own environment, where it is not set, and the shell gets an empty text. Files
    end up without a name, loops do nothing, and only a warning at the start tells. Write `$$NAME` for what the shell
    shall see. What stands before the shell sets it, and what Compose fills in elsewhere too, is left alone.
    """
    scalars = {id(each): each for service in project.services.values() for each in _scalars(service)}
    elsewhere = {use.name for use in project.uses if id(use.scalar) not in scalars}
    seen: set[tuple[str, int, int]] = set()
    for use in project.uses:
        scalar = scalars.get(id(use.scalar))
        key = (use.place.path, use.place.line, use.place.column)
        if scalar is None or key in seen or use.name in project.environment or use.name in elsewhere:
            continue
        if _is_set(scalar, use):
            seen.add(key)
            yield use.place, f'Compose fills "{use.name}" in, not the shell that sets it; write "$${use.name}"'


def _scalars(service: Service) -> Iterator[Scalar]:
    for name in _COMMANDS:
        value = service.get(name)
        if value is not None:
            yield from written_scalars(value.node)


def _is_set(scalar: Scalar, use: Use) -> bool:
    """Whether the text sets the variable by something else than itself."""
    name = re.escape(use.name)
    text = scalar.text
    given = re.search(rf"(?:^|[\s;&|(`\"'])(?:export |local )?{name}=(?P<value>[^\s;]*)", text)
    if given:
        return given.end() <= use.variable.start and not re.search(rf"\$\{{?{name}\b", given["value"])
    return bool(re.search(rf"\bfor {name} in\b|\bread (?:-\w+ )*(?:\w+ )*{name}\b", text))
