"""What a COPY of everything takes along, because no .dockerignore keeps it out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...dockerfile import Dockerfile
from ...dockerfile.ignore import is_ignored
from ...finding import Edit, Severity
from ...place import Place
from ...rule import Report, rule
from .copies import whole_context


def left_out(dockerfile: Dockerfile, name: str) -> tuple[Edit, ...]:
    """An edit that names *name* in the .dockerignore, at its top, where no exception above it counts."""
    path = dockerfile.ignore_path
    return () if path is None else (Edit(Place(path, 1, 1, 1, 1), f"{name}\n"),)


@rule(
    "dockerfile/copy-without-ignore-file",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        COPY . /srv  # <-
        USER 1000
    """,
    fixed={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv\nUSER 1000\n",
        ".dockerignore": ".git\n.env\n",
    },
    good={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv\nUSER 1000\n",
        ".dockerignore": ".git\n.env\nnode_modules\n",
    },
    unsafe=True,
    source="https://docs.docker.com/build/concepts/context/#dockerignore-files",
)
def copy_without_ignore_file(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    The whole folder is copied, and no .dockerignore says what must stay out.

    The history in .git, the secrets in .env and the packages of another system in node_modules then become part of
    the image, and every change of any of them builds all that follows anew.
    """
    if dockerfile.ignored is not None:
        return
    path = posixpath.join(posixpath.dirname(dockerfile.path), ".dockerignore")
    edit = Edit(Place(path, 1, 1, 1, 1), ".git\n.env\n", safe=False)
    for _, copy in whole_context(dockerfile):
        yield (
            copy.sources[0].place,
            "everything is copied and there is no .dockerignore; list .git and .env in one",
            (edit,),
        )


@rule(
    "dockerfile/secret-not-ignored",
    Severity.ERROR,
    bad={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv  # <-\nUSER 1000\n",
        ".dockerignore": ".git\n",
        ".env": "A=1\n",
    },
    fixed={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv\nUSER 1000\n",
        ".dockerignore": ".env\n.git\n",
        ".env": "A=1\n",
    },
    good={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv\nUSER 1000\n",
        ".dockerignore": "*\n!app\n",
        ".env": "A=1\n",
    },
    source="https://docs.docker.com/build/concepts/context/#dockerignore-files",
    covers=("docksec:compose-env-file-secret-risk",),
)
def secret_not_ignored(dockerfile: Dockerfile) -> Iterator[Report]:
    """The whole folder is copied, a `.env` lies in it, and the .dockerignore lets it through."""
    if dockerfile.ignored is None or not dockerfile.is_context or not dockerfile.has_env_file:
        return
    if is_ignored(".env", dockerfile.ignored):
        return
    for _, copy in whole_context(dockerfile):
        message = ".env beside this file becomes part of the image; add .env to the .dockerignore"
        yield copy.sources[0].place, message, left_out(dockerfile, ".env")


@rule(
    "dockerfile/history-copied",
    Severity.WARNING,
    bad={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv  # <-\nUSER 1000\n",
        ".dockerignore": ".env\n",
        ".git/HEAD": "ref: refs/heads/main\n",
    },
    good={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv\nUSER 1000\n",
        ".dockerignore": ".git\n.env\n",
        ".git/HEAD": "ref: refs/heads/main\n",
    },
    fixed={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv\nUSER 1000\n",
        ".dockerignore": ".git\n.env\n",
        ".git/HEAD": "ref: refs/heads/main\n",
    },
    source="https://docs.docker.com/build/concepts/context/#dockerignore-files",
)
def history_copied(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    The whole folder is copied, and with it the repository's history, which the .dockerignore lets through.

    Whoever pulls the image has every version of every file, with what was ever committed by mistake, and each commit
    builds all that follows anew.
    """
    if dockerfile.ignored is None or not dockerfile.is_context or not dockerfile.has_history:
        return
    if is_ignored(".git", dockerfile.ignored) or is_ignored(".git/HEAD", dockerfile.ignored):
        return
    for _, copy in list(whole_context(dockerfile))[:1]:
        message = "the history in .git becomes part of the image; add .git to the .dockerignore"
        yield copy.sources[0].place, message, left_out(dockerfile, ".git")
