"""Texts that Compose turns into numbers and truth values, because of where they stand."""

from __future__ import annotations

import re

from ..regex import regex
from .nodes import UNKNOWN, Node, Plain, Scalar
from .problem import Problem, error
from .tables import Table, changed

_INTEGER = regex(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = regex(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?(inf|infinity)|nan", re.ASCII | re.I)
TRUTHS = {**dict.fromkeys(("true", "y", "yes", "on"), True), **dict.fromkeys(("false", "n", "no", "off"), False)}


class Casts:
    """Casts a file's tree; what cannot be cast is left as it is and told in *problems*."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        whole, real, truth = self._whole, self._real, self._truth
        mode: Table = {"[]": {"mode": whole}}
        rollout: Table = {"parallelism": whole, "max_failure_ratio": real}
        external: Table = {"*": {"external": truth}}
        service: Table = {
            **dict.fromkeys(("cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime"), whole),
            **dict.fromkeys(("cpu_shares", "oom_score_adj", "pids_limit", "scale"), whole),
            **dict.fromkeys(("cpu_percent", "cpus"), real),
            **dict.fromkeys(("init", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty"), truth),
            "configs": mode,
            "secrets": mode,
            "deploy": {
                "replicas": whole,
                "update_config": rollout,
                "rollback_config": rollout,
                "restart_policy": {"max_attempts": whole},
                "placement": {"max_replicas_per_node": whole},
            },
            "healthcheck": {"retries": whole, "disable": truth},
            "ports": {"[]": {"target": whole}},
            "ulimits": {"*": self._ulimit},
            "volumes": {"[]": {"read_only": truth, "volume": {"nocopy": truth}}},
        }
        flags = dict.fromkeys(("external", "internal", "attachable", "enable_ipv4", "enable_ipv6"), truth)
        self._table: Table = {
            "services": {"*": service},
            "networks": {"*": flags},
            "volumes": external,
            "secrets": external,
            "configs": external,
        }

    def of(self, tree: Node) -> Node:
        """*tree* with the texts cast that Compose casts."""
        return changed(tree, self._table)

    def _whole(self, node: Node) -> Node:
        text = _text(node)
        if text is None or not isinstance(node, Scalar):
            return node
        return node.made(int(text)) if _INTEGER.fullmatch(text) else self._refused(node, "a whole number")

    def _real(self, node: Node) -> Node:
        text = _text(node)
        if text is None or not isinstance(node, Scalar):
            return node
        return node.made(float(text)) if _FLOAT.fullmatch(text) else self._refused(node, "a number")

    def _truth(self, node: Node) -> Node:
        text = _text(node)
        if text is None or not isinstance(node, Scalar):
            return node
        value: Plain = TRUTHS.get(text.lower())
        return self._refused(node, "true or false") if value is None else node.made(value)

    def _ulimit(self, node: Node) -> Node:
        if isinstance(node, Scalar):
            return self._whole(node)
        return changed(node, {"hard": self._whole, "soft": self._whole})

    def _refused(self, node: Scalar, wanted: str) -> Node:
        is_written = node.data == node.text
        message = f'"{node.text}" is not {wanted}' if is_written else f"{node.text} is filled in and not {wanted}"
        self.problems.append(error("wrong-value", node.place, message))
        return node


def _text(node: Node) -> str | None:
    """The text to cast, or None where there is nothing to cast or nothing known."""
    if isinstance(node, Scalar) and isinstance(node.data, str) and UNKNOWN not in node.data:
        return node.data
    return None
