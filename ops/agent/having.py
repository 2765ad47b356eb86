"""Networks and volumes that releases share: they belong to no compose project, so that none removes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ..command import Command
from ..errors import StepFailedError
from ..host import Host
from ..step import Do, Run, Say, Step


def have_volumes(volumes: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    """A step for each volume; one that is there is left as it is."""
    for name, options in volumes.items():
        words = [*_driver(options), *_pairs("--label", options.get("labels"))]
        yield Run(f"have the volume {name}", Command(("docker", "volume", "create", *words, name)))


def have_networks(networks: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    """A step for each network; one that is there is left as it is."""
    for name, options in networks.items():
        command = Command(("docker", "network", "create", *_network_words(options), name))
        yield Do(f"have the network {name}", str(command), partial(_have, name, command))


def _have(name: str, command: Command, host: Host, say: Say) -> None:
    if host.run(Command(("docker", "network", "inspect", "--format", "{{.Id}}", name)), timeout_s=60).ok:
        return
    say(str(command))
    result = host.run(command, timeout_s=60)
    if not result.ok and "already exists" not in result.err:
        raise StepFailedError(host.name, f"have the network {name}", result.reason)


def _network_words(options: Mapping[str, Any]) -> Iterator[str]:
    yield from _driver(options)
    for key, flag in (("internal", "--internal"), ("attachable", "--attachable"), ("enable_ipv6", "--ipv6")):
        if options.get(key):
            yield flag
    for pool in (options.get("ipam") or {}).get("config") or ():
        for key, flag in (("subnet", "--subnet"), ("gateway", "--gateway"), ("ip_range", "--ip-range")):
            if pool.get(key):
                yield from (flag, str(pool[key]))
    yield from _pairs("--label", options.get("labels"))


def _driver(options: Mapping[str, Any]) -> Iterator[str]:
    if options.get("driver"):
        yield from ("--driver", str(options["driver"]))
    yield from _pairs("--opt", options.get("driver_opts"))


def _pairs(flag: str, values: Mapping[str, Any] | None) -> Iterator[str]:
    for key, value in (values or {}).items():
        yield from (flag, f"{key}={value}")
