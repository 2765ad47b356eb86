"""How a container was made: variables, program, folders, health check; each key by its name, beside CT13's digest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ....lint.nginx import listens
from ...doctor.patient import is_job
from ..verdict import Check, Verdict, check, failed, passed, unseen
from .asking import parsed
from .installation import Installation

GROUP = "containers"
UP = "inv up makes it anew"
SECRETS = "/run/secrets/"
DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)")
UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
HEALTH = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start_period": "StartPeriod",
    "start_interval": "StartInterval",
}
Row = tuple[str, Any, Any]
"""The key, what the model promises, what the container has."""


@check("CT12", GROUP, "error", "containers have the variables, program, folders and health check that they should have")
def made(stack: Installation) -> Iterator[Verdict]:
    """What somebody gave a container by hand, or changed in the files since, is named."""
    images = _environments(stack)
    named = ((stack.patient.merged or {}).get("volumes") or {}).items()
    volumes = {key: str((value or {}).get("name") or key) for key, value in named}
    for container in stack.running:
        model = stack.services.get(container.service)
        if model is None or is_job(model):
            continue
        known = stack.of(container)
        rows = list(rows_of(model, known, images.get(str(known.get("Image")), {}), volumes))
        wrong = [row for row in rows if row[1] != row[2]]
        for key, promised, seen in wrong:
            target = f"{container.name} {key}"
            yield failed(stack.masked(_shown(promised)), stack.masked(_shown(seen)), target, UP)
        if not wrong:
            yield passed("as in the model", f"{len(rows)} keys", container.name)


def _environments(stack: Installation) -> dict[str, dict[str, str]]:
    """The variables that each image has of its own."""
    ids = sorted({str(stack.of(each).get("Image")) for each in stack.running} - {"None"})
    told = stack.docker("image", "inspect", *ids) if ids else None
    images = json.loads(told.out or "[]") if told else []
    return {each["Id"]: _pairs((each.get("Config") or {}).get("Env")) for each in images}


def rows_of(
    model: Mapping[str, Any], known: Mapping[str, Any], own: Mapping[str, str], volumes: Mapping[str, str]
) -> Iterator[Row]:
    """
    Every key that the model sets, as promised and as seen.

    Args:
        own: The variables of the image, which a container may have beside those of the model.
        volumes: What the engine calls each volume of the model.
    """
    config, host = known.get("Config") or {}, known.get("HostConfig") or {}
    yield from _variables(model.get("environment") or {}, _pairs(config.get("Env")), own)
    for key, name in (("command", "Cmd"), ("entrypoint", "Entrypoint")):
        if model.get(key):
            yield key, _words(model[key]), list(config.get(name) or ())
    yield from _mounts(model, known.get("Mounts") or (), volumes)
    tmpfs = [str(each).partition(":") for each in model.get("tmpfs") or ()]
    there = host.get("Tmpfs") or {}
    yield from ((f"tmpfs {path}", options, there.get(path, "none")) for path, _, options in tmpfs)
    yield from ((f"tmpfs {path}", "none", there[path]) for path in sorted(set(there) - {each[0] for each in tmpfs}))
    yield from _health(model.get("healthcheck") or {}, config.get("Healthcheck") or {})
    if model.get("stop_signal"):
        yield "stop_signal", model["stop_signal"], config.get("StopSignal")
    if model.get("stop_grace_period"):
        yield "stop_grace_period", seconds(model["stop_grace_period"]), float(config.get("StopTimeout") or 10)
    groups = [str(each) for each in model.get("group_add") or ()]
    yield "group_add", groups, list(host.get("GroupAdd") or ())


def _variables(promised: Mapping[str, Any], there: Mapping[str, str], own: Mapping[str, str]) -> Iterator[Row]:
    """By name: a value may be a secret that should not be there, so only whether it fits is told."""
    for name, value in sorted(promised.items()):
        wanted = None if value is None else str(value).replace("$$", "$")
        fits = there.get(name) == wanted if wanted is not None else True
        seen = "as promised" if fits else "another value" if name in there else "not set"
        yield f"environment {name}", "as promised", seen
    for name in sorted(set(there) - set(promised) - set(own)):
        yield f"environment {name}", "not set", "set"


def _mounts(model: Mapping[str, Any], there: Sequence[Mapping[str, Any]], volumes: Mapping[str, str]) -> Iterator[Row]:
    """By kind, name and right to write: an image's own volume, which nobody named, goes with its container."""
    seen = {
        str(each.get("Destination")): _mount(each.get("Type"), each.get("Name"), writable=bool(each.get("RW")))
        for each in there
    }
    wanted = {
        str(each["target"]): _mount(
            each.get("type", "volume"), volumes.get(str(each.get("source"))), writable=not each.get("read_only")
        )
        for each in model.get("volumes") or ()
    }
    for each in model.get("secrets") or ():
        target = str(each.get("target") or each["source"])
        wanted[target if target.startswith("/") else SECRETS + target] = _mount("bind", "", writable=False)
    for path in sorted({*wanted, *seen}):
        yield f"mount {path}", wanted.get(path, "none"), seen.get(path, "none")


