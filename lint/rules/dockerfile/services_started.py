"""Services that a container starts beside its program."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile
from ...finding import Severity
from ...rule import Report, rule

_STARTING = frozenset(["start", "restart"])


@rule(
    "dockerfile/service-unwatched",
    Severity.WARNING,
    bad=(
        """
        FROM debian:13.1
        USER 1000
        CMD service php8.4-fpm start && exec nginx -g "daemon off;"  # <-
        """,
        """
        FROM debian:13.1
        USER 1000
        ENTRYPOINT ["sh", "-c", "/etc/init.d/redis-server start; exec node server.js"]  # <-
        """,
    ),
    good="""
        FROM debian:13.1
        USER 1000
        CMD ["nginx", "-g", "daemon off;"]
    """,
    source="https://docs.docker.com/engine/containers/multi-service_container/",
)
def service_unwatched(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A service that a container starts in the background, beside the program it waits for.

    When it ends, nobody notices: the container goes on running without it, and its log is in a file inside. The
    engine watches one program of each container.
    """
    stage = dockerfile.final_stage
    for each in (stage.entrypoint, stage.cmd) if stage else ():
        for command in stage.script(each).commands if stage and each else ():
            if _starts(command):
                yield command.place, "nobody sees when this service ends; give it a container of its own"


def _starts(command: Command) -> bool:
    name = command.argv[0].known if command.argv else ""
    arguments = {word.text for word in command.arguments}
    return (command.program == "service" or name.startswith("/etc/init.d/")) and bool(arguments & _STARTING)
