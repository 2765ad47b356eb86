"""Networks and volumes that releases share: they belong to no compose project, so that none removes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from ..command import Command
from ..errors import StepFailedError
from ..host import Host
from ..step import Do, Say, Step


def have_volumes(volumes: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    """A step for each volume; one that is there is left as it is, one of others is never made."""
    for name, options in volumes.items():
        yield _having("volume", name, options, [*_driver(options), *_pairs("--label", options.get("labels"))])


def have_networks(networks: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    """A step for each network, in the same way."""
    for name, options in networks.items():
        yield _having("network", name, options, _network_words(options))


def absent(host: Host, kind: str, names: Iterable[str], client: str = "docker") -> list[str]:
    """Those of *names* that the engine of *host* has not; *kind* is ``volume`` or ``network``."""
    return [name for name in names if not host.run(Command((client, kind, "inspect", name)), timeout_s=60).ok]


def _having(kind: str, name: str, options: Mapping[str, Any], words: Iterable[str]) -> Step:
    title = f"have the {kind} {name}"
    if options.get("external"):
        return Do(title, f"docker {kind} inspect {name}", partial(_find, kind, name, title))
    command = Command(("docker", kind, "create", *words, name))
    return Do(title, str(command), partial(_have, kind, name, command))


def _find(kind: str, name: str, title: str, host: Host, _: Say) -> None:
    if absent(host, kind, [name]):
        raise StepFailedError(
            host.name, title, f"not there, and external in compose: docker {kind} create {name}, or restore it"
        )


def _have(kind: str, name: str, command: Command, host: Host, say: Say) -> None:
    if not absent(host, kind, [name]):
        return
    say(str(command))
    result = host.run(command, timeout_s=60)
    if not result.ok and "already exists" not in result.err:
        raise StepFailedError(host.name, f"have the {kind} {name}", result.reason)


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