def _mount(kind: object, name: object, *, writable: bool) -> str:
    named = f" {name}" if kind == "volume" and name else ""
    return f"{kind}{named}{'' if writable else ', read-only'}"


def _health(promised: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[Row]:
    if promised.get("test"):
        yield "healthcheck test", _words(promised["test"]), list(there.get("Test") or ())
    for key, name in HEALTH.items():
        if promised.get(key):
            yield f"healthcheck {key}", seconds(promised[key]), (there.get(name) or 0) / 1e9
    if promised.get("retries"):
        yield "healthcheck retries", int(promised["retries"]), there.get("Retries")


def seconds(text: Any) -> float:
    """A duration as Compose writes it: ``1m10s``."""
    return sum(float(number) * UNITS_S[unit] for number, unit in DURATION.findall(str(text)))


def _words(value: Any) -> list[str]:
    return [str(each).replace("$$", "$") for each in ([value] if isinstance(value, str) else value)]


def _pairs(lines: Sequence[str] | None) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in lines or ())


def _shown(value: Any) -> str:
    text = (
        " ".join(map(str, value))
        if isinstance(value, list)
        else f"{value:g} s"
        if isinstance(value, float)
        else str(value)
    )
    return text if len(text) <= 160 else f"{text[:157]}..."  # noqa: PLR2004


@check("CT15", GROUP, "error", "networks that should lead nowhere lead nowhere")
def networks(stack: Installation) -> Iterator[Verdict]:
    """A network that is not internal any more lets a database reach the world, and the world it."""
    promised = (stack.patient.merged or {}).get("networks") or {}
    used = {name for each in stack.running for name in (stack.services.get(each.service) or {}).get("networks") or ()}
    for key in sorted(used & set(promised)):
        model = promised[key] or {}
        name = str(model.get("name") or key)
        told = stack.docker("network", "inspect", name)
        found = parsed(told.out) if told.ok else None
        if not found:
            yield unseen(stack.masked(told.reason), name, "the network of the model")
            continue
        wanted, seen = _way(model), _way({"internal": found[0].get("Internal"), "driver": found[0].get("Driver")})
        if wanted != seen and not model.get("external"):
            yield failed(wanted, seen, name, "inv down, then inv up: a network is made once")
        else:
            yield passed(wanted, seen, name)


def _way(network: Mapping[str, Any]) -> str:
    return f"{network.get('driver') or 'bridge'}, {'internal' if network.get('internal') else 'leads outside'}"


@check(
    "CT16", GROUP, "error", "nginx listens on every port that is published", rules=("stack/published-port-not-open",)
)
def listening(stack: Installation) -> Iterator[Verdict]:
    """A published port without a listener takes connections and drops them."""
    for nginx in stack.nginxes:
        heard = {(each.port, "tcp") for server in nginx.config.servers for each in listens(server) if not each.is_quic}
        heard |= {(each.port, "udp") for server in nginx.config.servers for each in listens(server) if each.is_quic}
        ports = (stack.inspected.get(nginx.container, {}).get("NetworkSettings") or {}).get("Ports") or {}
        for name in sorted(name for name, bound in ports.items() if bound):
            port, _, protocol = name.partition("/")
            target = f"{nginx.container} {name}"
            if (int(port), protocol) in heard:
                yield passed("a server that listens", "there", target)
            else:
                yield failed("a server that listens", "none", target, f"listen {port}; or do not publish it")


CHECKS: tuple[Check[Installation], ...] = (made, networks, listening)
