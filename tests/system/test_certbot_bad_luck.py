"""Bad input and bad luck of `inv certbot`: what was served stays, the message says what to do, the next run works."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from .acme import refusing_authority
from .acme_site import ELSEWHERE, FORCED, HERE, NAMES, NOWHERE, Site
from .conftest import Ended, free_port

ASK = ("certbot.issue", *FORCED)
OWN = "include snippets/acme.conf;\n"
STEPS = (
    "see whether the CA would find the site",
    "try it out",
    "write the certificate as",
    "switch to",
    "test nginx with the certificate",
)


@pytest.fixture
def site(shop: Site) -> Iterator[Site]:
    """The site as a test finds it; afterwards the next run has to work, and serves the newest certificate."""
    yield shop
    ended = shop.inv("certbot")
    assert 0 == ended.code, ended.out + ended.err
    assert shop.newest() == shop.served()


def _refused(site: Site, code: int, *said: str, command: tuple[str, ...] = ASK, **environment: str) -> Ended:
    before = site.served()

    ended = site.inv(*command, **environment)

    assert code == ended.code, ended.out + ended.err
    for words in said:
        assert words in ended.err
    assert "Traceback" not in ended.err
    assert before == site.served()
    return ended


@contextmanager
def _leading(site: Site, name: str, *addresses: str) -> Iterator[None]:
    site.ca.leads(name, *addresses)
    try:
        yield
    finally:
        site.ca.leads(name, HERE)


def test_a_name_that_does_not_resolve_is_named_and_the_ca_not_asked(site: Site) -> None:
    with _leading(site, NAMES[1]):
        _refused(site, 1, "the CA was not asked", f"{NAMES[1]}: has no address; add an A record")


def test_a_name_server_that_fails_is_told_from_a_name_that_is_not_there(site: Site) -> None:
    with site.ca.broken(NAMES[1]):
        _refused(site, 1, f"{NAMES[1]}: the name server answers SERVFAIL")


def test_a_stale_aaaa_is_named(site: Site) -> None:
    with _leading(site, NAMES[0], HERE, NOWHERE):
        _refused(site, 1, f"{NAMES[0]} at {NOWHERE}: not one of our addresses", "correct the AAAA record")


def test_a_closed_port_80_is_named(site: Site) -> None:
    with _leading(site, NAMES[0], ELSEWHERE):
        _refused(site, 1, f"{NAMES[0]} at {ELSEWHERE}: {ELSEWHERE}:{site.ca.http_port}: connection refused", "inv up")


def test_a_rule_for_dotfiles_that_hides_the_challenge_is_named_with_its_line(site: Site) -> None:
    with site.edited(("nginx.conf", OWN, ""), ("snippets/site.conf", OWN, "")):
        text = (site.checkout.folder / ".fairlead/edge/live/snippets/site.conf").read_text()
        line = text.splitlines().index("location ~ /\\. {") + 1
        where = f"docker/snippets/site.conf:{line}:1: location ~ /\\. answers 404"
        _refused(site, 1, where, "it has to be: location ^~ /.well-known/acme-challenge/")


def test_an_application_that_answers_200_to_everything_is_seen_through(site: Site) -> None:
    acme = "snippets/acme.conf"
    with site.edited((acme, "root /srv/acme;", "proxy_pass http://frontend/;"), (acme, "try_files $uri =404;", "")):
        said = "answers 200 with a page of html, as an application does to every path it does not know"
        where = "docker/snippets/acme.conf:2:1: location ^~ /.well-known/acme-challenge/ answers by proxy_pass"
        _refused(site, 1, said, where)


def test_a_redirect_to_another_host_is_named_with_its_line(site: Site) -> None:
    away = ("return 301 https://$host$https_port$request_uri;", "return 301 http://parked.test$request_uri;")
    with site.edited(("nginx.conf", OWN, ""), ("nginx.conf", *away)):
        said = "answers 301 and sends the CA to http://parked.test/.well-known/acme-challenge/"
        ended = _refused(site, 1, said, "the name has no address; docker/nginx.conf:")

    assert "location / answers 301 to http://parked.test/" in ended.err


def test_a_redirect_to_the_other_name_of_the_site_is_followed(site: Site) -> None:
    port = site.ca.http_port
    to_other = f"if ($host = {NAMES[0]}) {{ return 301 http://{NAMES[1]}:{port}$request_uri; }} root /srv/acme;"
    plain = ("return 301 https://$host$https_port$request_uri;", to_other)
    with site.edited(("nginx.conf", OWN, ""), ("nginx.conf", *plain)):
        ended = site.inv(*ASK)

    assert 0 == ended.code, ended.out + ended.err


def test_caa_that_names_another_ca_is_quoted(site: Site) -> None:
    with site.ca.only("shop.test", "other.test"):
        _refused(site, 1, 'shop.test: CAA allows issue "other.test" only', 'add: issue "pebble.letsencrypt.org"')


@pytest.mark.parametrize("command", [("certbot",), ("certbot", "--skip-preflight")])
def test_a_ca_out_of_reach_is_5_and_leaves_the_rest_alone(site: Site, command: tuple[str, ...]) -> None:
    nobody = f"https://{site.ca.address}:{free_port()}/dir"

    _refused(site, 5, "the CA cannot be asked", "ACME_SERVER", command=command, ACME_SERVER=nobody)


def test_a_limit_of_the_ca_is_waited_for(site: Site, tmp_path: Path) -> None:
    port, detail = free_port(), "too many certificates already issued, retry after 2099-01-02 03:04:05 UTC"
    with refusing_authority(tmp_path, site.ca.address, port, "rateLimited", detail) as server:
        other = {"ACME_SERVER": server, "ACME_CA_BUNDLE": str(tmp_path / "ca.pem")}
        _refused(site, 1, "the CA refuses (rateLimited)", detail, "wait", command=("certbot",), **other)
        _refused(site, 1, "the CA is asked again from 2099-01-02 03:04 UTC on", command=("certbot",), **other)


def test_a_clock_that_is_wrong_by_an_hour_is_named(site: Site, tmp_path: Path) -> None:
    with refusing_authority(tmp_path, site.ca.address, free_port(), "caa", "no", ahead_s=3600) as server:
        other = {"ACME_SERVER": server, "ACME_CA_BUNDLE": str(tmp_path / "ca.pem")}
        ended = _refused(site, 1, "behind the CA's; set it, as with NTP", command=("certbot",), **other)

    assert re.search(r"it is 3(599|600|601) s behind", ended.err)


@contextmanager
def _small_disk(site: Site, size: str) -> Iterator[Path]:
    """The folder of certbot's state on a disk of that size, without what is in it."""
    folder = site.checkout.folder / ".fairlead/certbot"
    aside = folder.rename(folder.with_name("certbot-aside"))
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder), check=True)
    try:
        yield folder
    finally:
        subprocess.run(("umount", folder), check=True)
        folder.rmdir()
        aside.rename(folder)


