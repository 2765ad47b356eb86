"""What fairlead.yaml says for the doctor and for verify: what only a stack's owner knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LoginSettings:
    """With which user the doctor logs in, and the file in the container that holds the password."""

    user: str
    password_file: str


@dataclass(frozen=True)
class ChatSettings:
    """Paths below the page: where a person registers, where conversations are, and where a person is deleted."""

    register: str
    conversations: str
    account: str = ""


@dataclass(frozen=True)
class ServiceCommand:
    """A command, and the compose service whose container runs it."""

    service: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class DoctorSettings:
    """
    What only this stack's owner knows; what is not set is not asked.

    Attributes:
        health: An address inside the stack, ``http://SERVICE:PORT/PATH``, that answers 200 while the service lives.
        ready: The same, for what the service needs too.
        api: A path below the page that the back end answers in JSON, whatever the status.
        limited: A path below the page that may be asked often enough to be refused; GET changes nothing there.
        websocket: A path below the page that takes WebSockets.
        migrations: A command of a service that prints ``{"current", "head", "pending"}`` of the tables as JSON.
    """

    health: str = ""
    ready: str = ""
    api: str = ""
    mysql: LoginSettings | None = None
    redis: LoginSettings | None = None
    functional: ChatSettings | None = None
    limited: str = ""
    websocket: str = ""
    migrations: ServiceCommand | None = None


def doctor_settings(data: Mapping[str, Any]) -> DoctorSettings:
    """The section `doctor` of a fairlead.yaml, which its schema allows."""
    return DoctorSettings(
        health=data.get("health", ""),
        ready=data.get("ready", ""),
        api=data.get("api", ""),
        mysql=LoginSettings(**data["mysql"]) if "mysql" in data else None,
        redis=LoginSettings(**data["redis"]) if "redis" in data else None,
        functional=ChatSettings(**data["functional"]) if "functional" in data else None,
        limited=data.get("limited", ""),
        websocket=data.get("websocket", ""),
        migrations=_service_command(data["migrations"]) if "migrations" in data else None,
    )


def _service_command(data: Mapping[str, Any]) -> ServiceCommand:
    return ServiceCommand(data["service"], tuple(data["command"]))
