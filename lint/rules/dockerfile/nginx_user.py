"""nginx as another user than root, in the official image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...dockerfile import Dockerfile, Stage
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from .running import bodies

_CACHE = regex(r"/var/cache(?:/nginx)?(?![\w.-]|/(?!nginx))")
_PID = regex(r"nginx\.pid|/(?:var/)?run(?![\w.-]|/(?!nginx))")
_SETTINGS = regex(r"/etc/nginx(?:/nginx\.conf)?/?(?![\w.-]|/(?:conf\.d|templates|sites|snippets|ssl|certs))")


@rule(
    "dockerfile/nginx-user-cannot-write",
    Severity.WARNING,
    bad=(
        """
        FROM nginx:1.30.1
        COPY dist /usr/share/nginx/html
        USER 101  # <-
        """,
        """
        FROM nginx:1.30.1-alpine
        COPY default.conf /etc/nginx/conf.d/default.conf
        RUN chown -R nginx:nginx /var/cache/nginx /usr/share/nginx/html
        USER 101  # <-
        """,
    ),
    good=(
        """
        FROM nginx:1.30.1
        RUN chown -R nginx:nginx /var/cache/nginx && touch /run/nginx.pid && chown nginx:nginx /run/nginx.pid
        USER 101
        """,
        """
        FROM nginx:1.30.1
        COPY nginx.conf /etc/nginx/nginx.conf
        USER 101
        """,
        """
        FROM nginxinc/nginx-unprivileged:1.30.1
        COPY dist /usr/share/nginx/html
        USER 101
        """,
    ),
    source="https://hub.docker.com/_/nginx",
)
def nginx_user_cannot_write(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    nginx of the official image runs as another user than root, and may not write what it must.

    Its folder /var/cache/nginx and its file /run/nginx.pid belong to root, so it does not start: `mkdir()
    "/var/cache/nginx/client_temp" failed (13: Permission denied)`. Take the image nginxinc/nginx-unprivileged, give
    both to the user, or move them in a configuration of your own. The port is no trouble: a container may open 80.
    """
    stage = dockerfile.final_stage
    image = stage.root_image if stage is not None else None
    user = stage.user if stage is not None else None
    if stage is None or image is None or image.official != "nginx" or user is None or not _runs_nginx(stage):
        return
    name = (stage.user_text or "root").partition(":")[0]
    if name not in ("root", "0") and not _has_settings(stage):
        text = "\n".join(each.text + bodies(each) for one in stage.chain() for each in one.all("RUN"))
        lacking = "/var/cache/nginx" if not _CACHE.search(text) else "/run/nginx.pid" if not _PID.search(text) else ""
        if lacking:
            message = f'nginx does not start: user "{name}" may not write {lacking}; '
            yield user.argument.place, message + "take nginxinc/nginx-unprivileged, or chown it above"


def _runs_nginx(stage: Stage) -> bool:
    """Whether it starts nginx with nothing else said than to stay in front."""
    instructions = [each for each in (stage.entrypoint, stage.cmd) if each is not None]
    texts = [" ".join(word.text for word in each.json) if each.json else each.command.text for each in instructions]
    return all(re.fullmatch(r"(?:exec\s+)?(?:\S*/)?nginx(?:\s+-g\s+[\"']?daemon off;[\"']?)?", text) for text in texts)


def _has_settings(stage: Stage) -> bool:
    """Whether its own nginx.conf, or what changes the image's, may move both."""
    for each in stage.chain():
        if any(_SETTINGS.search(run.text + bodies(run)) for run in each.all("RUN")):
            return True
        for copy in each.copies:
            target = each.text(copy.target)
            names = [posixpath.basename((each.text(word) or "*").rstrip("/")) for word in copy.sources]
            if target is None or target.rstrip("/") in ("/etc/nginx", "/etc/nginx/nginx.conf", "", "/etc", "."):
                return True
            if "nginx.conf" in names and not target.startswith("/etc/nginx/"):
                return True
            if target.startswith(("/var/cache", "/docker-entrypoint.d")):
                return True
    return False
