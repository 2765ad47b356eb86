"""Whether a stack can be deployed as releases, and whether the host has what it takes from there."""

from __future__ import annotations

import os
from pathlib import Path

from ..stack import Stack
from .layout import Layout
from .mounting import Sources


def sources_of(stack: Stack, layout: Layout) -> Sources:
    """What stands for what in the checkout of *stack*."""
    settings = stack.settings
    known = {}
    if settings.edge is not None:
        known[_plain(settings.edge.folder)] = layout.edge
    if settings.tls is not None:
        known[_plain(settings.tls.folder)] = layout.certificates
        known[_plain(settings.tls.webroot)] = layout.webroot
    private = [settings.state, *([settings.env.file] if settings.env.file.exists() else [])]
    if settings.secrets is not None:
        private.append(settings.secrets.folder)
    return Sources(str(settings.root), known, tuple(map(_plain, private)))


def _plain(path: Path) -> str:
    """As Compose writes it, which takes out `..` and follows no links."""
    return os.path.normpath(path)
