"""
Asks real nginx and our model of it the same questions about generated configurations, and compares every answer.

Run as a program it asks about many configurations, prints what differs and writes the page of its results::

    python -m fairlead.tests.campaigns.nginx_effective --configurations 2000 --nginx /usr/sbin/nginx

``tests/system/test_nginx_effective.py`` runs a sample of the same on every change.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from fairlead.lint.nginx import Directive, NginxConfig, Version, read
from fairlead.lint.nginx.answer import Answer, answer
from fairlead.tests.nginx.generated import FILES, FOLDERS, HOSTS, METHODS, URIS, Writer, namesakes
from fairlead.tests.nginx.served import (
    Reply,
    asked,
    free_ports,
    main_file,
    nginx_binary,
    nginx_version,
    on_disk,
    running,
)

IGNORED = {
    *("server", "date", "content-type", "content-length", "connection", "etag", "last-modified", "accept-ranges"),
    *("location", "transfer-encoding", "x-up"),
}
PAGE = Path(__file__).parents[2] / "docs" / "campaigns" / "nginx-effective.md"
AT_ONCE = 100

Found = tuple[str, object, object]
"""What differs, nginx's side of it, and ours."""


@dataclass(frozen=True)
class Difference:
    """Where nginx and the model disagree, and the configuration."""

    question: str
    found: Found
    text: str

    def __str__(self) -> str:
        what, real, ours = self.found
        return f"{self.question}: {what}: nginx {real!r}, model {ours!r}\n{self.text}"


@dataclass
class Tally:
    """What came of a run."""

    configurations: int = 0
    requests: int = 0
    undecided: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Takes in what another run found."""
        self.configurations += other.configurations
        self.requests += other.requests
        self.undecided += other.undecided
        self.outcomes += other.outcomes
        self.differences += other.differences

    def count(self, question: str, ours: Answer, found: Sequence[Found]) -> None:
        """Takes in one answer."""
        text = _whole_text(ours.server) if ours.server else ""
        self.requests += 1
        self.undecided += bool(ours.unknown)
        self.outcomes[ours.handler] += 1
        self.differences += [Difference(question, each, text) for each in found]


def _whole_text(server: Directive) -> str:
    place = server.whole_place
    return "\n".join(server.file.text.split("\n")[place.line - 1 : place.end_line])


def document_root(folder: Path) -> Path:
    """A folder with the files that the questions are about."""
    for name in FILES:
        path = folder / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"file {name}\n")
    for name in FOLDERS:
        (folder / "root" / name).mkdir(parents=True)
    return folder / "root"


def differences(real: Reply, ours: Answer, method: str) -> Iterator[Found]:
    """What differs between nginx's answer and ours; nothing where the model says that it cannot know."""
    if ours.unknown:
        return
    passes = ours.handler == "proxy_pass"
    if passes and ours.status is None and ("x-up", "here") not in real.headers:
        yield "handler", real, "passes on"
    elif not passes and ours.status != real.status:
        yield "status", real.status, ours.status
    if real.header("location") != ours.redirect:
        yield "Location", real.header("location"), ours.redirect
    if ours.handler == "return" and ours.body and method == "GET" and ours.body != real.body and real.status < 300:
        yield "body", real.body, ours.body
    yield from _header_differences(real, ours)


def _header_differences(real: Reply, ours: Answer) -> Iterator[Found]:
    theirs = sorted((pair for pair in real.headers if pair[0] not in IGNORED), key=lambda pair: pair[0])
    promised = ours.effective.headers_for(real.status) if ours.effective else ()
    mine = sorted(((header.key, header.value) for header in promised), key=lambda pair: pair[0])
    if [key for key, _ in theirs] != [key for key, _ in mine]:
        yield "header names", theirs, mine
    elif any(b is not None and "$" not in b and a != b for (_, a), (_, b) in zip(theirs, mine, strict=True)):
        yield "header values", theirs, mine


