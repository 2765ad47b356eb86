"""Containers as the compose files promise them: how many, from which image, healthy, with which rights and limits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...compose import published
from ...doctor.patient import is_job
from ...doctor.seen import Seen
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from .installation import Installation

GROUP = "containers"
UP = "inv up makes it anew"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared, not bound
ROOT = ("", "0", "root", "0:0", "root:root")


def lasting(stack: Installation) -> list[tuple[Seen, Mapping[str, Any], Mapping[str, Any]]]:
    """Each running container of a service that goes on, with what the engine knows and what the model says."""
    return [
        (container, stack.of(container), stack.services[container.service])
        for container in stack.running
        if container.service in stack.services and not is_job(stack.services[container.service])
    ]


@check("CT1", GROUP, "error", "each service has the containers that it should have")
def replicas(stack: Installation) -> Iterator[Verdict]:
    """Running ones, as many as the model says; a job has to have ended well."""
    for name, service in sorted(stack.services.items()):
        there = stack.patient.of(name)
        if is_job(service):
            yield _job(name, there)
            continue
        wanted = int((service.get("deploy") or {}).get("replicas", service.get("scale", 1)))
        count = sum(container.running for container in there)
        if count < wanted:
            states = ", ".join(f"{each.name} {each.state} ({each.exit_code})" for each in there) or "no container"
            yield failed(f"{wanted} running", f"{count}: {states}", name, f"inv up; inv logs --service {name}")
        else:
            yield passed(f"{wanted} running", str(count), name)


def _job(name: str, there: list[Seen]) -> Verdict:
    if not there:
        return skipped("a job that has no container now", name)
    ended = there[0]
    if ended.state == "exited" and ended.exit_code == 0:
        return passed("ended with 0", "done", name)
    return failed("ended with 0", f"{ended.state}, exit {ended.exit_code}", name, f"inv logs --service {name}")


@check("CT2", GROUP, "error", "containers run the image that is built or pulled now", rules=("compose/moving-tag",))
def images(stack: Installation) -> Iterator[Verdict]:
    """By the image's id: a tag may have moved on since."""
    rows = lasting(stack)
    names = sorted({model["image"] for _, _, model in rows if model.get("image")})
    told = stack.docker("image", "inspect", *names) if names else None
    data = json.loads(told.out or "[]") if told else []
    ids = {
        tag: each["Id"] for each in data for tag in (*(each.get("RepoTags") or ()), *(each.get("RepoDigests") or ()))
    }
    for container, known, model in rows:
        wanted = ids.get(_tagged(model.get("image", "")))
        if not wanted:
            yield unseen(
                f"this engine has no image {model.get('image')}", container.name, "the image of the model", "inv build"
            )
        elif known.get("Image") != wanted:
            yield failed(f"{model['image']} {wanted[:19]}", f"{str(known.get('Image'))[:19]}", container.name, UP)
        else:
            yield passed(model["image"], wanted[:19], container.name)


def _tagged(image: str) -> str:
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"


@check("CT3", GROUP, "error", "containers are healthy and were not restarted")
def health(stack: Installation) -> Iterator[Verdict]:
    """By the engine's own health check."""
    for container, _, _ in lasting(stack):
        promised = "healthy, no restart"
        log = f"inv logs --service {container.service}"
        if container.health not in ("", "healthy"):
            yield failed(promised, container.health, container.name, log, stack.masked(container.health_output[-200:]))
        elif container.oom_killed:
            yield failed(promised, "killed for want of memory", container.name, "raise its limit, or make it want less")
        elif container.restarts:
            yield warned(promised, f"{container.restarts} restarts", container.name, log)
        else:
            yield passed(promised, container.health or "running", container.name)


@check(
    "CT4",
    GROUP,
    "error",
    "containers have no more rights than they need",
    rules=("compose/root-user", "compose/privileged"),
)
def rights(stack: Installation) -> Iterator[Verdict]:
    """The user, capabilities, no-new-privileges and a root that cannot be written: as promised, never less."""
    for container, known, model in lasting(stack):
        yield from _rights(container, known, model)


def _rights(container: Seen, known: Mapping[str, Any], model: Mapping[str, Any]) -> Iterator[Verdict]:
    host, config = known.get("HostConfig") or {}, known.get("Config") or {}
    user = str(config.get("User") or "")
    rows: list[tuple[str, str, str, bool]] = [
        ("user", str(model.get("user") or "not root"), user or "root", _user_fits(str(model.get("user") or ""), user)),
        ("privileged", "no", "yes" if host.get("Privileged") else "no", not host.get("Privileged")),
    ]
    wanted = [str(each) for each in model.get("cap_drop") or ()]
    rows.append(
        (
            "capabilities dropped",
            ", ".join(wanted) or "none",
            ", ".join(host.get("CapDrop") or ()) or "none",
            set(wanted) <= set(host.get("CapDrop") or ()),
        )
    )
    more = set(host.get("CapAdd") or ()) - {str(each) for each in model.get("cap_add") or ()}
    rows.append(("capabilities added", "as promised", ", ".join(sorted(more)) or "as promised", not more))
    options = [str(each).replace("=", ":") for each in model.get("security_opt") or ()]
    held = [str(each).replace("=", ":") for each in host.get("SecurityOpt") or ()]
    rows.append(
        ("security options", ", ".join(options) or "none", ", ".join(held) or "none", set(options) <= set(held))
    )
    rows.append(
        (
            "read-only root",
            str(bool(model.get("read_only"))),
            str(bool(host.get("ReadonlyRootfs"))),
            bool(host.get("ReadonlyRootfs")) >= bool(model.get("read_only")),
        )
    )
    wrong = [(name, promised, seen) for name, promised, seen, fits in rows if not fits]
    if not wrong:
        yield passed("; ".join(f"{name} {promised}" for name, promised, _, _ in rows[:1]), user, container.name)
    for name, promised, seen in wrong:
        yield failed(f"{name}: {promised}", seen, f"{container.name} {name}", UP)


