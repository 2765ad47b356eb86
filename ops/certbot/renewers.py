"""Who else renews certificates on a host: two renewers use up one limit, and the site serves what neither put there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..command import Command
from ..host import Host
from ..timers import MARK

PROGRAMS = re.compile(r"\b(certbot|letsencrypt|acme\.sh|acmetool|dehydrated|getssl|lego|simp_le|uacme)\b")
IMAGES = re.compile(r"(^|/)(certbot|acme-companion|letsencrypt-nginx-proxy-companion|acme\.sh|lego|swag|dehydrated)\b")
CRON_FILES = ("/etc/crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly")


def other_renewers(host: Host, client: str, project: str) -> list[str]:
    """Each in a few words, with what ends it."""
    return [*_timers(host), *_cron(host), *_containers(host, client, project)]


def _timers(host: Host) -> Iterator[str]:
    listing = ("systemctl", "list-unit-files", "--type=timer", "--state=enabled", "--no-legend", "--plain")
    listed = host.run(Command(listing), timeout_s=10)
    for line in listed.out.splitlines() if listed.ok else ():
        name = line.split()[0] if line.split() else ""
        if PROGRAMS.search(name.replace("-", " ")) and MARK not in name:
            yield f"the systemd timer {name} (systemctl disable --now {name})"


def _cron(host: Host) -> Iterator[str]:
    found = host.run(Command(("grep", "-rsE", PROGRAMS.pattern.replace(r"\b", ""), *CRON_FILES)), timeout_s=10)
    for line in found.out.splitlines():
        path, _, text = line.partition(":")
        if _is_job(text):
            yield f"cron, by {path} (remove it)"
            break
    own = host.run(Command(("crontab", "-l")), timeout_s=10)
    if own.ok and any(_is_job(line) for line in own.out.splitlines()):
        yield "cron, by a line of this user (crontab -e)"


def _is_job(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith("#") and MARK not in text and bool(PROGRAMS.search(text))


def _containers(host: Host, client: str, project: str) -> Iterator[str]:
    wanted = '{{.Names}}\t{{.Image}}\t{{.Label "com.docker.compose.project"}}'
    listed = host.run(Command((client, "ps", "--format", wanted)), timeout_s=20)
    for line in listed.out.splitlines() if listed.ok else ():
        name, image, owner = (*line.split("\t"), "", "")[:3]
        if owner != project and IMAGES.search(image.partition(":")[0]):
            yield f"the container {name} of the image {image} (docker stop {name})"
