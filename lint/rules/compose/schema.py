"""What the merged model has that the specification does not know."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule

_SCHEMA = "https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json"


@rule(
    "compose/unknown-key",
    Severity.ERROR,
    bad=(
        """
        services:
          web:
            image: nginx:1.28.0
            restrat: unless-stopped  # <-
            heathcheck:  # <-
              test: ["CMD", "nginx", "-t"]
        """,
        """
        web:  # <-
          image: nginx:1.28.0
        names:  # <-
          build: .
        """,
    ),
    fixed="""
        services:
          web:
            image: nginx:1.28.0
            restart: unless-stopped
            healthcheck:
              test: ["CMD", "nginx", "-t"]
    """,
    unsafe=True,
    good="""
        x-notes: any
        services:
          web:
            image: nginx:1.28.0
            x-team: web
    """,
    source=_SCHEMA,
    covers=("dclint:invalid-schema",),
)
def unknown_key(project: Project) -> Iterator[Report]:
    """
    A key that Compose does not know at this place.

    Compose refuses the files. Every such key is reported where it stands, and hides no other fault. Keys that begin
    with ``x-`` are free for notes and anchors.
    """
    for place, message in project.problems_of("compose/unknown-key"):
        edit = project.meant.get(place)
        yield (place, message, (edit,)) if edit else (place, message)


@rule(
    "compose/missing-key",
    Severity.ERROR,
    bad="""
        services:
          web:
            image: nginx:1.28.0
            env_file:
              - required: false  # <-
    """,
    good="""
        services:
          web:
            image: nginx:1.28.0
            env_file:
              - path: web.env
                required: false
    """,
    source=_SCHEMA,
)
def missing_key(project: Project) -> Iterator[Report]:
    """
    A map without a key that it must have.

    Compose refuses the files.
    """
    yield from project.problems_of("compose/missing-key")


@rule(
    "compose/wrong-value",
    Severity.ERROR,
    bad="""
        services:
          web:
            image: nginx:1.28.0
            hostname: 5  # <-
            privileged: maybe  # <-
            mem_limit: 1g0  # <-
            stop_grace_period: 30 s  # <-
            ports:
              - 80:http  # <-
              - localhost:80:80  # <-
            command: echo 'x  # <-
    """,
    good="""
        services:
          web:
            image: nginx:1.28.0
            hostname: "5"
            privileged: "no"
            mem_limit: ${MEMORY}
            stop_grace_period: 30s
            ports: ["127.0.0.1:80:80"]
            command: echo 'x'
    """,
    source=_SCHEMA,
)
def wrong_value(project: Project) -> Iterator[Report]:
    """
    A value of a kind or form that Compose does not take at this place.

    Compose refuses the files. Durations need units (``30s``), sizes are written like ``512m``, ports are numbers, and
    an address before a port is an IP address. Values are judged after variables are filled in and files merged, as
    Compose judges them; one with a variable that is not set anywhere is not judged.
    """
    yield from project.problems_of("compose/wrong-value")


@rule(
    "compose/repeated-entry",
    Severity.ERROR,
    bad="""
        services:
          web:
            image: nginx:1.28.0
            security_opt:
              - no-new-privileges:true
              - no-new-privileges:true  # <-
    """,
    good="""
        services:
          web:
            image: nginx:1.28.0
            cap_drop: [ALL, ALL]
            security_opt: [no-new-privileges:true]
    """,
    source=_SCHEMA,
)
def repeated_entry(project: Project) -> Iterator[Report]:
    """
    The same entry twice in a list that must have no two.

    Compose refuses the files, and often it is an override that repeats what its base already has: lists are appended.
    Lists whose entries have a key, such as ``cap_drop`` or ``environment``, may repeat: the later entry wins.
    """
    yield from project.problems_of("compose/repeated-entry")
