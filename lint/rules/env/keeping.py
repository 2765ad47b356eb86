"""Env files with secrets that git keeps, or is about to."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ...envfile import EnvFile
from ...finding import Edit, Severity
from ...policy import Policy
from ...rule import Report, rule
from ...source import Source
from .secrets import literal_secrets

_SECRETS = "MODE=production\nMYSQL_PASSWORD=kW8#zr2Vb91-xQ4t%s\nJWT_SECRET_KEY=q7Lw2Pz9Tn4Vb8Xc5Rm1Ks6Hd3Fg0Jy2\n"


@rule(
    "env/secrets-not-ignored",
    Severity.ERROR,
    bad={
        ".env": _SECRETS % "  # <-",
        ".gitignore": "node_modules/\n*.log\n",
    },
    fixed={
        ".env": _SECRETS % "",
        ".gitignore": "node_modules/\n*.log\n.env\n",
    },
    good=(
        {".env": "MYSQL_PASSWORD=kW8#zr2Vb91-xQ4t\n", ".gitignore": "node_modules/\n.env*\n!.env.example\n"},
        {".env": "MODE=production\nMYSQL_PASSWORD=\n", ".gitignore": "node_modules/\n"},
        {".env.example": "MYSQL_PASSWORD=\n", ".gitignore": "node_modules/\n"},
        {".env": "MYSQL_PASSWORD=kW8#zr2Vb91-xQ4t\n"},
    ),
    source="https://docs.docker.com/compose/how-tos/environment-variables/best-practices/",
    covers=("docksec:compose-env-file-secret-risk",),
)
def secrets_not_ignored(env: EnvFile, policy: Policy) -> Iterator[Report]:
    """
    An env file with secrets is in git, or the next `git add` takes it in.

    Whoever may read the repository has them then, and its history keeps them for ever. Name the file in .gitignore;
    where it is tracked already, `git rm --cached` takes it out, and the secrets have to be changed.
    """
    if env.is_example or env.is_for_development or env.reader is None:
        return
    first = next(iter(literal_secrets(env, policy)), None)
    if first is None:
        return
    from ...envfile.keeping import Keeping, ignore_file, keeping  # noqa: PLC0415 - only a file with secrets needs it

    kept, name = keeping(env.path, env.reader), os.path.basename(env.path)  # noqa: PTH119 - a plain string
    if kept is Keeping.TRACKED:
        yield first.name_place, f'git has "{name}" with its secrets; run git rm --cached, ignore it, change the secrets'
    elif kept is Keeping.OPEN:
        path = ignore_file(env.path, env.reader)
        yield (
            first.name_place,
            f'git does not ignore "{name}", which holds secrets; add it to .gitignore',
            (_line(env, path),),
        )


@rule(
    "env/secrets-open-to-all",
    Severity.WARNING,
    bad={
        ".env": "# mode 0644\n" + _SECRETS % "  # <-",
        ".gitignore": ".env\n",
    },
    good=(
        {".env": "# mode 0600\n" + _SECRETS % "", ".gitignore": ".env\n"},
        {".env": "# mode 0644\nMODE=production\nMYSQL_PASSWORD=\n", ".gitignore": ".env\n"},
        {".env": _SECRETS % "", ".gitignore": ".env\n"},
    ),
    source="https://docs.docker.com/compose/how-tos/environment-variables/best-practices/",
    covers=("docksec:compose-env-file-secret-risk",),
)
def secrets_open_to_all(env: EnvFile, policy: Policy) -> Iterator[Report]:
    """
    An env file with secrets that every user of the machine can read.

    Any program of any user there has them: a web server that was broken into, a job of somebody else. `chmod 600` keeps
    them to their owner; Compose reads the file as the one who starts it. Told of files that git does not keep, whose
    mode is their own, and only where the folders above let others in.
    """
    if env.is_example or env.is_for_development or env.reader is None:
        return
    first = next(iter(literal_secrets(env, policy)), None)
    if first is None:
        return
    from ...envfile.keeping import Keeping, keeping  # noqa: PLC0415 - only a file with secrets needs it
    from ...permissions import is_open_to_all  # noqa: PLC0415 - as above

    if is_open_to_all(env.path, env.reader) and keeping(env.path, env.reader) in (Keeping.IGNORED, None):
        name = os.path.basename(env.path)  # noqa: PTH119 - a plain string
        yield first.name_place, f'every user of this machine can read the secrets in "{name}"; run chmod 600 on it'


def _line(env: EnvFile, path: str) -> Edit:
    """The file's name, as it is seen from the .gitignore at *path*, as its last line."""
    reader = env.reader
    text = reader.read(path) if reader is not None and reader.exists(path) else ""
    end = Source(text, path).place(len(text), len(text))
    inside = os.path.relpath(env.path, os.path.dirname(path) or ".")  # noqa: PTH120 - plain strings
    return Edit(end, f"{inside}\n" if not text or text.endswith("\n") else f"\n{inside}\n")
