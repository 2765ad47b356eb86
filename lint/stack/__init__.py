"""
The whole stack as one model: what its services are made of, and how they meet.

`assemble` gives a `Stack` for each Compose project. Its `containers` join a service with the image it runs, the
Dockerfile that builds it and the nginx configuration that is mounted or copied into it. Questions have three answers:
True, False, and None for "that cannot be told from these files"; rules stay silent about None.

- ``container.has_program("curl")``, ``.user``, ``.listening``, ``.words``, ``.environment``, ``.check``, ``.sites``;
- ``stack.has_program(service, program)``, ``stack.named(host, container)``, ``stack.share_network(one, other)``;
- ``targets(config)`` in `passing`: where each ``proxy_pass`` of a configuration leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..family import Options
from ..files import Files
from .checking import Check, Probe
from .container import Container
from .model import Stack
from .passing import Target, targets

__all__ = ["Check", "Container", "Probe", "Stack", "Target", "assemble", "targets"]


def assemble(models: Mapping[str, Sequence[Any]], files: Files, options: Options) -> Sequence[Stack]:
    """The stack of each Compose project, with what the *models* of the other families know about it."""
    dockerfiles = {model.path: model for model in models.get("dockerfile", ())}
    nginx = tuple(models.get("nginx", ()))
    env = tuple(models.get("env", ()))
    projects = tuple(models.get("compose", ()))
    return [Stack(project, dockerfiles, nginx, projects, env, files, options) for project in projects]
