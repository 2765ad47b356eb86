"""Generated configurations on a real nginx: what each location promises is what it answers, so nothing is ever red."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.promises.disk import entries_of
from fairlead.ops.verify.promises.probing import Covered, covered
from fairlead.ops.verify.promises.running import Running, parsed
from fairlead.ops.verify.promises.witness import Known, listeners
from fairlead.ops.verify.web import Web
from fairlead.tests.campaigns.nginx_effective import document_root
from fairlead.tests.nginx.generated import URIS, Writer
from fairlead.tests.nginx.served import free_ports, main_file, nginx_binary, nginx_version, running

SERVERS = 25
LEAST_WITNESSES = 40


@contextmanager
def served(folder: Path, seed: int, *, changed: tuple[str, str] = ("", "")) -> Iterator[Running]:
    """
    An nginx with generated servers, as verify sees it.

    Args:
        changed: A text of the configuration that verify reads, and what nginx really has in its place.
    """
    (port, backend), root = free_ports(2), document_root(folder)
    inherits = nginx_version(nginx_binary()) >= (1, 29, 3)
    seeds = range(seed, seed + SERVERS)
    texts = [Writer(Random(each), inherits, backend).server(f"s{each}.test", port, str(root)) for each in seeds]
    texts.append(f"server {{ listen {backend}; location / {{ return 200 up; }} }}\n")
    path = main_file(folder, "".join(texts))
    read = path.read_text()
    path.write_text(read.replace(*changed) if changed[0] else read)
    listing = "\n".join(f"{'d' if each.is_dir() else 'f'} {each}" for each in (root, *root.rglob("*")))
    version = "nginx/" + ".".join(map(str, nginx_version(nginx_binary())))
    config = parsed({str(path): read}, version, "generated")
    published = {port: ("127.0.0.1", port)}
    with running(path, port):
        folder, names = entries_of(listing), frozenset({"nginx"})
        yield Running("nginx", "generated", config, {str(path): read}, published, {}, folder, published, names)


def looked(nginx: Running) -> list[Covered]:
    """Every location, asked."""
    web = Web(Budget(100_000, requests=100_000), {each.key: each.connect for each in listeners(nginx)})
    return covered((nginx,), nginx, web, Known(routes=tuple(uri for uri in URIS if uri.isascii() and " " not in uri)))


def wrong(found: list[Covered]) -> list[str]:
    """What differs, in words."""
    witnesses = [witness for each in found for witness in each.witnessed]
    said = [f"{each.label}: {difference}" for each in witnesses for difference in each.headers()]
    return [*said, *(f"{each.label}: {found}" for each in witnesses if (found := each.redirect()))]


@pytest.mark.parametrize("seed", [0, 100, 200, 300])
def test_an_nginx_that_does_what_its_configuration_says_is_never_red(tmp_path: Path, seed: int) -> None:
    with served(tmp_path, seed) as nginx:
        found = looked(nginx)

    assert [] == wrong(found)
    assert LEAST_WITNESSES < sum(len(each.witnessed) for each in found)


def test_an_nginx_that_runs_with_something_else_is_red(tmp_path: Path) -> None:
    with served(tmp_path, 0, changed=(" always;", ";")) as nginx:
        found = looked(nginx)

    assert [each for each in wrong(found) if "missing" in each]
