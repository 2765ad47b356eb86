"""Whether a release can be gone back to: what the database has by now that it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..agent.database import DatabaseError, migrations_of, running_database
from ..host import Host
from ..inventory import HostEntry
from ..kept_json import data_of
from ..migrations import between
from .layout import Layout
from .target import Target


def doubts(host: Host, entry: HostEntry, target: Target, layout: Layout, wanted: str) -> Iterator[str]:
    """Why a person should be asked before *wanted* serves again; nothing where all is well."""
    if entry.protected:
        yield "is marked as protected in fairlead.yaml"
    older = migrations_of(_manifest(host, layout, wanted))
    newer = migrations_of(_manifest(host, layout, target.state.current))
    if older is None or newer is None:
        return  # one of them says nothing of its migrations
    database = running_database(host, target.client, layout.base_project, newer)
    try:
        applied = database.look().applied if database else ()
    except DatabaseError as error:
        yield f"{error}; whether {wanted} fits its tables is not known"
        return
    names = between(older.lineage, newer.lineage, applied)
    if names:
        yield (
            f"the database has the migrations {', '.join(names)}, which {wanted} does not know and which stay: it "
            "works with them only where they add to the tables and take nothing away (docs/deploy.md, Migrations)"
        )


def _manifest(host: Host, layout: Layout, release: str) -> dict[str, Any]:
    if not release:
        return {}
    path = f"{layout.release(release)}/release.json"
    return data_of(host.read(path), f"{host.name}: {path}")
