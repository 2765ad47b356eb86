"""`inv up`: from what is there to the whole stack running and healthy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import bases as base_images
from . import edge
from .answering import answer_step
from .command import Command
from .compose import Container, built_images, containers, model, published, pulled_images, secret_paths
from .environment import PRIVATE, EnvPlan, check_values, plan_env
from .errors import FairleadError, SettingsError, StepFailedError
from .host import Host
from .maintenance.local import wanted_files
from .plan import Plan, plan_for
from .ports import port_holder, port_is_free
from .secret_files import forgotten_values, secret_steps
from .settings import EdgeSettings
from .stack import Stack
from .staleness import must_reload, reload_step, stale_services
from .step import Do, Run, Say, Step, Write
from .waiting import explain, unhealthy, wait_step, watched

START = "start the services"
REGISTRY = "BASE_REGISTRY"
LOCAL_REGISTRY = "fairlead/"
ROOM_BYTES = 4 * 1024**3
"""Free space that a first build needs; measured: base images 2.1 GB, the stack's own 0.6 GB."""


@dataclass(frozen=True)
class Facts:
    """What planning needs to know of this machine; *certificate* is what it takes that nginx has one."""

    env: EnvPlan | None
    merged: Mapping[str, Any]
    running: tuple[Container, ...]
    certificate: tuple[Step, ...] = ()


def plan_up(stack: Stack, *, build: bool = True, start: bool = True, scale: Mapping[str, int] | None = None) -> Plan:
    """
    The plan that brings the stack up; for `inv build` without the start.

    Raises:
        SettingsError: a value is missing or a placeholder, a service to scale is not there.
        FairleadError: a port is taken, the disk is full.
    """
    stack, env = _with_env(stack)
    stack, registry = _with_registry(stack, env)
    merged = model(stack.host, stack.project)
    certificate = tuple(_certificate(stack)) if start else ()
    facts = Facts(registry, merged, tuple(containers(stack.host, stack.project)), certificate)
    _check_scale(merged, scale or {})
    if facts.env is not None:  # it is there by the time that a step runs
        stack = replace(stack, project=replace(stack.project, env_file=stack.settings.env.file))
    if start:
        _check_ports(stack, facts)
    steps = [*_files(stack, facts), *(_images(stack, facts) if build else ())]
    return plan_for(stack.host.name, *steps, *(_start(stack, facts, scale or {}) if start else ()))


def _with_env(stack: Stack) -> tuple[Stack, EnvPlan | None]:
    if stack.settings.env.example is None:
        check_values(stack.settings.env, stack.values)
        return stack, None
    plan = plan_env(stack.settings.env, stack.values)
    refuse_forgotten(stack, plan)
    values = {**plan.values, **stack.values}
    check_values(stack.settings.env, values)
    return replace(stack, values=values), plan


def refuse_forgotten(stack: Stack, plan: EnvPlan) -> None:
    """
    Refuses random values in place of lost ones: the data in the volumes know the old ones only.

    Raises:
        SettingsError: says where the old values still are.
    """
    settings = stack.settings
    lost = [] if settings.secrets is None else forgotten_values(settings.secrets, plan.made, stack.host)
    if lost:
        raise SettingsError(
            f"{settings.env.file}: {', '.join(lost)} {'is' if len(lost) == 1 else 'are'} empty, and the data may know "
            f"the old value only: take it from {settings.secrets and settings.secrets.folder}/{lost[0].lower()}, "
            "or delete that file to get a new one"
        )


def _with_registry(stack: Stack, env: EnvPlan | None) -> tuple[Stack, EnvPlan | None]:
    """Where no registry can be reached and none is set, the base images are built here; the env file remembers it."""
    if stack.values.get(REGISTRY) or env is None or REGISTRY not in env.values:
        return stack, env
    images = set(pulled_images(model(stack.host, stack.project)).values())
    if not base_images.needed(stack.host, stack.project.client, images):
        return stack, env
    return stack.with_variables(**{REGISTRY: LOCAL_REGISTRY}), env.with_value(REGISTRY, LOCAL_REGISTRY)


def _certificate(stack: Stack) -> Iterator[Step]:
    if stack.settings.tls is not None:
        from .certificates.starting import starting_steps  # noqa: PLC0415 - only stacks with TLS need cryptography

        yield from starting_steps(stack, datetime.now(UTC))


def _files(stack: Stack, facts: Facts) -> Iterator[Step]:
    settings = stack.settings
    if facts.env is not None and facts.env.changed:
        yield Write(f"write {settings.env.file.name}", str(settings.env.file), facts.env.text, PRIVATE)
    if settings.secrets is not None:
        yield from secret_steps(settings.secrets, secret_paths(facts.merged), stack.values, stack.host)


