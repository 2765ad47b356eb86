"""The writers of a service's keys and of the top-level resources."""

from __future__ import annotations

import posixpath
from typing import Any

from ..regex import regex
from .canonical_fields import (
    LEFT_OUT,
    Fields,
    clean_path,
    command,
    device_count,
    equals,
    flag,
    given,
    hosts,
    listed,
    mapped,
    number,
    pairs,
    size,
    struct,
    test,
    text,
    texts,
    time,
    time_unless_zero,
    ulimit,
    written,
)
from .nodes import Mapping, Node, Scalar

_WINDOWS = regex(r"[A-Za-z]:[\\/]|[\\/]{2}[^\\/.]")
_REMOTE = ("https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:")

FILE_MOUNT: Fields = {"source": text, "target": text, "uid": text, "gid": text, "mode": given}
DEVICE_REQUEST: Fields = {
    "capabilities": texts,
    "driver": text,
    "count": device_count,
    "device_ids": texts,
    "options": pairs,
}
ROLLOUT: Fields = {
    "parallelism": given,
    "delay": time_unless_zero,
    "failure_action": text,
    "monitor": time_unless_zero,
    "max_failure_ratio": number,
    "order": text,
}
RESOURCE: Fields = {
    "cpus": number,
    "memory": size,
    "pids": number,
    "devices": listed(struct(DEVICE_REQUEST)),
    "generic_resources": listed(
        struct({"discrete_resource_spec": struct({"kind": text, "value": number}, kind="", value=0)})
    ),
}
DEPLOY: Fields = {
    "mode": text,
    "replicas": given,
    "labels": pairs,
    "update_config": struct(ROLLOUT),
    "rollback_config": struct(ROLLOUT),
    "resources": struct({"limits": struct(RESOURCE), "reservations": struct(RESOURCE)}),
    "restart_policy": struct({"condition": text, "delay": time, "max_attempts": given, "window": time}),
    "placement": struct(
        {
            "constraints": texts,
            "preferences": listed(struct({"spread": text})),
            "max_replicas_per_node": number,
        }
    ),
    "endpoint_mode": text,
}
HOOK: Fields = {"command": command, "user": text, "privileged": flag, "working_dir": text, "environment": equals}
NETWORK_OF_SERVICE: Fields = {
    "priority": number,
    "gw_priority": number,
    "aliases": texts,
    "ipv4_address": text,
    "ipv6_address": text,
    "link_local_ips": texts,
    "mac_address": text,
    "driver_opts": pairs,
}
HEALTHCHECK: Fields = {
    "test": test,
    "timeout": time,
    "interval": time,
    "retries": given,
    "start_period": time,
    "start_interval": time,
    "disable": flag,
}


def blkio_device(node: Node) -> Any:
    """A device with its rate or weight; the names are Go's, since Compose's type has none for JSON."""
    found = written(node, {"path": text, "rate": size, "weight": number})
    return {name.capitalize(): value for name, value in found.items()}


PORT: Fields = {
    **dict.fromkeys(("name", "mode", "host_ip", "published", "protocol", "app_protocol"), text),
    "target": given,
}
POOL: Fields = {"subnet": text, "gateway": text, "ip_range": text, "aux_addresses": pairs}


