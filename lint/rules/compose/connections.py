"""Addresses in variables that do not lead to the service they mean."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import PortRange, Project, Service
from ...finding import Severity
from ...rule import Report, rule
from .addresses import connections, kind_of, servers_of

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@rule(
    "compose/localhost-instead-of-service",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app:${DB_PASSWORD:?}@localhost:5432/app  # <-
              REDIS_HOST: 127.0.0.1  # <-
          db:
            image: postgres:17.5
          cache:
            image: redis:8.0.6
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app:${DB_PASSWORD:?}@db:5432/app
              REDIS_HOST: cache
          db:
            image: postgres:17.5
          cache:
            image: redis:8.0.6
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@db:5432/app
              MONGO_HOST: localhost
              SERVER_HOST: localhost
              MYSQL_ROOT_HOST: localhost
          beside:
            image: acme/app:1.2.3
            network_mode: service:db
            environment: {PGHOST: localhost}
          db:
            image: postgres:17.5
            environment: {PGHOST: localhost}
    """,
    source="https://github.com/nsidnev/fastapi-realworld-example-app/issues/40",
)
def localhost_instead_of_service(project: Project) -> Iterator[Report]:
    """
    A database at `localhost`, which to a container is the container itself.

    The connection is refused although the database runs: it is another container, and its name is that of its
    service.
    """
    for connection in connections(project):
        if connection.host.text not in _LOOPBACK or "ROOT_HOST" in connection.variable.name.upper():
            continue
        if kind_of(connection.service) or connection.service.entrypoint is not None:
            continue
        servers = servers_of(project, connection.kind)
        if servers and not any(server is connection.service for server in servers):
            names = " or ".join(f'"{server.name}"' for server in servers[:2])
            message = f'"{connection.variable.name}" leads to the container itself; write {names}'
            edits = connection.host.replaced(servers[0].name) if len(servers) == 1 else ()
            yield connection.host.place, message, edits


@rule(
    "compose/published-port-inside",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app@db:3307/app  # <-
              REDIS_HOST: cache
              REDIS_PORT: "6380"
          db:
            image: mysql:9.7.4
            ports: ["127.0.0.1:3307:3306"]
          cache:
            image: redis:8.0.6
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app@db:3306/app
              REDIS_HOST: cache
              REDIS_PORT: "6380"
          db:
            image: mysql:9.7.4
            ports: ["127.0.0.1:3307:3306"]
          cache:
            image: redis:8.0.6
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app@db:3306/app
              OTHER_URL: mysql://app@moved:3308/app
          db:
            image: mysql:9.7.4
            ports: ["127.0.0.1:3307:3306"]
          moved:
            image: mysql:9.7.4
            command: [--port=3308]
            ports: ["127.0.0.1:3308:3308"]
    """,
    source="https://docs.docker.com/compose/how-tos/networking/",
)
def published_port_inside(project: Project) -> Iterator[Report]:
    """
    The port that a service has on the host, in an address that other containers use.

    Between containers the port is the container's own; what `ports` publishes is for the host alone, and the
    connection is refused.
    """
    for connection in connections(project):
        service = project.services.get(connection.host.text)
        if service is None or not connection.port.text.isdigit():
            continue
        asked = int(connection.port.text)
        for port in service.ports:
            published, target = port.published, port.target
            if not isinstance(published, PortRange) or not isinstance(target, PortRange) or len(published) > 1:
                continue
            own = [each.target for each in service.ports if isinstance(each.target, PortRange)]
            is_own = any(asked in each for each in own) or _is_set(service, asked)
            if asked in published and asked not in target and not is_own:
                message = f'port {asked} of "{service.name}" is there on the host alone; write {target}'
                edits = connection.port.replaced(str(target)) if len(target) == 1 else ()
                yield connection.port.place, message, edits


def _is_set(service: Service, port: int) -> bool:
    """Whether the service's own options or variables name the port."""
    words = service.command.words if service.command else ()
    values = [variable.value for variable in service.environment.values()]
    exposed = [str(entry.data) for entry in service.expose]
    return any(str(port) in str(text) for text in (*words, *values, *exposed))


@rule(
    "compose/host-near-service",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@databse/app  # <-
              REDIS_HOST: redis_cache  # <-
              BROKER_URL: amqp://app@qeueu/app  # <-
          database:
            image: postgres:17.5
          redis-cache:
            image: redis:8.0.6
          queue:
            image: rabbitmq:4.1.2
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@database/app
              REDIS_HOST: redis-cache
              BROKER_URL: amqp://app@queue/app
          database:
            image: postgres:17.5
          redis-cache:
            image: redis:8.0.6
          queue:
            image: rabbitmq:4.1.2
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@database/app
              OTHER_URL: postgresql://app@database.example.com/app
              REDIS_HOST: redis-main
          database:
            image: postgres:17.5
            networks: {default: {aliases: [databse]}}
          cache:
            image: redis:8.0.6
            hostname: redis-main
    """,
    source="https://github.com/nginx/docker-nginx/issues/127",
)
def host_near_service(project: Project) -> Iterator[Report]:
    """
    The address of a database whose host is nearly, and not quite, the name of a service.

    The name leads nowhere, and the application does not start.
    """
    if _has_external(project):
        return
    known = _names(project)
    servers: dict[str, list[str]] = {}
    for connection in connections(project):
        host, kind = connection.host.text, connection.kind
        if not host or host in known or "." in host or host in _LOOPBACK:
            continue
        if kind not in servers:
            servers[kind] = [server.name for server in servers_of(project, kind)]
        import difflib  # noqa: PLC0415 - only an unknown host needs it

        swapped = [name for name in servers[kind] if sorted(name) == sorted(host)]
        for near in swapped[:1] or difflib.get_close_matches(host, servers[kind], 1, 0.85):
            message = f'no service is called "{host}"; did you mean "{near}"?'
            yield connection.host.place, message, connection.host.replaced(near)


def _names(project: Project) -> set[str]:
    found = set(project.services)
    for service in project.services.values():
        found.update(str(service.data(key)) for key in ("container_name", "hostname") if service.get(key))
        found.update(str(alias) for attached in service.networks.values() for alias in attached.aliases)
        found.update(str(entry.data).partition(":")[0].partition("=")[0] for entry in service.texts("extra_hosts"))
        found.update(
            str(entry.data).rpartition(":")[2] for key in ("links", "external_links") for entry in service.texts(key)
        )
    return found


def _has_external(project: Project) -> bool:
    """Whether a network is shared with containers of other projects."""
    return any(network.get("external") is not None for network in project.networks.values())
