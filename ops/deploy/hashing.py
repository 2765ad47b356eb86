"""
Which variables and secrets a release has, by name and keyed hash: what changed between two can be told, no value can.

The key is random and stays on the host, so that a manifest by itself does not let anybody try out values.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..agent.bundle import FILE
from ..command import Secret
from ..errors import SettingsError
from ..host import Host
from .layout import Layout
from .upload import Upload

DIGITS = 16
KEY_BYTES = 32
OWNER_ONLY = 0o600
SECRETS = "secrets/"


def key_on(host: Host, layout: Layout) -> bytes:
    """The host's key; made at its first release."""
    known = known_key(host, layout)
    if known is not None:
        return known
    key = secrets.token_bytes(KEY_BYTES)
    host.put(_path(layout), Secret(key.hex() + "\n"), OWNER_ONLY)
    return key


def known_key(host: Host, layout: Layout) -> bytes | None:
    """
    The host's key; None before its first release.

    Raises:
        SettingsError: somebody has edited it.
    """
    text = host.read(_path(layout))
    try:
        return bytes.fromhex(text.strip()) if text else None
    except ValueError as error:
        raise SettingsError(f"{host.name}: {_path(layout)}: no key any more; remove it, then deploy anew") from error


def environment_hashes(app: Mapping[str, Any], key: bytes) -> dict[str, dict[str, str]]:
    """Of each service of the compose model *app* its variables, by name the hash of the value."""
    services: Mapping[str, Any] = app.get("services", {})
    return {
        name: {variable: _hash(key, str(value)) for variable, value in sorted(service["environment"].items())}
        for name, service in sorted(services.items())
        if service.get("environment")
    }


def secret_hashes(files: Iterable[Upload], key: bytes) -> dict[str, str]:
    """Of each secret among the *files* of a release the hash of its content."""
    return {
        file.path.removeprefix(SECRETS): hmac.new(key, file.data, hashlib.sha256).hexdigest()[:DIGITS]
        for file in files
        if file.path.startswith(SECRETS)
    }


def content(files: Iterable[Upload]) -> Iterator[bytes]:
    """All that *files* of a release say, in an order of their own; of the manifest not the time that it was made."""
    for file in sorted(files, key=lambda file: file.path):
        yield f"{file.path} {file.mode}".encode()
        if file.path == FILE:
            yield json.dumps(json.loads(file.data) | {"made": ""}, sort_keys=True).encode()
        else:
            yield file.data


def _path(layout: Layout) -> str:
    return f"{layout.root}/shared/hash.key"


def _hash(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:DIGITS]