def _images(stack: Stack, facts: Facts) -> Iterator[Step]:
    if stack.values.get(REGISTRY) == LOCAL_REGISTRY:
        yield from base_images.steps(stack.host, stack.project.client)
    elif pulled_images(facts.merged):
        pull = stack.project.command("pull", "--ignore-buildable", "--policy", "missing")
        yield Run("pull the images of the registry", pull)
    if built_images(facts.merged):
        _check_room(stack)
        yield Run("build the images of the stack", stack.project.command("--progress", "plain", "build"))


def _start(stack: Stack, facts: Facts, scale: Mapping[str, int]) -> Iterator[Step]:
    settings = stack.settings
    switched = _edge_steps(stack)
    running = settings.edge is not None and _is_running(facts, settings.edge.service)
    yield from facts.certificate
    yield from switched[:-1]
    if switched and running and _has_its_mounts(stack, facts):
        yield _test_step(stack)
    yield from switched[-1:]
    scaled = [word for name, count in sorted(scale.items()) for word in ("--scale", f"{name}={count}")]
    arguments = ("--progress", "plain", "up", "--detach", "--remove-orphans", "--no-build", *scaled)
    yield Do(START, str(stack.project.command(*arguments)), _starting(stack, arguments))
    yield wait_step(stack.project)
    stale = stale_services(stack, facts.merged, facts.running)
    if stale:
        yield Run("restart what reads a changed secret", stack.project.command("restart", *stale))
        yield wait_step(stack.project)
    if settings.edge is not None and running and (switched or facts.certificate or must_reload(settings.edge)):
        yield reload_step(stack, settings.edge)
    addresses = tuple(stack.addresses().values())
    if addresses and settings.edge is not None and settings.edge.service in facts.merged["services"]:
        yield answer_step(addresses)


def _edge_steps(stack: Stack) -> list[Step]:
    settings = stack.settings.edge
    if settings is None:
        return []
    return list(edge.edge_steps(settings, wanted_files(stack, settings)))


def _has_its_mounts(stack: Stack, facts: Facts) -> bool:
    """Whether the nginx that runs can see what a new configuration may name; where not, it is replaced anyway."""
    service = _edge(stack).service
    wanted = {mount["target"] for mount in facts.merged["services"][service].get("volumes") or ()}
    names = [container.name for container in facts.running if container.service == service]
    form = "{{range .Mounts}}{{println .Destination}}{{end}}"
    told = stack.host.run(Command((stack.project.client, "inspect", "--format", form, *names)), timeout_s=30)
    return wanted <= set(told.out.split())


def _test_step(stack: Stack) -> Step:
    settings = _edge(stack)
    newest = f"g{max((*edge.generations(settings), 0)) + 1}"
    path = f"{settings.mount}/{newest}/{edge.MAIN}"
    command = stack.project.command("exec", "-T", settings.service, "nginx", "-t", "-c", path)
    return Run("test the new nginx configuration", command)


def _edge(stack: Stack) -> EdgeSettings:
    if stack.settings.edge is None:
        raise SettingsError("fairlead.yaml: edge is not set; name the service that runs nginx and its files")
    return stack.settings.edge


def _starting(stack: Stack, arguments: tuple[str, ...]) -> Callable[[Host, Say], None]:
    def start(host: Host, say: Say) -> None:
        with watched(host, stack.project) as failed:
            result = host.stream(stack.project.command(*arguments), say)
        if result.ok and not failed:
            return
        failed = failed or unhealthy(host, stack.project)
        if not failed:
            raise StepFailedError(host.name, START, result.reason, result.out)
        reason = f"{failed[0].service} does not start; inv logs --service {failed[0].service} has more"
        raise StepFailedError(host.name, START, reason, explain(host, stack.project, failed[0]))

    return start


def _is_running(facts: Facts, service: str) -> bool:
    return any(container.service == service and container.state == "running" for container in facts.running)


def _check_scale(merged: Mapping[str, Any], scale: Mapping[str, int]) -> None:
    for name, count in scale.items():
        if name not in merged["services"]:
            raise SettingsError(f"--scale {name}={count}: no such service; there are {', '.join(merged['services'])}")


def _check_ports(stack: Stack, facts: Facts) -> None:
    ours = {port for container in facts.running for port in container.ports}
    for service, address, port, protocol in published(facts.merged):
        if protocol != "tcp" or any(taken.endswith(f":{port}") for taken in ours):
            continue
        if not port_is_free(address, port):
            holder = port_holder(stack.host, stack.project.client, port)
            raise FairleadError(f"{service}: port {port} is taken by {holder}; end it, or set another port")


def _check_room(stack: Stack) -> None:
    root = stack.host.run(Command((stack.project.client, "info", "--format", "{{.DockerRootDir}}")), timeout_s=30)
    folder = root.out.strip()
    if root.ok and Path(folder).is_dir() and shutil.disk_usage(folder).free < ROOM_BYTES:
        free = shutil.disk_usage(folder).free / 1024**3
        raise FairleadError(f"{folder}: {free:.1f} GB free, {ROOM_BYTES / 1024**3:.0f} GB wanted; docker system prune")
