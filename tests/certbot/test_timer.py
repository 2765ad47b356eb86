"""The timer's units and line of cron, and who else renews."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.ops.certbot.renewers import other_renewers
from fairlead.ops.certbot.timer import lost_variables, schedule_of, timer, timer_steps
from fairlead.ops.command import Command, Result
from fairlead.ops.errors import SettingsError, StepFailedError
from fairlead.ops.host import LocalHost
from fairlead.ops.stack import Stack
from fairlead.ops.timers import cron_line, unit_texts

from .stacks import NAMED, stack_in

PATH = "/usr/local/bin:/usr/bin:/bin"
UNITS = {"fairlead-shop-certbot.service", "fairlead-shop-certbot.timer", "fairlead-shop-certbot-failed.service"}


class Machine(LocalHost):
    """A machine that answers commands, by how they begin, from a table, and has no other programs."""

    def __init__(self) -> None:
        super().__init__({})
        self.answers: dict[str, Result] = {}

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """Answers from the table; of several that fit, with the longest."""
        text = " ".join(command.argv)
        fitting = [name for name in self.answers if text.startswith(name)]
        return self.answers[max(fitting, key=len)] if fitting else Result(127)


def test_the_timer_runs_four_times_a_day_and_makes_up_for_what_it_missed(tmp_path: Path) -> None:
    texts = unit_texts(schedule_of(stack_in(tmp_path), ("/srv/shop/inv",), PATH))

    assert set(texts) == UNITS
    for line in ("OnCalendar=*-*-* 00/6:00:00", "RandomizedDelaySec=1h", "Persistent=true", "WantedBy=timers.target"):
        assert line in texts["fairlead-shop-certbot.timer"].splitlines()
    service = texts["fairlead-shop-certbot.service"].splitlines()
    assert "ExecStart=/srv/shop/inv certbot.renew --wait 30" in service
    assert "OnFailure=fairlead-shop-certbot-failed.service" in service
    assert f"WorkingDirectory={tmp_path}" in service


def test_a_failure_runs_the_command_of_the_settings(tmp_path: Path) -> None:
    own = NAMED + 'certbot: {notify: [mail, -s, "100 % of $HOME is not renewed", ops@shop.test]}\n'
    failed = unit_texts(schedule_of(stack_in(tmp_path, own), ("inv",), PATH))["fairlead-shop-certbot-failed.service"]

    assert 'ExecStart=mail -s "100 %% of $$HOME is not renewed" ops@shop.test' in failed


def test_a_line_of_cron_has_four_hours_and_tells_of_a_failure(tmp_path: Path) -> None:
    stack = stack_in(tmp_path, NAMED + "certbot: {notify: [tell, '100%']}\n")
    line = cron_line(schedule_of(stack, ("/srv/shop/inv",), PATH))

    assert re.fullmatch(r"\d{1,2} (\d,\d{1,2},\d\d,\d\d) \* \* \* cd .*", line)
    assert f"cd {tmp_path} && PATH={PATH} /srv/shop/inv certbot.renew --wait 30 >/dev/null || tell 100\\%" in line
    assert line.endswith("# fairlead-shop-certbot")


def test_cron_gets_the_line_once_and_keeps_its_others(tmp_path: Path) -> None:
    others = "0 1 * * * backup\n"
    machine = Machine()
    machine.answers = {"sh -c": Result(0), "crontab -l": Result(0, others)}
    stack = _on(machine, tmp_path)
    (step,) = timer_steps(stack)
    text = step.do.stdin
    machine.answers["crontab -l"] = Result(0, text)

    assert text.startswith(others)
    assert 1 == text.count("# fairlead-shop-certbot")
    assert [] == list(timer_steps(stack))


def test_a_line_of_cron_is_armed_while_cron_runs(tmp_path: Path) -> None:
    machine = Machine()
    stack = _on(machine, tmp_path)
    line = cron_line(schedule_of(stack, ("inv",), PATH))
    machine.answers = {"sh -c": Result(0), "crontab -l": Result(0, line + "\n"), "pgrep": Result(1)}
    still = timer(stack)
    machine.answers["pgrep"] = Result(0)

    assert ("cron", False) == (still.kind, still.armed)
    assert timer(stack).armed


def test_systemd_arms_the_timer_and_is_asked_for_it(tmp_path: Path) -> None:
    machine = Machine()
    shown = "ActiveState=active\nNextElapseUSecRealtime=Mon 2026-11-23 18:21:07 UTC\nUnitFileState=enabled\n"
    machine.answers = {"test -d": Result(0), "id -u": Result(0, "0\n"), "systemctl show": Result(0, shown)}
    stack = _on(machine, tmp_path)
    commands = [str(step) for step in timer_steps(stack)]
    found = timer(stack)

    assert "systemctl enable --now fairlead-shop-certbot.timer" == commands[-1]
    assert ("systemd", True, "Mon 2026-11-23 18:21:07 UTC") == (found.kind, found.armed, found.next)
    machine.answers["systemctl show"] = Result(0, shown.replace("=active", "=inactive"))
    assert not timer(stack).armed


def test_what_the_timer_will_not_see_is_named_and_what_the_env_file_has_is_not(tmp_path: Path) -> None:
    challenge = "challenge: {plugin: rfc2136, credentials: acme_dns_credentials}"
    more = f"domains: [{{names: ['${{DOMAINS-}}'], {challenge}}}]\nenv: {{file: .env}}\n"
    stack = stack_in(tmp_path, more)
    (tmp_path / ".env").write_text("ACME_SERVER=https://ca.test/dir\nHTTP_PORT=8080\n")
    shell = {"DOMAINS": "shop.test", "ACME_DNS_CREDENTIALS": "token", "HTTP_PORT": "80", "LANG": "C", "HTTPS_PORT": ""}

    lost = lost_variables(stack, {**shell, "ACME_SERVER": "https://ca.test/dir"})

    assert ["ACME_DNS_CREDENTIALS", "DOMAINS", "HTTP_PORT"] == lost
    assert [] == lost_variables(stack, {"ACME_SERVER": "https://ca.test/dir"})


def test_a_user_without_root_has_the_timer_run_while_nobody_is_logged_in(tmp_path: Path) -> None:
    machine = Machine()
    machine.answers = {
        "test -d": Result(0),
        "id -u": Result(0, "1000\n"),
        "id -un": Result(0, "ada\n"),
        "sh -c printf": Result(0, "/home/ada/.config"),
        "loginctl": Result(1, err="Could not enable linger: Access denied\n"),
    }
    first, *others = timer_steps(_on(machine, tmp_path))
    with pytest.raises(StepFailedError, match="Access denied; let root say it once: loginctl enable-linger ada"):
        first.run(machine, lambda _: None)
    assert str(others[0]).endswith("; do sleep 0.2; done' /run/user/1000/systemd/private")
    machine.answers["test -e /var/lib/systemd/linger/ada"] = Result(0)
    machine.answers["test -S /run/user/1000/systemd/private"] = Result(0)

    assert "loginctl enable-linger ada" == str(first)
    assert "write /home/ada/.config/systemd/user/fairlead-shop-certbot.timer (mode 0644)" in map(str, others)
    bus = "XDG_RUNTIME_DIR=/run/user/1000"
    assert f"{bus} systemctl --user enable --now fairlead-shop-certbot.timer" == str(others[-1])
    assert [str(step) for step in others[1:]] == [str(step) for step in timer_steps(_on(machine, tmp_path))]


def test_a_machine_with_neither_is_told_of_the_loop(tmp_path: Path) -> None:
    stack = _on(Machine(), tmp_path)

    with pytest.raises(SettingsError, match=r"let it run: inv certbot\.renew --loop"):
        list(timer_steps(stack))


def test_other_renewers_are_named_with_what_ends_them() -> None:
    machine = Machine()
    units = (
        "certbot.timer enabled enabled\nfairlead-shop-certbot.timer enabled enabled\nlogrotate.timer enabled enabled\n"
    )
    jobs = "/etc/cron.d/certbot:# certbot is called by\n/etc/cron.d/certbot:0 */12 * * * root certbot -q renew\n"
    containers = (
        "companion\tnginxproxy/acme-companion:2.8\tproxy\nshop-certbot-run\tagentchat/certbot:r1\tshop\n"
        "web\tnginx:1.30\tproxy\n"
    )
    machine.answers = {
        "systemctl list-unit-files": Result(0, units),
        "grep": Result(0, jobs),
        "crontab -l": Result(
            0, "5 5 * * * ~/.acme.sh/acme.sh --cron\n1 1 * * * inv certbot.renew # fairlead-x-certbot\n"
        ),
        "docker ps": Result(0, containers),
    }

    found = other_renewers(machine, "docker", "shop")

    assert [
        "the systemd timer certbot.timer (systemctl disable --now certbot.timer)",
        "cron, by /etc/cron.d/certbot (remove it)",
        "cron, by a line of this user (crontab -e)",
        "the container companion of the image nginxproxy/acme-companion:2.8 (docker stop companion)",
    ] == found
    assert [] == other_renewers(Machine(), "docker", "shop")


def _on(machine: Machine, folder: Path) -> Stack:
    return replace(stack_in(folder), host=machine)