def test_a_disk_without_room_is_seen_before_the_ca_is_asked(site: Site) -> None:
    with _small_disk(site, "100k"):
        _refused(site, 1, "the CA was not asked", "0 MB free, 20 MB wanted; make room")


@pytest.mark.parametrize(("room_bytes", "said"), [(0, "no space left on device; make room"), (16_384, "disk is full")])
def test_a_disk_that_fills_up_meanwhile_is_named(site: Site, room_bytes: int, said: str) -> None:
    with _small_disk(site, "1m") as folder:
        site.inv("--dry", "certbot")
        label = site.state.parent.name
        (folder / label).mkdir()
        (folder / label / "ca.pem").write_text(site.ca.bundle.read_text())
        with (folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(b"x" * 4096)
        with (folder / "ballast").open("r+b") as ballast:
            ballast.truncate((folder / "ballast").stat().st_size - room_bytes)
        _refused(site, 1, said, command=(*ASK, "--skip-preflight"))


def test_two_runs_at_once_are_one_and_the_other_is_4(
    site: Site, until: Callable[[Callable[[], bool], str], None]
) -> None:
    first = site.checkout.start("certbot.renew", *FORCED)
    lock = site.checkout.folder / ".fairlead/lock"
    until(lambda: bool(lock.read_text()), "the first run has the lock")
    second = site.inv("certbot")
    first.communicate()

    assert 0 == first.returncode
    assert 4 == second.code
    assert "inv certbot.renew" in second.err
    assert "wait for it" in second.err


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_leaves_a_site_that_the_next_run_mends(site: Site, step: str) -> None:
    old = site.newest()
    (site.state.parent / "attempts.json").unlink(missing_ok=True)  # so that it is tried out again
    run = site.checkout.start(*ASK)
    assert run.stdout is not None
    for line in run.stdout:
        if step in line:
            break
    run.send_signal(signal.SIGKILL)
    run.communicate()

    served = site.served()
    assert served in (old, site.newest())


def test_a_container_that_is_killed_is_a_failure(site: Site, until: Callable[[Callable[[], bool], str], None]) -> None:
    before = site.served()
    name = f"{site.checkout.name}-certbot-run"
    run = site.checkout.start("certbot.renew", *FORCED)
    until(lambda: _kill(site, name), "the container was there to be killed")
    out, _ = run.communicate()

    assert 1 == run.returncode, out
    assert "certbot failed" in out
    assert before == site.served()


def _kill(site: Site, name: str) -> bool:
    killed = subprocess.run((site.checkout.client, "kill", name), capture_output=True, check=False)
    return killed.returncode == 0


def test_what_a_killed_first_issue_left_is_put_aside_and_the_name_stays(site: Site) -> None:
    name = site.checkout.name
    kept = {part: site.state / part for part in (f"renewal/{name}.conf", f"live/{name}", f"archive/{name}")}
    aside = {part: path.rename(site.state / f"aside-{path.name}-{path.parent.name}") for part, path in kept.items()}
    kept[f"renewal/{name}.conf"].write_text("")
    kept[f"archive/{name}"].mkdir()
    (kept[f"archive/{name}"] / "cert1.pem").write_text("-----BEGIN CERT")

    ended = site.inv("certbot")

    assert 0 == ended.code, ended.out + ended.err
    assert f"put aside {name}" in ended.out
    assert [f"{name}.conf"] == [path.name for path in (site.state / "renewal").iterdir()]
    assert all(path.exists() for path in aside.values())


def test_an_account_that_a_full_disk_cut_off_is_put_aside_and_made_anew(site: Site) -> None:
    (kept,) = (site.state / "accounts").rglob("regr.json")
    kept.write_text("")

    ended = site.inv(*ASK)

    assert 0 == ended.code, ended.out + ended.err
    assert f"put aside {kept.parent.name} of a run that was cut off" in ended.out
    assert "make an account at the CA" in ended.out
    assert not kept.exists()


def test_a_renewal_at_a_ca_that_gave_no_certificate_is_no_success(site: Site) -> None:
    nobody = f"https://{site.ca.address}:{free_port()}/dir"
    said = "nothing to renew: there is no certificate yet; inv certbot gets one"

    _refused(site, 1, said, command=("certbot.renew",), ACME_SERVER=nobody)


def test_a_reload_that_fails_is_a_failure_although_certbot_says_success(site: Site) -> None:
    before = site.served()
    with site.edited(("snippets/proxy.conf", "proxy_http_version 1.1;", "proxy_http_version 1.1;\nodd_directive on;")):
        ended = site.inv("certbot.renew", *FORCED)
        newest = site.newest()
        status = site.inv("certbot.status")
        during = site.served()
    mended = site.inv("certbot")

    assert 1 == ended.code, ended.out + ended.err
    assert 'unknown directive "odd_directive"' in ended.err
    assert "on disk is the one by Pebble" in ended.err
    assert before == during != newest
    assert "not the newest on disk" in status.out
    assert 0 == mended.code
    assert "reconciled" in mended.out
    assert newest == site.served()


def test_an_old_certificate_stays_where_the_new_one_has_another_key(site: Site) -> None:
    before = site.served()
    with site.edited(("snippets/proxy.conf", "proxy_http_version 1.1;", "proxy_http_version 1.1;\nodd_directive on;")):
        assert 1 == site.inv("certbot.renew", *FORCED).code  # so that a newer one is on disk than is in use
    key = site.state / "live" / site.checkout.name / "privkey.pem"
    right = key.read_text()
    another = ("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key))
    subprocess.run(another, capture_output=True, check=True)
    try:
        ended = site.inv("certbot")
        after = site.served()
    finally:
        key.write_text(right)

    assert 1 == ended.code, ended.out + ended.err
    assert "the key does not belong to the certificate" in ended.err
    assert before == after
