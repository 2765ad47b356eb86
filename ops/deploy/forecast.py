"""What a deploy will do, as a value: shown to people, written to a file, and held to when it is applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .changes import Names
from .room import Room
from .weighing import Load

VERSION = 1
SCRYPT = {"n": 1 << 14, "r": 8, "p": 1}
"""Slow on purpose: secrets are among what is digested, and the file may be read by others."""


@dataclass(frozen=True)
class Changes:
    """
    What differs from what serves.

    Attributes:
        behaviour: In the sentences of `inv diff`.
        variables: Names of variables by service.
        left: What differs and is not touched, and what would touch it.
    """

    behaviour: tuple[str, ...] = ()
    variables: Mapping[str, Names] = field(default_factory=dict)
    secrets: Names = field(default_factory=Names)
    files: Names = field(default_factory=Names)
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pending:
    """The migrations: where the database is, what will run, and the room for the dump before it."""

    database: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    dump_bytes: int = 0


@dataclass(frozen=True)
class Forecast:
    """
    One deploy, as it will be; `schemas/plan.schema.json` has each key.

    Attributes:
        tier: What it changes: ``app``, ``edge`` or ``data``.
        of_host: A digest of the host's state that it was made for.
        of_repository: A digest of all that it was made from; its *salt* makes it of no use for guessing secrets.
    """

    stack: str
    host: str
    address: str
    tier: str
    release: str
    before: str
    made: str
    who: str
    steps: tuple[str, ...]
    images: tuple[Load, ...]
    bytes: int
    changes: Changes
    migrations: Pending
    rooms: tuple[Room, ...]
    expected_s: float | None
    gap: str
    asks: tuple[str, ...]
    salt: str
    of_host: str
    of_repository: str


def written(forecast: Forecast) -> str:
    """The text of the plan's file."""
    return json.dumps({"version": VERSION, **asdict(forecast)}, indent=2) + "\n"


def read(path: Path) -> Forecast:
    """
    The plan in a file.

    Raises:
        SettingsError: it is not there, or no plan of this version.
    """
    from ...schemas import first_error  # noqa: PLC0415 - jsonschema takes 100 ms

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: no JSON: {error}; inv deploy --plan-out writes one") from error
    problem = first_error("plan", data)
    if problem:
        raise SettingsError(f"{path}: no plan of a deploy: {problem}; inv deploy --plan-out writes one")
    return _forecast(data)


def refuse_stale(planned: Forecast, now: Forecast) -> None:
    """
    Refuses a plan that the host or the repository has left behind.

    Args:
        now: The plan that would be made now, with the salt of *planned*.

    Raises:
        SettingsError: says which of the two it is.
    """
    for name in ("stack", "host", "tier"):
        mine, given = getattr(planned, name), getattr(now, name)
        if mine != given:
            raise SettingsError(f"the plan is for the {name} {mine}, not {given}")
    again = "nothing was changed; make it again with --plan-out"
    if planned.of_host != now.of_host or planned.release != now.release:
        serves = f"{planned.before or 'no release'} served then, {now.before or 'none'} serves now"
        raise SettingsError(f"{now.host}: the host has changed since the plan of {planned.made}: {serves}; {again}")
    if planned.of_repository != now.of_repository:
        raise SettingsError(
            f"the repository, its images or its secrets have changed since the plan of {planned.made}; {again}"
        )


def digest_of(parts: Iterable[bytes], salt: str) -> str:
    """One digest of all *parts*, in their order; slow, so that no secret among them can be guessed by it."""
    together = hashlib.sha256()
    for part in parts:
        together.update(hashlib.sha256(part).digest())
    return hashlib.scrypt(together.digest(), salt=bytes.fromhex(salt), dklen=32, **SCRYPT).hex()


def _forecast(data: Mapping[str, Any]) -> Forecast:
    told = data["changes"]
    changes = Changes(
        behaviour=tuple(told["behaviour"]),
        variables={service: _names(names) for service, names in told["variables"].items()},
        secrets=_names(told["secrets"]),
        files=_names(told["files"]),
        left=tuple(told["left"]),
    )
    migrations = Pending(
        tuple(data["migrations"]["database"]), tuple(data["migrations"]["pending"]), data["migrations"]["dump_bytes"]
    )
    return Forecast(
        **{
            **{key: value for key, value in data.items() if key != "version"},
            "steps": tuple(data["steps"]),
            "images": tuple(Load(**image) for image in data["images"]),
            "changes": changes,
            "migrations": migrations,
            "rooms": tuple(Room(**room) for room in data["rooms"]),
            "asks": tuple(data["asks"]),
        }
    )


def _names(data: Mapping[str, Any]) -> Names:
    return Names(*(tuple(data[key]) for key in ("added", "removed", "changed")))