def ask_paths(seeds: Sequence[int], binary: str, folder: Path, per_server: int = 12) -> Tally:
    """Asks for many URIs of one generated server for each seed, all in one nginx."""
    (port, backend), root = free_ports(2), document_root(folder)
    release = nginx_version(binary)
    texts = [
        Writer(Random(seed), release >= (1, 29, 3), backend).server(f"s{seed}.test", port, str(root)) for seed in seeds
    ]
    upstream = f"server {{ listen {backend}; location / {{ add_header X-Up here; return 200 up; }} }}\n"
    path = main_file(folder, "".join(texts) + upstream)
    tally = Tally(configurations=len(texts))
    with running(path, port, binary):
        config = _read(path, release)
        for seed in seeds:
            _ask_server(seed, per_server, port, config, tally)
    return tally


def _ask_server(seed: int, count: int, port: int, config: NginxConfig, tally: Tally) -> None:
    random, host = Random(seed + 1), f"s{seed}.test"
    for uri in random.sample(URIS, count):
        method = random.choice(METHODS)
        real = asked(port, uri, host=f"{host}:{port}", method=method)
        url = f"http://{host}:{port}{uri}"
        ours = answer(config, url, method=method, client="127.0.0.1", disk=on_disk)
        tally.count(f"{method} {uri}", ours, list(differences(real, ours, method)))


def ask_names(seeds: Sequence[int], binary: str, folder: Path) -> Tally:
    """Asks servers that share a port for many names and at two addresses, one group of servers for each seed."""
    first, *ports = free_ports(len(seeds) + 1)
    texts = {port: "".join(namesakes(Random(seed), port)) for port, seed in zip(ports, seeds, strict=True)}
    path = main_file(folder, f"server {{ listen {first}; }}\n" + "".join(texts.values()))
    tally = Tally(configurations=len(texts))
    with running(path, first, binary):
        config = _read(path, nginx_version(binary))
        for port in texts:
            for host in HOSTS:
                for address in ("127.0.0.1", "127.0.0.2"):
                    _ask_name(port, host, address, config, tally)
    return tally


def _ask_name(port: int, host: str, address: str, config: NginxConfig, tally: Tally) -> None:
    ours = answer(config, f"http://{host}:{port}/", address=address)
    try:
        real = asked(port, "/", host=f"{host}:{port}", address=address)
    except ConnectionRefusedError:
        found: list[Found] = [("server", "nobody listens", ours.server)] if ours.server else []
    else:
        found = [("server", real.body, ours.body)] if real.body != ours.body else []
    tally.count(f"{host} at {address}", ours, found)


def _read(path: Path, release: Version) -> NginxConfig:
    config = read(str(path), version=release)
    if config.problems:
        raise RuntimeError(f"the model refuses what nginx takes: {config.problems[:3]}")
    return config


def campaign(configurations: int, binary: str, start: int) -> Tally:
    """Runs all of it, a hundred configurations at a time; one in ten is about names, the others about paths."""
    total = Tally()
    for number, first in enumerate(range(start, start + configurations, AT_ONCE)):
        seeds = range(first, min(first + AT_ONCE, start + configurations))
        ask = ask_names if number % 10 == 9 else ask_paths
        with tempfile.TemporaryDirectory(prefix="fairlead-nginx-") as folder:
            Path(folder).chmod(0o755)
            total.add(ask(seeds, binary, Path(folder)))
        sys.stdout.write(f"{total.configurations} configurations, {total.requests} requests\n")
    return total


def row(tally: Tally, binary: str) -> str:
    """One line of the table of results."""
    release = ".".join(map(str, nginx_version(binary)))
    outcomes = ", ".join(f"{name} {count}" for name, count in tally.outcomes.most_common())
    figures = f"{tally.configurations} | {tally.requests} | {tally.undecided} | {len(tally.differences)}"
    return f"| {datetime.now(UTC):%Y-%m-%d} | {release} | {figures} | {outcomes} |\n"


def main() -> int:
    """Runs the campaign and adds its line to the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configurations", type=int, default=2000)
    parser.add_argument("--start", type=int, default=1, help="the first seed")
    parser.add_argument("--nginx", default=nginx_binary())
    parser.add_argument("--record", action="store_true", help=f"add the result to {PAGE.name}")
    arguments = parser.parse_args()
    tally = campaign(arguments.configurations, arguments.nginx, arguments.start)
    for difference in tally.differences[:20]:
        sys.stdout.write(f"{difference}\n")
    sys.stdout.write(row(tally, arguments.nginx))
    if arguments.record:
        with PAGE.open("a") as page:
            page.write(row(tally, arguments.nginx))
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())
