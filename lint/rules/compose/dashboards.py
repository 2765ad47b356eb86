"""Dashboards that ask nobody who he is."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Port, PortRange, Project, Service
from ...finding import Severity
from ...rule import Report, rule


@rule(
    "compose/open-dashboard",
    Severity.ERROR,
    bad="""
        services:
          proxy:
            image: traefik:v3.2
            command:
              - --api.insecure=true  # <-
              - --providers.docker=true
            ports: ["80:80", "8080:8080"]
          charts:
            image: grafana/grafana:12.1.0
            environment:
              GF_AUTH_ANONYMOUS_ENABLED: "true"
              GF_AUTH_ANONYMOUS_ORG_ROLE: Admin  # <-
            ports: ["8443:3000"]
          documents:
            image: mongo-express:1.0.2
            environment:
              ME_CONFIG_BASICAUTH: "false"  # <-
            ports: ["443:8081"]
    """,
    good="""
        services:
          proxy:
            image: traefik:v3.2
            command:
              - --api.insecure=true
            ports: ["80:80", "127.0.0.1:8080:8080"]
          other:
            image: traefik:v3.2
            command: --api.dashboard=true
            ports: ["81:80", "8081:8080"]
          charts:
            image: grafana/grafana:12.1.0
            environment: {GF_AUTH_ANONYMOUS_ENABLED: "true", GF_AUTH_ANONYMOUS_ORG_ROLE: Viewer}
            ports: ["8443:3000"]
    """,
    source="https://doc.traefik.io/traefik/operations/api/#insecure",
)
def open_dashboard(project: Project) -> Iterator[Report]:
    """
    A dashboard for the world, without a password.

    Traefik's shows every route, service and header of the stack; Grafana with an anonymous administrator and
    mongo-express without basic authentication let everybody change all. Publish them on 127.0.0.1 only, or let a proxy
    before them ask who is there.
    """
    for service in project.services.values():
        for name, opening in _OPENING.items():
            variable = service.own_environment.get(name)
            if variable is not None and str(variable.value).lower() == opening and _lets_in(service, name):
                message = f'service "{service.name}" is published and lets everybody in by "{name}"; '
                yield variable.value_place, message + "publish it on 127.0.0.1, or take that out"
        for value in (*service.texts("command"), *service.texts("entrypoint")):
            is_open = value.data in ("--api.insecure", "--api.insecure=true")
            if is_open and any(isinstance(p.target, PortRange) and 8080 in p.target for p in _public(service)):  # noqa: PLR2004
                message = f'the dashboard of service "{service.name}" is open to the world; publish 8080 on 127.0.0.1'
                yield value.place, message


_OPENING = {"GF_AUTH_ANONYMOUS_ORG_ROLE": "admin", "ME_CONFIG_BASICAUTH": "false"}


def _lets_in(service: Service, name: str) -> bool:
    """Whether it is published, and what else has to be said is said."""
    anonymous = service.environment.get("GF_AUTH_ANONYMOUS_ENABLED")
    is_on = not name.startswith("GF") or (anonymous is not None and str(anonymous.value).lower() == "true")
    return is_on and any(True for _ in _public(service))


def _public(service: Service) -> Iterator[Port]:
    return (port for port in service.ports if port.published and port.host_ip in (None, "0.0.0.0", "::"))  # noqa: S104
