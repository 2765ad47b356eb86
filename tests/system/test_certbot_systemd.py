"""The timer on a machine that really runs systemd: armed, fired, made up for, waited with, and heard when it fails."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest

from .acme_site import Site
from .systemd_machine import CRON, SystemdMachine, systemd_machine

Until = Callable[[Callable[[], bool], str], None]
KEPT = ("DOMAINS", "ACME_SERVER", "ACME_CA_BUNDLE", "HTTP_PORT", "HTTPS_PORT", "PUBLIC_ADDRESS", "PAGE_PORT", "RELEASE")
AT_ONCE = "[Timer]\nRandomizedDelaySec=0\n"
TELL = """
  notify: [sh, -c, 'printf %s "$0" > /told', '100 % of $HOME is "not" renewed']
"""
ANOTHER = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"


@pytest.fixture(scope="module")
def operated(shop: Site) -> Iterator[Site]:
    """The site with all that a timer needs in the env file, as it has to be."""
    env_file = shop.checkout.folder / "docker/.env"
    before = env_file.read_text()
    env_file.write_text(before + "".join(f"{name}={shop.checkout.environment[name]}\n" for name in KEPT))
    yield shop
    env_file.write_text(before)


@pytest.fixture(scope="module")
def machine(operated: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdMachine]:
    """The site's machine with a timer."""
    checkout, scratch = operated.checkout, tmp_path_factory.mktemp("systemd")
    with systemd_machine(checkout.client, checkout.folder, scratch, operated.ca.folder) as machine:
        installed = machine.inv("certbot.install-timer")
        assert installed.code == 0, installed.out + installed.err
        machine.write(f"/etc/systemd/system/{_unit(operated)}.timer.d/at-once.conf", AT_ONCE)
        yield machine


def _unit(site: Site) -> str:
    return f"fairlead-{site.checkout.name}-certbot"


def _ask_again(site: Site) -> None:
    """Has certbot look at the CA's window, as it would some hours later by itself."""
    kept = site.state / "renewal" / f"{site.checkout.name}.conf"
    kept.write_text(kept.read_text().partition("[acme_renewal_info]")[0])


def test_the_timer_is_armed_and_the_status_says_so(shop: Site, machine: SystemdMachine) -> None:
    told = machine.inv("certbot.status", "--json")
    listed = machine.run("systemctl", "list-timers", "--no-pager", "--output=json")

    timer = json.loads(told.out)["timer"]
    assert ("systemd", True) == (timer["kind"], timer["armed"])
    assert timer["next"]
    assert [f"{_unit(shop)}.service"] == [
        each["activates"] for each in json.loads(listed.out) if each["unit"] == f"{_unit(shop)}.timer"
    ]
    assert 0 == told.code, told.out


def test_a_turn_that_was_missed_while_the_machine_was_off_is_made_up_for(
    shop: Site, machine: SystemdMachine, until: Until
) -> None:
    before = shop.served()
    shop.ca.wants_renewal(before.pem)
    _ask_again(shop)
    stamp = f"/var/lib/systemd/timers/stamp-{_unit(shop)}.timer"
    assert 0 == machine.run("touch", "-d", "7 hours ago", stamp).code

    machine.reboot()
    until(lambda: "new certificate (the CA wants it renewed" in machine.journal("-u", _unit(shop)), "the timer renews")

    assert before != shop.served() == shop.newest()
    assert 0 == machine.inv("certbot.status").code


def test_another_run_is_waited_for_and_is_no_failure(shop: Site, machine: SystemdMachine) -> None:
    lock = shop.checkout.folder / ".fairlead/lock"
    held = subprocess.Popen(("flock", lock, "-c", "echo held && sleep 4"), stdout=subprocess.PIPE)
    assert held.stdout is not None
    held.stdout.readline()

    started = machine.run("systemctl", "start", f"{_unit(shop)}.service")
    held.communicate()

    assert 0 == started.code, started.err
    assert "was not renewed" not in machine.journal("-t", "fairlead")


def test_one_service_runs_once_however_often_it_is_started(shop: Site, machine: SystemdMachine) -> None:
    begun = machine.journal("-u", _unit(shop)).count("served: ")
    start = ("systemctl", "start", "--no-block", f"{_unit(shop)}.service")

    assert (0, 0) == (machine.run(*start).code, machine.run(*start).code)

    assert 0 == machine.run("systemctl", "start", f"{_unit(shop)}.service").code
    assert begun + 1 == machine.journal("-u", _unit(shop)).count("served: ")


