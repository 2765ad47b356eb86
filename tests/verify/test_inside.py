"""What checks from inside make of a stack's answers, where no engine is needed to ask."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fairlead.ops.doctor.seen import Seen
from fairlead.ops.doctor_settings import DoctorSettings, ServiceCommand
from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.inside import application, databases, made, tables
from fairlead.ops.verify.inside.installation import Installation
from fairlead.ops.verify.verdict import Check

from .installations import container, installation, said
from .test_outside import Told

HEALTH = DoctorSettings(health="http://backend:7860/health")


def api(*routes: str) -> str:
    """An application's description of its API, as curl prints it with the status."""
    return json.dumps({"paths": {route: {"get": {}} for route in routes}}) + "\n200"


def test_a_container_with_another_api_is_named() -> None:
    told = {"exec backend-3": api("/api/me", "/api/new"), "exec backend": api("/api/me")}
    stack = installation(*(container("backend", number) for number in (1, 2, 3)), told=told, doctor=HEALTH)

    words = said(application.same_api, stack)
    assert [("PASS", "backend-1"), ("PASS", "backend-2"), ("FAIL", "backend-3")] == words


def test_a_container_that_does_not_describe_its_api_beside_one_that_does_is_named() -> None:
    stack = installation(
        *(container("backend", number) for number in (1, 2)), told={"backend-1": api("/a")}, doctor=HEALTH
    )

    assert [("PASS", "backend-1"), ("FAIL", "backend-2")] == said(application.same_api, stack)


def test_an_application_without_a_description_promises_none() -> None:
    stack = installation(container("backend"), told={"exec": "not there\n404"}, doctor=HEALTH)

    assert ["SKIP"] == [word for word, _ in said(application.same_api, stack)]


def test_routes_are_asked_for_inside_where_the_world_is_not_told() -> None:
    stack = installation(container("backend"), told={"exec": api("/api/me", "/api/people/{id}/notes")}, doctor=HEALTH)

    assert ("/api/me", "/api/people/1/notes") == stack.routes()


def words(check: Check[Installation], stack: Installation) -> list[str]:
    """The word of each verdict."""
    return [word for word, _ in said(check, stack)]


MODEL = {
    "command": ["serve", "$$HOME"],
    "environment": {"LEVEL": "info", "HOST": None},
    "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
    "secrets": [{"source": "password"}],
    "tmpfs": ["/tmp:size=64m"],
    "healthcheck": {"test": ["CMD", "ping"], "interval": "1m10s", "retries": 3},
    "stop_signal": "SIGQUIT",
    "stop_grace_period": "40s",
}
MADE: dict[str, Any] = {
    "Config": {
        "Cmd": ["serve", "$HOME"],
        "Env": ["LEVEL=info", "PATH=/bin"],
        "Healthcheck": {"Test": ["CMD", "ping"], "Interval": 70_000_000_000, "Retries": 3},
        "StopSignal": "SIGQUIT",
        "StopTimeout": 40,
    },
    "HostConfig": {"Tmpfs": {"/tmp": "size=64m"}},
    "Mounts": [
        {"Type": "volume", "Name": "shop_data", "Destination": "/data", "RW": True},
        {"Type": "bind", "Destination": "/run/secrets/password", "RW": False},
    ],
}


def different(**changes: Any) -> list[str]:
    """The keys that differ when parts of the container are as *changes* say."""
    known = {**MADE, **{name: {**MADE[name], **value} for name, value in changes.items() if name != "Mounts"}}
    known["Mounts"] = changes.get("Mounts", MADE["Mounts"])
    return [
        key
        for key, promised, seen in made.rows_of(MODEL, known, {"PATH": "/bin"}, {"data": "shop_data"})
        if promised != seen
    ]


def test_a_container_made_from_the_model_has_every_key() -> None:
    assert [] == different()


def test_each_key_that_differs_is_named() -> None:
    assert ["command"] == different(Config={"Cmd": ["serve"]})
    assert ["environment LEVEL"] == different(Config={"Env": ["LEVEL=debug"]})
    assert ["environment LEVEL", "environment MORE"] == different(Config={"Env": ["MORE=1"]})
    assert ["healthcheck interval"] == different(
        Config={"Healthcheck": {**MADE["Config"]["Healthcheck"], "Interval": 1}}
    )
    assert ["stop_grace_period"] == different(Config={"StopTimeout": None})
    assert ["tmpfs /tmp", "tmpfs /run"] == different(HostConfig={"Tmpfs": {"/run": ""}})
    assert ["group_add"] == different(HostConfig={"GroupAdd": ["0"]})
    assert ["mount /data", "mount /etc"] == different(
        Mounts=[{"Type": "bind", "Destination": "/etc", "RW": False}, MADE["Mounts"][1]]
    )


