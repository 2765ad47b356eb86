"""`inv verify` from outside against a real nginx: a good site is never red, each spoiled one in the right place."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.outside.checks import CHECKS
from fairlead.ops.verify.outside.site import Site
from fairlead.ops.verify.runner import Job, run
from fairlead.ops.verify.verdict import Finding
from fairlead.ops.verify.web import Trust, Web
from fairlead.tests.nginx.served import free_ports, nginx_binary
from fairlead.tests.verify.authority import Authority, authority
from fairlead.tests.verify.sites import NAME, SPOILED, Spoiled, lay_out

Wait = Callable[[Callable[[], bool], str], None]


@pytest.fixture(scope="session")
def signer() -> Authority:
    """One authority for all sites of this run."""
    return authority()


@contextmanager
def served(folder: Path, signer: Authority, spoiled: Spoiled | None, until: Wait) -> Iterator[Site]:
    """The site on an nginx of its own, and how it is looked at."""
    plain, tls = free_ports(2)
    main = lay_out(folder, signer, plain, tls, spoiled)
    process = subprocess.Popen([nginx_binary(), "-p", folder, "-c", main, "-e", folder / "start.log"])
    try:
        until((folder / "nginx.pid").exists, "nginx writes its pid file")
        addresses = {(NAME, plain): ("127.0.0.1", plain), (NAME, tls): ("127.0.0.1", tls)}
        web = Web(Budget(5000, requests=5000), addresses)
        yield Site(
            f"https://{NAME}:{tls}/",
            web,
            datetime.now(UTC),
            Trust(str(folder / "root.pem")),
            plain=f"http://{NAME}:{plain}/",
            api=("/api/things",),
            is_ours=True,
        )
    finally:
        process.terminate()
        process.wait()


def looked(site: Site) -> list[Finding]:
    """Every check from outside."""
    return run([Job(check, site) for check in CHECKS], seconds=60).findings


def _mildest(finding: Finding) -> str:
    """What a check that is only worth knowing says instead of FAIL."""
    return "WARN" if finding.check.severity == "info" else ""


def shown(findings: list[Finding]) -> str:
    """What is not as it should be."""
    return "\n".join(
        f"{each.verdict.word} {each.check.id} {each.verdict.target}: {each.verdict.observed}" for each in findings
    )


def test_a_good_site_is_never_red(tmp_path: Path, signer: Authority, until: Wait) -> None:
    with served(tmp_path, signer, None, until) as site:
        findings = looked(site)

    wrong = [each for each in findings if each.verdict.word not in ("PASS", "SKIP")]
    expected = {"TL9", "EX9"}  # OpenSSL before 3.5 on this machine, and no security.txt
    assert expected >= {each.check.id for each in wrong}, shown(wrong)


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda spoiled: spoiled.name.replace(" ", "-"))
def test_a_spoiled_site_turns_the_right_check_red(
    tmp_path: Path, signer: Authority, spoiled: Spoiled, until: Wait
) -> None:
    with served(tmp_path, signer, spoiled, until) as site:
        findings = looked(site)

    red = {each.check.id for each in findings if each.verdict.word in (spoiled.word, _mildest(each))}
    assert set(spoiled.red) <= red, shown([each for each in findings if each.verdict.word not in ("PASS", "SKIP")])