def test_a_failure_is_in_the_journal_or_goes_to_the_command_of_the_settings(
    shop: Site, machine: SystemdMachine, until: Until
) -> None:
    nginx, settings = shop.checkout.container("nginx"), shop.checkout.folder / "fairlead.yaml"
    text = settings.read_text()
    shop.checkout.docker("stop", nginx)
    try:
        failed = machine.run("systemctl", "start", f"{_unit(shop)}.service")
        until(lambda: "was not renewed" in machine.journal("-t", "fairlead", "-p", "err"), "the failure is told")
        settings.write_text(text + TELL)
        again = machine.inv("certbot.install-timer")
        machine.run("systemctl", "start", f"{_unit(shop)}.service")
        until(lambda: machine.run("cat", "/told").code == 0, "the command ran")
    finally:
        settings.write_text(text)
        shop.checkout.docker("start", nginx)
    until(lambda: shop.checkout.inspect("nginx")["State"]["Health"]["Status"] == "healthy", "nginx is back")
    mended = machine.run("systemctl", "start", f"{_unit(shop)}.service")

    assert 1 == failed.code
    assert "nginx does not run, so nothing is served" in machine.journal("-u", _unit(shop))
    assert 0 == again.code, again.out + again.err
    assert '100 % of $HOME is "not" renewed' == machine.run("cat", "/told").out
    assert 0 == mended.code, machine.journal("-u", _unit(shop))


def test_another_renewer_on_the_machine_is_refused_and_named(machine: SystemdMachine) -> None:
    machine.write("/etc/systemd/system/certbot.timer", ANOTHER)
    machine.write("/etc/systemd/system/certbot.service", "[Service]\nExecStart=true\n")
    assert 0 == machine.run("systemctl", "enable", "--now", "certbot.timer").code
    try:
        refused = machine.inv("certbot.install-timer")
        status = machine.inv("certbot.status")
    finally:
        machine.run("systemctl", "disable", "--now", "certbot.timer")
    taken = machine.inv("certbot.install-timer")

    named = "the systemd timer certbot.timer (systemctl disable --now certbot.timer)"
    assert (1, 1, 0) == (refused.code, status.code, taken.code)
    assert f"certificates are renewed here already by {named}; end it, or say --yes" in refused.err
    assert f"another renewer: {named}" in status.out


ARM = """
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for
from fairlead.ops.timers import Schedule, state, steps
host = LocalHost()
told = ("touch", "/home/ada/told")
times = Schedule("ours", "Try", "daily", ("false",), told, "it failed", "/home/ada", "/bin", "daily", "1h", 24, "1min")
execute(plan_for(host.name, *steps(host, times, "")), {host.name: host}, lambda *_: None)
print(state(host, "ours"))
"""


def test_a_user_without_root_gets_a_timer_that_runs_while_nobody_is_logged_in(
    machine: SystemdMachine, until: Until
) -> None:
    arm = ("runuser", "-u", "ada", "--", "env", "-i", "HOME=/home/ada", "PATH=/usr/bin:/bin", "python3", "-c", ARM)
    refused = machine.run(*arm)
    machine.run("loginctl", "enable-linger", "ada")
    armed = machine.run(*arm)
    start = "XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user start ours.service"
    machine.run("runuser", "-u", "ada", "--", "sh", "-c", start)

    assert "Access denied; let root say it once: loginctl enable-linger ada" in refused.err
    assert "Timer(kind='systemd', armed=True, next='" in armed.out, armed.err
    until(
        lambda: machine.run("test", "-e", "/home/ada/told").code == 0, "the failure is told by the user's own manager"
    )


def test_cron_renews_where_there_is_no_systemd(
    operated: Site, tmp_path_factory: pytest.TempPathFactory, until: Until
) -> None:
    checkout, scratch = operated.checkout, tmp_path_factory.mktemp("cron")
    record = checkout.folder / ".fairlead/certbot.json"
    with systemd_machine(checkout.client, checkout.folder, scratch, operated.ca.folder, first=CRON) as machine:
        installed = machine.inv("certbot.install-timer")
        timer = json.loads(machine.inv("certbot.status", "--json").out)["timer"]
        line = machine.run("crontab", "-l").out
        record.unlink()
        machine.run("crontab", "-", stdin=re.sub(r"^\S+ \S+", "* *", line))  # at each minute, so that it is soon
        until(lambda: record.exists() and '"ok"' in record.read_text(), "cron runs it")
        machine.run("crontab", "-r")

    assert 0 == installed.code, installed.out + installed.err
    assert ("cron", True) == (timer["kind"], timer["armed"])
    assert re.match(r"\d+ \d+,\d+,\d+,\d+ \* \* \* cd ", line)