def test_a_volume_that_nobody_named_is_not_the_one_that_was_promised() -> None:
    own = {"Type": "volume", "Name": "0123456789abcdef", "Destination": "/data", "RW": True}

    assert ["mount /data"] == different(Mounts=[own, MADE["Mounts"][1]])


def test_the_value_of_a_variable_is_never_told() -> None:
    known = {**MADE, "Config": {**MADE["Config"], "Env": ["LEVEL=hunter2"]}}
    stack = installation(container("backend"), services={"backend": MODEL}, inspected={"backend-1": known})
    merged = {**(stack.patient.merged or {}), "volumes": {"data": {"name": "shop_data"}}}
    stack = replace(stack, patient=replace(stack.patient, merged=merged))

    told = [verdict for verdict in made.made.look(stack) if verdict.word == "FAIL"]
    assert ["backend-1 environment LEVEL"] == [each.target for each in told]
    assert "hunter2" not in str(told)


PORT = {"mysql": {"ports": [{"target": 3306, "published": "3306"}]}}
LOCAL = {"mysql": {"ports": [{"target": 3306, "published": "3306", "host_ip": "127.0.0.1"}]}}


@pytest.mark.parametrize(
    ("services", "value", "word"),
    [
        (PORT, "ON", "PASS"),
        (PORT, "OFF", "FAIL"),
        (PORT, "", "ERROR"),
        (LOCAL, "OFF", "SKIP"),
        ({"mysql": {"networks": {"data": None}}}, "OFF", "SKIP"),
        ({"mysql": {"networks": {"spread": None}}}, "OFF", "FAIL"),
    ],
)
def test_mysql_is_encrypted_where_others_could_listen(services: dict[str, Any], value: str, word: str) -> None:
    told = {"require_secure": f"require_secure_transport\t{value}\n"}
    stack = installation(mysql_container(), told=told, services=services)
    merged = {**(stack.patient.merged or {}), "networks": {"data": {"internal": True}, "spread": {"driver": "overlay"}}}
    stack = replace(stack, patient=replace(stack.patient, merged=merged))

    assert [word] == words(tables.encrypted, stack)


def mysql_container() -> Seen:
    """MySQL by its image."""
    return container("mysql", image="mysql:9.7.4")


def test_a_stack_without_mysql_promises_nothing_of_it() -> None:
    assert ["SKIP"] == words(databases.variables, installation(container("backend")))


def test_a_server_that_does_not_tell_is_no_pass() -> None:
    stack = installation(mysql_container())

    checks = (databases.variables, databases.durable, databases.grants, tables.locks)
    assert ["ERROR"] * 4 == [word for check in checks for word in words(check, stack)]


@pytest.mark.parametrize(("lines", "word"), [("", "PASS"), ("12 s, Waiting for table metadata lock\n", "FAIL")])
def test_a_long_wait_for_a_lock_is_told(lines: str, word: str) -> None:
    assert [word] == words(tables.locks, installation(mysql_container(), told={"PROCESSLIST": lines}))


MIGRATIONS = DoctorSettings(migrations=ServiceCommand("migrate", ("tables", "--status")))


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ('{"current": "0002", "head": "0002", "pending": []}', "PASS"),
        ('{"current": "0003", "head": "0002", "pending": []}', "PASS"),
        ('{"current": "0001", "head": "0002", "pending": ["0002"]}', "FAIL"),
        ('{"current": null, "head": "0001", "pending": ["0001"]}', "FAIL"),
        ("cannot reach MySQL", "ERROR"),
    ],
)
def test_tables_are_those_of_the_release(status: str, word: str) -> None:
    stack = installation(container("backend"), told={"migrate tables --status": status}, doctor=MIGRATIONS)

    assert [(word, "migrate")] == said(tables.migrated, stack)


@pytest.mark.parametrize(
    ("health", "word"), [((200, "ok"), "PASS"), ((200, "<p>the page"), "FAIL"), ((503, "not ready"), "FAIL")]
)
def test_an_address_answered_with_the_page_is_lost(health: tuple[int, str], word: str) -> None:
    stack = installation(container("backend"))
    settings = replace(stack.patient.settings, addresses={"page": "http://x/", "health": "http://x/health"})
    assert stack.patient.stack is not None
    opened = replace(stack.patient.stack, settings=settings)
    answers = {"/": (200, {}, "<p>the page"), "/health": (health[0], {}, health[1])}
    site = replace(stack.site, web=Told(Budget(1000), answers=answers))
    stack = replace(stack, patient=replace(stack.patient, stack=opened), site=site)

    assert [("PASS", "http://x/"), (word, "http://x/health")] == said(application.addresses, stack)
