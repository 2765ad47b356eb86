"""
What the running edge serves: precompressed assets against compressing on the fly, and what it adds to the API's time.

    ./inv up && ./inv bench --name serving

Load goes to loopback and to the containers of this machine only.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SERVING_ROUNDS, SECONDS, CONNECTIONS = 3, 3, 8
API_ROUNDS, REQUESTS = 9, 400
WORTH_MEASURING_BYTES = 10_000


def main() -> None:
    """Prints requests per second, ratios and added milliseconds; medians of interleaved rounds."""
    state = json.loads(_output(sys.executable, "-m", "fairlead", "status", "--json"))
    site = state["addresses"]["page"].rstrip("/")
    names = {service["service"]: service["container"] for service in state["services"] if service["ok"]}
    if not {"nginx", "backend"} <= names.keys():
        sys.exit("the stack is not running; ./inv up starts it")
    edge = f"http://{_address(names['nginx'], 'public')}:8090"
    with on_the_fly(names["nginx"], f"{state['name']}_assets") as peer:
        for path, size in _assets(site):
            _serve(edge, peer, path, size)
    _answer(site, f"http://{_address(names['backend'], 'egress')}:7860")


@contextmanager
def on_the_fly(edge: str, volume: str) -> Iterator[str]:
    """The address of a second edge: its image, limits and live configuration, without the precompressed files."""
    image = _output("docker", "inspect", "--format", "{{.Config.Image}}", edge)
    with tempfile.TemporaryDirectory() as folder:
        live = Path(folder) / "live"
        shutil.copytree(ROOT / ".fairlead" / "edge" / "live", live)
        site = live / "snippets" / "site.conf"
        site.write_text(site.read_text().replace("gzip_static on;", "gzip_static off;"))
        Path(folder).chmod(0o755)
        mounts = ("--volume", f"{volume}:/srv/assets:ro", "--volume", f"{folder}:/etc/nginx/edge:ro")
        limits = ("--cpus", "1", "--memory", "256m", "--user", "101:101")
        network = ("--network", f"{edge.rpartition('-nginx-')[0]}_public")
        command = ("--entrypoint", "nginx", image, "-c", "/etc/nginx/edge/live/nginx.conf", "-g", "daemon off;")
        name = _output("docker", "run", "--detach", "--rm", *limits, *network, *mounts, *command)
        try:
            yield f"http://{_address(name, 'public')}:8090"
        finally:
            subprocess.run(["docker", "stop", name], stdout=subprocess.DEVNULL, check=True)


def _serve(site: str, peer: str, path: str, size: int) -> None:
    rates: dict[str, list[float]] = {site: [], peer: []}
    for _ in range(SERVING_ROUNDS):
        for address, found in rates.items():
            found.append(_rate(address + path))
    ours, theirs = (median(found) for found in rates.values())
    ratio = median(one / other for one, other in zip(*rates.values(), strict=True))
    print(f"{path:44} {size / 1000:6.1f} kB  edge {ours:7.0f}/s  on the fly {theirs:7.0f}/s  {ratio:5.1f} times")


def _answer(site: str, backend: str) -> None:
    times: dict[str, list[float]] = {site: [], backend: []}
    for _ in range(API_ROUNDS):
        for address, found in times.items():
            found.append(_median_ms(address))
    through, direct = (median(found) for found in times.values())
    added = median(one - other for one, other in zip(*times.values(), strict=True))
    print(f"GET /health at one connection: direct {direct:.2f} ms, through the edge {through:.2f} ms,")
    print(f"  added {added:.2f} ms (at most 1), median over {API_ROUNDS} interleaved rounds of {REQUESTS} requests")


def _rate(address: str) -> float:
    load = (
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS}s",
        "-H",
        "Accept-Encoding: gzip",
        "-H",
        "Host: localhost",
        address,
    )
    printed = _output(*load)
    if "Non-2xx" in printed:
        sys.exit(f"{address}: not every answer was good\n{printed}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    return float(found[1]) if found else sys.exit(printed)


def _median_ms(address: str) -> float:
    host, _, port = address.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    times = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        connection.request("GET", "/health")
        connection.getresponse().read()
        times.append((time.perf_counter() - started) * 1000)
    connection.close()
    return median(times)


def _assets(site: str) -> list[tuple[str, int]]:
    with urllib.request.urlopen(site) as page:
        paths = sorted(set(re.findall(r'"(/assets/[^"]+\.(?:js|css))"', page.read().decode())))
    sized = []
    for path in paths:
        with urllib.request.urlopen(site + path) as asset:
            sized.append((path, len(asset.read())))
    return sorted((pair for pair in sized if pair[1] > WORTH_MEASURING_BYTES), key=lambda pair: -pair[1])


def _address(container: str, network: str) -> str:
    """Its own address, so that the engine's proxy for published ports on the loopback is not what is measured."""
    shown = _output("docker", "inspect", "--format", "{{json .NetworkSettings.Networks}}", container)
    networks = json.loads(shown)
    (found,) = (data["IPAddress"] for name, data in networks.items() if name.endswith(f"_{network}"))
    return str(found)


def _output(*command: str) -> str:
    program = shutil.which(command[0]) or command[0]
    return subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