class Paths:
    """Paths made absolute: *root* stands for the current folder."""

    def __init__(self, root: str) -> None:
        self.root = root

    def path(self, node: Node) -> Any:
        """A path on the host."""
        if not isinstance(node, Scalar) or not isinstance(node.data, str) or not node.data:
            return LEFT_OUT
        if node.data.startswith("/") or _WINDOWS.match(node.data):
            return node.data
        return posixpath.normpath(posixpath.join(self.root, node.source.base, node.data))

    def context(self, node: Node) -> Any:
        """A build context: a path, or something to fetch that stays as it is."""
        data = node.data if isinstance(node, Scalar) else None
        if isinstance(data, str) and ("://" in data or data.startswith(_REMOTE)):
            return data
        return self.path(node)

    def mount(self, node: Node) -> Any:
        """One entry of ``volumes``; only the sources of binds are paths."""
        fields: Fields = {
            "type": text,
            "source": self.path if _kind(node) == "bind" else text,
            "target": clean_path,
            "read_only": flag,
            "consistency": text,
            "bind": struct({"selinux": text, "propagation": text, "create_host_path": flag, "recursive": text}),
            "volume": struct({"nocopy": flag, "subpath": text}),
            "tmpfs": struct({"size": size, "mode": number}),
        }
        return written(node, fields)

    def build(self) -> Fields:
        """The keys of ``build``."""
        return {
            **dict.fromkeys(("dockerfile", "dockerfile_inline", "isolation", "network", "target"), text),
            **dict.fromkeys(("cache_from", "cache_to", "entitlements", "tags", "platforms"), texts),
            **dict.fromkeys(("no_cache", "pull", "privileged"), flag),
            "context": self.context,
            "args": equals,
            "labels": pairs,
            "additional_contexts": mapped(self.context),
            "extra_hosts": hosts,
            "secrets": listed(struct(FILE_MOUNT)),
            "shm_size": size,
            "ulimits": mapped(ulimit),
            "ssh": lambda node: list(node.children) if isinstance(node, Mapping) else LEFT_OUT,
        }

    def service(self) -> Fields:
        """The keys of a service that need no other key."""
        return {**SERVICE, "build": struct(self.build()), "volumes": listed(self.mount), "develop": self.develop}

    def develop(self, node: Node) -> Any:
        """``develop`` with its watched paths."""
        trigger: Fields = {"path": self.path, "action": text, "target": text, "ignore": texts, "exec": struct(HOOK)}
        return struct({"watch": listed(struct(trigger, exec={"command": None}))})(node)

    def top(self) -> dict[str, Fields]:
        """The keys of the top-level resources, by section."""
        file_object: Fields = {
            **dict.fromkeys(("name", "environment", "content", "driver", "template_driver"), text),
            "file": self.path,
            "external": flag,
            "labels": pairs,
            "driver_opts": pairs,
        }
        return {
            "networks": {
                "name": text,
                "driver": text,
                "driver_opts": pairs,
                "ipam": struct({"driver": text, "config": listed(struct(POOL))}),
                **dict.fromkeys(("external", "internal", "attachable"), flag),
                **dict.fromkeys(("enable_ipv4", "enable_ipv6"), given),
                "labels": pairs,
            },
            "volumes": {"name": text, "driver": text, "driver_opts": pairs, "external": flag, "labels": pairs},
            "secrets": {key: writer for key, writer in file_object.items() if key != "content"},
            "configs": file_object,
        }


def _kind(node: Node) -> object:
    kind = node.children.get("type") if isinstance(node, Mapping) else None
    return kind.data if isinstance(kind, Scalar) else None


_TEXT_KEYS = [
    "cgroup_parent",
    "cgroup",
    "cpuset",
    "container_name",
    "domainname",
    "hostname",
    "image",
    "ipc",
    "isolation",
    "mac_address",
    "network_mode",
    "pid",
    "platform",
    "pull_policy",
    "restart",
    "runtime",
    "stop_signal",
    "user",
    "userns_mode",
    "uts",
    "working_dir",
    "volume_driver",
]
_LIST_KEYS = [
    "cap_add",
    "cap_drop",
    "device_cgroup_rules",
    "dns",
    "dns_opt",
    "dns_search",
    "expose",
    "external_links",
    "group_add",
    "links",
    "profiles",
    "security_opt",
    "tmpfs",
    "volumes_from",
]
_NUMBER_KEYS = [
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpus",
    "cpu_shares",
    "oom_score_adj",
    "pids_limit",
]
SERVICE: Fields = {
    **dict.fromkeys(_TEXT_KEYS, text),
    **dict.fromkeys(_LIST_KEYS, texts),
    **dict.fromkeys(_NUMBER_KEYS, number),
    **dict.fromkeys(("mem_limit", "mem_reservation", "memswap_limit", "mem_swappiness", "shm_size"), size),
    **dict.fromkeys(("oom_kill_disable", "privileged", "read_only", "stdin_open", "tty"), flag),
    **dict.fromkeys(("attach", "init", "scale"), given),
    **dict.fromkeys(("annotations", "labels", "storage_opt", "sysctls"), pairs),
    **dict.fromkeys(("command", "entrypoint"), command),
    **dict.fromkeys(("configs", "secrets"), listed(struct(FILE_MOUNT))),
    "blkio_config": struct(
        {
            "weight": number,
            **dict.fromkeys(("device_read_bps", "device_read_iops", "device_write_bps"), listed(blkio_device)),
            **dict.fromkeys(("device_write_iops", "weight_device"), listed(blkio_device)),
        }
    ),
    "credential_spec": struct(dict.fromkeys(("config", "file", "registry"), text)),
    "depends_on": mapped(struct({"condition": text, "restart": flag, "required": given}, required=False)),
    "deploy": struct(DEPLOY, resources={}, placement={}),
    "devices": listed(struct(dict.fromkeys(("source", "target", "permissions"), text))),
    "environment": equals,
    "extra_hosts": hosts,
    "gpus": listed(struct(DEVICE_REQUEST)),
    "healthcheck": struct(HEALTHCHECK),
    "logging": struct({"driver": text, "options": pairs}),
    "networks": mapped(struct(NETWORK_OF_SERVICE)),
    "ports": listed(struct(PORT)),
    "stop_grace_period": time,
    "ulimits": mapped(ulimit),
    **dict.fromkeys(("post_start", "pre_stop"), listed(struct(HOOK, command=None))),
}
