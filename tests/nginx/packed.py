"""An nginx out of an image of the local engine, so that tests run with one that the machine has no package of."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

LIBRARIES = "usr/lib/x86_64-linux-gnu"


@cache
def nginx_of_image(image: str) -> str:
    """
    A program that is the nginx of *image*, with the libraries it comes with; kept in the folder for temporary files.

    Raises:
        subprocess.CalledProcessError: where the engine has no such image.
    """
    number = _said("docker", "image", "inspect", "--format", "{{.Id}}", image).removeprefix("sha256:")[:12]
    folder = Path(tempfile.gettempdir()) / f"fairlead-nginx-{number}"
    program = folder / "start"
    if not program.exists():
        _unpack(image, folder)
        loader = folder / LIBRARIES / "ld-linux-x86-64.so.2"
        program.write_text(f'#!/bin/sh\nexec {loader} --library-path {loader.parent} {folder}/usr/sbin/nginx "$@"\n')
        program.chmod(0o755)
    return str(program)


def _unpack(image: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    container = _said("docker", "create", image, "true")
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export:
            subprocess.run(
                ["tar", "-x", "-C", str(folder), "--wildcards", "usr/sbin/nginx", f"{LIBRARIES}/*"],
                stdin=export.stdout,
                stderr=subprocess.DEVNULL,
                check=True,
            )
    finally:
        _said("docker", "rm", container)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