def _user_fits(promised: str, seen: str) -> bool:
    return seen == promised if promised else seen not in ROOT


@check(
    "CT5",
    GROUP,
    "error",
    "limits on memory, processors and processes hold",
    rules=("compose/no-memory-limit", "compose/no-pids-limit"),
)
def limits(stack: Installation) -> Iterator[Verdict]:
    """Those of the model, in bytes, cores and processes."""
    for container, known, model in lasting(stack):
        host = known.get("HostConfig") or {}
        wanted = ((model.get("deploy") or {}).get("resources") or {}).get("limits") or {}
        seen = {"memory": host.get("Memory"), "cpus": (host.get("NanoCpus") or 0) / 1e9, "pids": host.get("PidsLimit")}
        promised = {
            "memory": wanted.get("memory"),
            "cpus": wanted.get("cpus"),
            "pids": wanted.get("pids") or model.get("pids_limit"),
        }
        asked = {name: value for name, value in promised.items() if value}
        if not asked:
            yield skipped("the model sets no limits", container.name)
            continue
        wrong = [name for name, value in asked.items() if float(value) != float(seen[name] or 0)]
        shown = ", ".join(f"{name} {seen[name] or 'without limit'}" for name in (wrong or asked))
        text = ", ".join(f"{name} {value}" for name, value in asked.items())
        yield failed(text, shown, container.name, UP) if wrong else passed(text, shown, container.name)


@check("CT6", GROUP, "warning", "logs are rotated", rules=("compose/unbounded-log",))
def rotation(stack: Installation) -> Iterator[Verdict]:
    """max-size and max-file as the model has them."""
    for container, known, model in lasting(stack):
        wanted = {name: str(value) for name, value in ((model.get("logging") or {}).get("options") or {}).items()}
        seen = ((known.get("HostConfig") or {}).get("LogConfig") or {}).get("Config") or {}
        shown = ", ".join(f"{name} {value}" for name, value in sorted(seen.items())) or "no limit"
        if wanted and any(seen.get(name) != value for name, value in wanted.items()):
            yield failed(
                ", ".join(f"{name} {value}" for name, value in sorted(wanted.items())), shown, container.name, UP
            )
        elif not wanted and "max-size" not in seen:
            yield warned("a limit", shown, container.name, "logging: options: max-size in the compose file")
        else:
            yield passed("rotated", shown, container.name)


@check(
    "CT7",
    GROUP,
    "error",
    "only the promised ports are published, where they are promised",
    rules=("compose/port-on-all-interfaces", "compose/private-port-published"),
)
def ports(stack: Installation) -> Iterator[Verdict]:
    """A port more is a door more."""
    wanted = {
        (name, address or EVERYWHERE, port, protocol)
        for name, address, port, protocol in published(stack.patient.merged or {"services": {}})
    }
    for container, known, _ in lasting(stack):
        own = {each for each in wanted if each[0] == container.service}
        seen = set(_bound(container.service, known))
        extra, lacking = seen - own, own - seen
        shown = ", ".join(f"{address}:{port}/{protocol}" for _, address, port, protocol in sorted(seen)) or "none"
        promised = ", ".join(f"{address}:{port}/{protocol}" for _, address, port, protocol in sorted(own)) or "none"
        if extra or lacking:
            yield failed(promised, shown, container.name, UP)
        else:
            yield passed(promised, shown, container.name)


def _bound(service: str, known: Mapping[str, Any]) -> Iterator[tuple[str, str, int, str]]:
    """What is bound; the IPv6 twin of an address for all counts once."""
    for name, bound in ((known.get("NetworkSettings") or {}).get("Ports") or {}).items():
        for each in bound or ():
            address = EVERYWHERE if each["HostIp"] in ("::", "") else each["HostIp"]
            yield service, address, int(each["HostPort"]), name.partition("/")[2]


@check("CT14", GROUP, "error", "containers are in the promised networks alone")
def networks(stack: Installation) -> Iterator[Verdict]:
    """A network more lets a stranger in."""
    named = {
        key: (value or {}).get("name", key)
        for key, value in ((stack.patient.merged or {}).get("networks") or {}).items()
    }
    for container, known, model in lasting(stack):
        wanted = {named.get(key, key) for key in model.get("networks") or ()}
        seen = set((known.get("NetworkSettings") or {}).get("Networks") or ())
        if wanted != seen and wanted:
            yield failed(", ".join(sorted(wanted)), ", ".join(sorted(seen)) or "none", container.name, UP)
        else:
            yield passed(", ".join(sorted(wanted)) or "the default one", ", ".join(sorted(seen)), container.name)


@check(
    "CT10",
    GROUP,
    "warning",
    "containers come back after the machine was restarted",
    rules=("compose/no-restart-policy",),
)
def restarts(stack: Installation) -> Iterator[Verdict]:
    """The restart policy, as promised."""
    for container, known, model in lasting(stack):
        seen = str(((known.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name") or "no")
        wanted = str(model.get("restart") or "no")
        verdict: Callable[..., Verdict] = passed if seen == wanted.partition(":")[0] else failed
        if verdict is passed:
            yield passed(wanted, seen, container.name)
        else:
            yield failed(wanted, seen, container.name, f"docker update --restart {wanted} {container.name}, or inv up")


CHECKS: tuple[Check[Installation], ...] = (
    replicas,
    images,
    health,
    rights,
    limits,
    rotation,
    ports,
    networks,
    restarts,
)
