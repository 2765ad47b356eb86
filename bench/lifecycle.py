"""
How long the stack takes to come and go with its images built, what it needs in memory, how large the back end is.

    ./inv bench --name lifecycle

Brings the stack of this checkout down and up again; its data stays.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
SETTLED_S = 120
UNITS = {"B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def main() -> None:
    """Prints the median seconds of up and down, the memory 2 minutes after healthy, and the image's own megabytes."""
    _inv("up")
    downs, ups = [], []
    for _ in range(ROUNDS):
        downs.append(_inv("down"))
        ups.append(_inv("up"))
    print(f"inv up, images built   {median(ups):6.1f} s (at most 60), median of {ROUNDS}")
    print(f"inv down               {median(downs):6.1f} s (at most 15), median of {ROUNDS}")
    time.sleep(SETTLED_S)
    used = _memory()
    for name, size in sorted(used.items()):
        print(f"  {name:24} {size / 2**20:7.0f} MiB")
    print(f"memory                 {sum(used.values()) / 1e9:6.2f} GB (at most 1.3), {SETTLED_S} s after healthy")
    print(f"back end above its base {_above_base() / 1e6:5.0f} MB (at most 120)")


def _inv(task: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "fairlead", task], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _containers() -> list[str]:
    printed = _output(sys.executable, "-m", "fairlead", "status", "--json")
    return [service["container"] for service in json.loads(printed)["services"] if service["state"] == "running"]


def _memory() -> dict[str, float]:
    shown = _output("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *_containers())
    return {line.split()[0]: _bytes(line.split()[1]) for line in shown.splitlines()}


def _bytes(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]  # docker's own format
    return float(number) * UNITS[unit.upper()]


def _above_base() -> float:
    """Bytes of the layers that the back end's image has and the last stage's base has not."""
    (backend,) = (name for name in _containers() if "-backend-1" in name)
    image = _output("docker", "inspect", "--format", "{{.Image}}", backend)
    registry = _output(sys.executable, "-m", "fairlead", "config", "--json")
    prefix = json.loads(registry)["services"]["backend"]["build"]["args"]["BASE_REGISTRY"]
    tag = re.search(r"^ARG PYTHON_TAG=(\S+)", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    base = f"{prefix}python:{tag[1] if tag else 'latest'}"
    return _size(image) - _size(base)


def _size(image: str) -> float:
    return float(_output("docker", "image", "inspect", "--format", "{{.Size}}", image))


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
