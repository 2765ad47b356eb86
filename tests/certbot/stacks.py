"""A small stack in a folder, for tests that need no engine."""

from __future__ import annotations

from pathlib import Path

from fairlead.ops.compose import ComposeProject
from fairlead.ops.host import LocalHost
from fairlead.ops.settings import load_settings
from fairlead.ops.stack import Stack

TEXT = """\
name: shop
compose: {files: [docker/compose.yml]}
edge: {service: nginx, folder: edge, mount: /e, files: [docker/nginx.conf]}
tls: {folder: certs, mount: /t, webroot: acme, http_port: "${HTTP_PORT:-80}", https_port: "${HTTPS_PORT:-443}"}
"""
NAMED = "domains: [{names: [shop.test, www.shop.test]}]\n"


def stack_in(folder: Path, more: str = NAMED, nginx: str = "events {}\n", **values: str) -> Stack:
    """The stack of a fairlead.yaml with *more* in it, and of an nginx.conf."""
    (folder / "docker").mkdir(exist_ok=True)
    (folder / "docker/nginx.conf").write_text(nginx)
    (folder / "docker/compose.yml").write_text("services: {}\n")
    (folder / "fairlead.yaml").write_text(TEXT + more)
    settings = load_settings(folder / "fairlead.yaml")
    project = ComposeProject("docker", "shop", settings.compose_files, None, {})
    return Stack(settings, LocalHost(), values, project, development=False)
