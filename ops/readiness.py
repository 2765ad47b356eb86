"""`inv ready`: level by level, what a stack still lacks for the linter, for proof, for HTTPS and for deployment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..lint.compose import Project, Service
from ..lint.nginx import NginxConfig
from .settings import Settings

TIERS = ("edge", "app", "data", "job")


@dataclass(frozen=True)
class Need:
    """One thing that a level needs: whether it is there, and if not, how to get there."""

    level: str
    what: str
    met: bool
    mend: str


def needs(
    settings: Settings | None, projects: Sequence[Project], configs: Sequence[NginxConfig], data: dict[str, Any]
) -> list[Need]:
    """
    Everything the four levels need, in order.

    Args:
        settings: Those of fairlead.yaml; None where there is none.
        data: fairlead.yaml as plain data, for what only later levels read.
    """
    services = [service for project in projects[:1] for service in project.services.values()]
    return [
        *_for_lint(settings, projects, configs),
        *_for_verify(settings, configs, services),
        *_for_certbot(configs, data, services),
        *_for_deploy(settings, services, data),
    ]


def _for_lint(settings: Settings | None, projects: Sequence[Project], configs: Sequence[NginxConfig]) -> Iterator[Need]:
    yield Need("lint", "a fairlead.yaml", settings is not None, "inv init writes one")
    yield Need("lint", "compose files that can be read", bool(projects), "name them in fairlead.yaml, compose.files")
    broken = [problem for project in projects for problem in project.problems]
    yield Need("lint", "compose files without faults", not broken, "inv lint shows them")
    yield Need("lint", "an nginx configuration", bool(configs), "name it in fairlead.yaml, nginx")


def _for_verify(
    settings: Settings | None, configs: Sequence[NginxConfig], services: Sequence[Service]
) -> Iterator[Need]:
    addresses = bool(settings and settings.addresses)
    yield Need("verify", "an address to ask", addresses, "say in fairlead.yaml, addresses.page, where the page answers")
    unread = [unread for config in configs for unread in config.unread if not unread.names]
    whole = "give the included files to the linter too, or mount them from this project"
    yield Need("verify", "an nginx configuration without unread includes", bool(configs) and not unread, whole)
    without = [service.name for service in services if service.healthcheck is None and not _is_job(service)]
    checks = f"give {', '.join(without)} a health check" if without else ""
    yield Need("verify", "a health check for every service", bool(services) and not without, checks or "see inv lint")


def _for_certbot(configs: Sequence[NginxConfig], data: dict[str, Any], services: Sequence[Service]) -> Iterator[Need]:
    domains = bool(data.get("domains"))
    yield Need("certbot", "the names of the site", domains, "list them in fairlead.yaml, domains")
    listens = {listen.value.rpartition(":")[2] for config in configs for listen in config.find("listen")}
    is_on_80 = bool(listens & {"80", *_behind_80(services)})
    yield Need("certbot", "a server on port 80", is_on_80, "let nginx listen on 80: the CA asks there")
    challenge = any("acme-challenge" in " ".join(each.args) for config in configs for each in config.locations)
    location = "add: location ^~ /.well-known/acme-challenge/ { root /srv/acme; try_files $uri =404; }"
    yield Need("certbot", "a location for the challenge", challenge, location)
    job = any(service.name == "certbot" for service in services)
    yield Need("certbot", "a service that runs certbot", job, "copy the one of docs/https.md")


def _behind_80(services: Sequence[Service]) -> set[str]:
    """The containers' own ports that are published as port 80."""
    return {str(port.target) for service in services for port in service.ports if str(port.published) == "80"}


def _for_deploy(settings: Settings | None, services: Sequence[Service], data: dict[str, Any]) -> Iterator[Need]:
    yield Need("deploy", "a host", bool(data.get("hosts")), "describe one in fairlead.yaml, hosts")
    untiered = [service.name for service in services if service.data("x-fairlead-tier") not in TIERS]
    words = f"say for {', '.join(untiered)}: x-fairlead-tier: {'|'.join(TIERS)}"
    yield Need("deploy", "a tier for every service", bool(services) and not untiered, words)
    edge = bool(settings and settings.edge)
    yield Need("deploy", "nginx configured by generations", edge, "describe it in fairlead.yaml, edge")
    fixed = [service.name for service in services if service.get("container_name") is not None]
    names = f"take container_name from {', '.join(fixed)}: two releases run side by side for a moment"
    yield Need("deploy", "services without fixed names", not fixed, names)


def _is_job(service: Service) -> bool:
    return service.data("x-fairlead-tier") == "job" or service.data("restart") in ("no", False)
