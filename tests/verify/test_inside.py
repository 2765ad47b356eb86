"""What checks from inside make of a stack's answers, where no engine is needed to ask."""

from __future__ import annotations

import json

from fairlead.ops.settings import DoctorSettings
from fairlead.ops.verify.inside import application

from .installations import container, installation, said

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
