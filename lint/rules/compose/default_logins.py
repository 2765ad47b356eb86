"""Images whose first login everybody knows."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Port, Project, Service
from ...finding import Severity
from ...record import dataclass
from ...rule import Report, rule
from .judging import image_name_of


@dataclass(frozen=True)
class _Login:
    """
    Attributes:
        login: What opens it until somebody says otherwise.
        variables: What says otherwise; the first one is what to set.
        folder: Where its settings lie, so that a mount there may say otherwise.
    """

    login: str
    variables: tuple[str, ...]
    folder: str


_MINIO = _Login("minioadmin", ("MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY", "MINIO_CONFIG_ENV_FILE"), "/etc")
_GRAFANA = _Login("admin", ("GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"), "/etc/grafana")
_RABBITMQ = _Login("guest", ("RABBITMQ_DEFAULT_PASS",), "/etc/rabbitmq")
_MONGO_EXPRESS = _Login("admin", ("ME_CONFIG_BASICAUTH_PASSWORD", "ME_CONFIG_BASICAUTH"), "/node_modules")
_LOGINS = {
    "minio": _MINIO,
    "grafana": _GRAFANA,
    "grafana-oss": _GRAFANA,
    "grafana-enterprise": _GRAFANA,
    "rabbitmq": _RABBITMQ,
    "mongo-express": _MONGO_EXPRESS,
}
_OWNERS = ("minio", "grafana", "rabbitmq", "library", "mongo-express")


@rule(
    "compose/default-login",
    Severity.ERROR,
    bad="""
        services:
          files:
            image: quay.io/minio/minio:RELEASE.2025-02-03T21-03-04Z
            command: server /data --console-address ":9001"
            ports:
              - "8080:9001"  # <-
          charts:
            image: grafana/grafana-oss:12.1.0
            ports:
              - "3000:3000"  # <-
          queue:
            image: rabbitmq:4.1-management
            ports:
              - "127.0.0.1:5672:5672"
              - "8443:15672"  # <-
    """,
    good="""
        services:
          files:
            image: minio/minio:RELEASE.2025-02-03T21-03-04Z
            environment: {MINIO_ROOT_PASSWORD: "${MINIO_ROOT_PASSWORD:?}"}
            ports: ["443:9000"]
          charts:
            image: grafana/grafana:12.1.0
            volumes: ["./grafana.ini:/etc/grafana/grafana.ini:ro"]
            ports: ["8080:3000"]
          queue:
            image: rabbitmq:4.1-management
            ports: ["127.0.0.1:15672:15672"]
          own:
            image: ghcr.io/acme/grafana:12.1.0
            ports: ["8443:3000"]
    """,
    source="https://hub.docker.com/_/rabbitmq",
    lacks=True,
)
def default_login(project: Project) -> Iterator[Report]:
    """
    A published service with the login of its image: `minioadmin`, `admin` or `guest`, as everybody knows.

    Programs walk the net and try just these. Images of MinIO, Grafana, RabbitMQ and mongo-express have such a login
    until a variable says otherwise.
    """
    for service in project.services.values():
        login = _login(service)
        port = next(_public(service), None) if login is not None else None
        if login is not None and port is not None and not _is_set(service, login):
            message = f'everybody can log in to service "{service.name}" as "{login.login}"; '
            yield port.place, message + f'set "{login.variables[0]}", or publish nothing'


def _login(service: Service) -> _Login | None:
    login = _LOGINS.get(image_name_of(service))
    repository = service.image.name.repository if login is not None and service.image is not None else None
    return login if isinstance(repository, str) and repository.partition("/")[0] in _OWNERS else None


def _public(service: Service) -> Iterator[Port]:
    ports = (port for port in service.ports if isinstance(port.host_ip, str | None))
    return (port for port in ports if not str(port.host_ip or "").startswith(("127.", "::1", "localhost")))


def _is_set(service: Service, login: _Login) -> bool:
    if service.entrypoint is not None or service.configs:
        return True
    if any(str(mount.target).startswith(login.folder) for mount in service.mounts):
        return True
    if any(each.file is None or service.project.env_file(each.file) is None for each in service.env_files):
        return True
    names = (name.removesuffix("__FILE").removesuffix("_FILE") for name in service.environment)
    return any(name in login.variables or name.startswith("GF_AUTH") for name in names)
