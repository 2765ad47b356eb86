"""`inv init`: a fairlead.yaml and a pre-commit entry for a project that has neither."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .. import __version__
from ..lint.compose.groups import project_files, role
from ..lint.data import DataError, load_yaml
from ..lint.files import Files
from ..lint.scope import scope_of
from ..lint.settings import Settings
from .errors import SettingsError
from .plan import Plan, plan_for
from .settings import FILE_NAME
from .step import Step, Write

HOOKS = ".pre-commit-config.yaml"
REPOSITORY = "https://github.com/fairlead/fairlead"
READABLE = 0o644
EXAMPLE = re.compile(r"(?i).*(example|sample|template|dist).*")
ENTRY = f"""  - repo: {REPOSITORY}
    rev: v{__version__}
    hooks:
      - id: fairlead-lint
"""


def plan_init(folder: Path) -> Plan:
    """
    The files that *folder* lacks; what is there stays as it is.

    Raises:
        SettingsError: there is a fairlead.yaml already, or no compose and no nginx file to describe.
    """
    if (folder / FILE_NAME).exists():
        raise SettingsError(f"{FILE_NAME} is there already; inv ready says what the stack still lacks")
    found = scope_of((), Settings(), Files()).paths
    if not (found["compose"] or found["nginx"]):
        raise SettingsError(f"{folder}: no compose and no nginx file here or below; run this at a project's root")
    settings = Write(
        f"describe the stack in {FILE_NAME}", str(folder / FILE_NAME), settings_text(folder, found), READABLE
    )
    return plan_for("localhost", settings, *_hook_steps(folder))


def settings_text(folder: Path, found: Mapping[str, Sequence[str]]) -> str:
    """The text of a fairlead.yaml for the files in *found*, by family, with what else could be said as comments."""
    lines = ["# This stack, described for Fairlead; its docs/settings.md explains every key.", f"name: {_name(folder)}"]
    lines += _compose(found["compose"])
    examples = [path for path in found["env"] if EXAMPLE.match(Path(path).name)]
    if examples:
        lines += ["", "env:", f"  example: {examples[0]}"]
    for key, paths in (("nginx", found["nginx"]), ("dockerfiles", found["dockerfile"])):
        if paths:
            lines += ["", f"{key}:", *(f"  - {path}" for path in paths)]
    return "\n".join([*lines, "", *HINTS, ""])


HINTS = """
# What more Fairlead can do once it is told; uncomment what fits, and ask inv ready.
# lint:
#   preset: strict
# secrets:                      # compose secrets in this folder are written from variables of the same name
#   folder: .fairlead/secrets
# edge:                         # the nginx configuration that inv up tests, and switches to as a whole
#   service: nginx
#   folder: .fairlead/edge
#   mount: /etc/nginx/edge
#   files: [nginx.conf]
# addresses:
#   page: http://localhost:8080
# domains: [{names: [www.example.com]}]
""".strip().splitlines()


def _compose(paths: Sequence[str]) -> Iterator[str]:
    groups = project_files(paths, Files())
    if not groups:
        yield from ["", "compose:", "  files: [docker-compose.yml]  # none was found; name yours"]
        return
    production = next((group for group in groups if role(group) == "production"), groups[0])
    development = next((group for group in groups if role(group) == "development"), None)
    yield from ["", "compose:", f"  files: [{', '.join(production)}]"]
    if development and development != production:
        yield f"  development: [{', '.join(development)}]"


def _hook_steps(folder: Path) -> Iterator[Step]:
    path = folder / HOOKS
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if "fairlead-lint" in text or not _ends_with_repos(text, path):
        return
    whole = f"{text.rstrip()}\n{ENTRY}" if text.strip() else f"repos:\n{ENTRY}"
    yield Write("add the linter to pre-commit", str(path), whole, READABLE)


def _ends_with_repos(text: str, path: Path) -> bool:
    """Whether an entry at the end of the file becomes one of its ``repos``."""
    if not text.strip():
        return True
    try:
        added = load_yaml(f"{text.rstrip()}\n{ENTRY}", str(path))
    except DataError:
        return False
    return isinstance(added, dict) and any(repo.get("repo") == REPOSITORY for repo in added.get("repos") or ())


def _name(folder: Path) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_") or "stack"
