"""What the base's folder on a host holds as it was sent, so that what is edited there is seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..rotation import Rotation
from .hashing import SECRETS, secret_hashes
from .upload import Upload

FILE = "digests.json"


def base_digests(
    files: Iterable[Upload], key: bytes, rotations: Iterable[Rotation], before: Mapping[str, Any] | None = None
) -> Upload:
    """
    The file that travels with *files* of the base.

    Args:
        key: The host's own, see `key_on`.
        rotations: Secrets that change on the host by themselves; they are not among them.
        before: What that file says there, of files that do not travel now.
    """
    found, known = list(files), before or {}
    change = {name for each in rotations for name in (each.secret, each.previous.lower(), each.acl)}
    plain = (file for file in found if not file.path.startswith(SECRETS))
    secrets = {name: digest for name, digest in secret_hashes(found, key).items() if name not in change}
    data = {
        "files": {**known.get("files", {}), **{file.path: hashlib.sha256(file.data).hexdigest() for file in plain}},
        "secret_hashes": {**known.get("secret_hashes", {}), **secrets},
    }
    return Upload(FILE, json.dumps(data, indent=1, sort_keys=True) + "\n", 0o640)
