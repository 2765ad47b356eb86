"""The compose files, the env file and the files of the secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ...lint.envfile import parse
from ..command import Command
from ..compose import secret_paths
from ..environment import PLACEHOLDER, PRIVATE
from ..masking import is_secret
from ..secret_files import FOLDER_MODE, changed_secrets
from ..stack import Stack
from .patient import Patient
from .verdict import WRONG_SETTINGS, Check, Verdict, ok, skipped, wrong

COMPOSE = "settings.compose"
READABLE_BY_ALL = 0o044


def checks(patient: Patient) -> Iterator[Check]:
    """The checks of both groups."""
    yield Check("settings.file", "env file", lambda: _file(patient))
    yield Check("settings.mode", "env file's mode", lambda: _mode(patient), ("settings.file",))
    yield Check("settings.git", "not in git", lambda: _untracked(patient), ("settings.file",))
    yield Check("settings.values", "required values", lambda: _required(patient), ("settings.file",))
    yield Check("settings.placeholders", "no placeholders", lambda: _placeholders(patient), ("settings.file",))
    yield Check(COMPOSE, "compose files", lambda: _compose(patient), ("engine.installed", "settings.file"))
    yield Check("secrets.folder", "folder", lambda: _folder(patient))
    yield Check("secrets.files", "files", lambda: _files(patient), (COMPOSE,))
    yield Check("secrets.current", "up to date", lambda: _current(patient), ("secrets.files", "settings.values"))


def _file(patient: Patient) -> Verdict:
    path, example = patient.settings.env.file, patient.settings.env.example
    if patient.stack is None:
        return wrong(
            patient.trouble, "mend it, or move it away and let inv env make a new one", exit_code=WRONG_SETTINGS
        )
    if path.is_file():
        return ok(str(path))
    if example is None or _all_set(patient.stack):
        return ok(f"no {path.name}; the values come from the environment")
    return wrong(f"{path}: no such file", "inv env makes it from the example", exit_code=WRONG_SETTINGS)


def _mode(patient: Patient) -> Verdict:
    path = patient.settings.env.file
    if not path.is_file():
        return skipped("there is no env file")
    mode = path.stat().st_mode & 0o777
    if mode & ~PRIVATE:
        says = f"{path} has mode {mode:04o}: others on this machine can read the secrets in it"
        return wrong(says, f"chmod 600 {path}")
    return ok(f"{mode:04o}")


def _untracked(patient: Patient) -> Verdict:
    path = patient.settings.env.file
    listed = patient.host.run(Command(("git", "-C", str(path.parent), "ls-files", "--", path.name)), timeout_s=20)
    if not listed.ok:
        return ok("no git repository here")
    if listed.out.strip():
        todo = f"git rm --cached {path}; then change every secret that was in it, for the history keeps them"
        return wrong(f"{path} is tracked by git", todo)
    ignored = patient.host.run(Command(("git", "-C", str(path.parent), "check-ignore", "-q", path.name)), timeout_s=20)
    if ignored.exit_code == 1:
        return wrong(
            f"{path} is not ignored by git; one git add is enough to commit it", f"add {path.name} to .gitignore"
        )
    return ok()


def _required(patient: Patient) -> Verdict:
    names = patient.settings.env.generate
    empty = [name for name in names if not _values(patient).get(name)]
    if empty:
        says = f"{patient.settings.env.file}: {', '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty"
        return wrong(says, "give them values, or run inv env to make some", exit_code=WRONG_SETTINGS)
    return ok(f"{len(names)} are set")


def _placeholders(patient: Patient) -> Verdict:
    left = [name for name in _own_secrets(patient) if PLACEHOLDER.match(_values(patient).get(name, ""))]
    if left:
        says = f"{patient.settings.env.file}: {', '.join(sorted(left))} still holds a placeholder"
        return wrong(says, "give it a value of its own, then inv up", exit_code=WRONG_SETTINGS)
    return ok()


def _compose(patient: Patient) -> Verdict:
    if patient.merged is None:
        return wrong(patient.trouble, "mend the file; inv lint says more about it", exit_code=WRONG_SETTINGS)
    return ok(f"{len(patient.services)} services")


def _folder(patient: Patient) -> Verdict:
    secrets = patient.settings.secrets
    if secrets is None:
        return skipped("fairlead.yaml names no folder of secrets")
    if not secrets.folder.is_dir():
        return wrong(f"{secrets.folder}: no such folder", "inv up makes it")
    mode = secrets.folder.stat().st_mode & 0o777
    if mode != FOLDER_MODE:
        says = f"{secrets.folder} has mode {mode:04o}; only {FOLDER_MODE:04o} keeps other users out"
        return wrong(says, f"chmod 700 {secrets.folder}")
    return ok(str(secrets.folder))


def _files(patient: Patient) -> Verdict:
    paths = secret_paths(patient.merged or {})
    missing = sorted(name for name, path in paths.items() if not path.is_file())
    if missing:
        return wrong(f"no file for {', '.join(missing)}", "inv up writes them; a container cannot start without")
    closed = sorted(name for name, path in _mine(patient, paths).items() if _is_closed(path))
    if closed:
        says = f"users of the containers cannot read {', '.join(closed)}"
        return wrong(says, "chmod 444 them; the folder keeps others on this machine out")
    return ok(f"{len(paths)} files")


def _current(patient: Patient) -> Verdict:
    secrets, stack = patient.settings.secrets, patient.stack
    if secrets is None or stack is None:
        return skipped("fairlead.yaml names no folder of secrets")
    changed = changed_secrets(secrets, secret_paths(patient.merged or {}), stack.values, patient.host)
    if changed:
        says = f"{', '.join(changed)} {'is' if len(changed) == 1 else 'are'} not what the env file says"
        return wrong(says, "inv up writes what the env file says and restarts who reads it")
    return ok()


def _mine(patient: Patient, paths: Mapping[str, Path]) -> dict[str, Path]:
    folder = patient.settings.secrets.folder if patient.settings.secrets else None
    return {name: path for name, path in paths.items() if path.parent == folder}


def _is_closed(path: Path) -> bool:
    return path.stat().st_mode & READABLE_BY_ALL != READABLE_BY_ALL


def _own_secrets(patient: Patient) -> list[str]:
    """The secret variables of the env file; what else the operator's environment holds is not the stack's."""
    path, stack = patient.settings.env.file, patient.stack
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    names = {*parse(text, str(path)).values({}), *patient.settings.env.generate}
    return sorted(name for name in names if stack and is_secret(name, stack))


def _values(patient: Patient) -> Mapping[str, str]:
    return patient.stack.values if patient.stack else {}


def _all_set(stack: Stack) -> bool:
    return all(stack.values.get(name) for name in stack.settings.env.generate)
