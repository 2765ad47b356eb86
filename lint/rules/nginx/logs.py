"""Where nginx writes what happens."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig
from ...regex import regex
from ...rule import Report, rule
from .answering import answering, is_passed_on, is_whole, servers

_NO_FILES = ("syslog:", "memory:", "stderr", "/", "$", "off")


@rule(
    "nginx/error-log-off",
    Severity.WARNING,
    bad="""
        error_log off;  # <-
    """,
    good="""
        error_log /dev/null crit;
        # error_log off;
    """,
    fixed="""
        error_log /dev/null crit;
    """,
    unsafe=True,
    source="https://www.f5.com/company/blog/nginx/avoiding-top-10-nginx-configuration-mistakes",
    covers=("gixy:error_log_off",),
)
def error_log_off(config: NginxConfig) -> Iterator[Report]:
    """
    `error_log off` writes to a file called off.

    Other than `access_log`, it knows no such word: the file grows in nginx's own folder, where nobody looks and nothing
    rotates it. Without the errors nobody learns why a site is down, so keep them; to drop them all the same, write
    `error_log /dev/null crit`.
    """
    for found in config.find("error_log"):
        if found.value.lower() == "off":
            place = found.args_place
            message = '"off" is the name of a file here; name a real one, or write "/dev/null crit"'
            yield found.arg_place(0), message, (Edit(place, "/dev/null crit", safe=False),)


@rule(
    "nginx/access-log-off",
    Severity.INFO,
    bad="""
        http {
            access_log off;  # <-
            server {
                location / {
                    access_log off;
                    return 404;
                }
            }
        }
    """,
    good="""
        server {
            location = /healthz {
                access_log off;
                return 204;
            }
        }
    """,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html",
    preset="strict",
)
def access_log_off(config: NginxConfig) -> Iterator[Report]:
    """
    No request is logged anywhere.

    After a break-in, or on the day the site is slow, nobody can tell who asked for what. Switch the log off where it
    only makes noise, such as for health checks, and keep it for the rest.
    """
    for found in config.find("access_log"):
        if found.value == "off" and found.parent is not None and found.parent.name == "http":
            others = [log for log in config.find("access_log") if log.value != "off"]
            if not others and all(unread.names for unread in config.unread):
                yield found.arg_place(0), "no request is logged; keep a log, and switch it off where it is noise"


@rule(
    "nginx/error-log-debug",
    Severity.INFO,
    bad="""
        error_log /var/log/nginx/error.log debug;  # <-
    """,
    good="""
        error_log /var/log/nginx/debug warn;
    """,
    fixed="""
        error_log /var/log/nginx/error.log warn;
    """,
    source="https://nginx.org/en/docs/debugging_log.html",
)
def error_log_debug(config: NginxConfig) -> Iterator[Report]:
    """
    Every step of every request is written to the log.

    That fills the disk within hours, slows each answer down, and puts the headers of requests, cookies and passwords
    included, into a file. For one client alone there is `debug_connection`.
    """
    for found in config.find("error_log"):
        if len(found.args) > 1 and found.args[1] == "debug":
            place = found.arg_place(1)
            yield place, 'level "debug" writes cookies and fills the disk; write "warn"', (Edit(place, "warn"),)


@rule(
    "nginx/log-path-relative",
    Severity.WARNING,
    bad="""
        http {
            access_log logs/access.log;  # <-
        }
    """,
    good="""
        server {
            access_log /var/log/nginx/access.log;
            access_log syslog:server=127.0.0.1;
            access_log $log_path;
            error_log stderr;
            error_log ${LOG_FOLDER}/error.log;
        }
    """,
    source="https://nginx.org/en/docs/configure.html",
    preset="strict",
)
def log_path_relative(config: NginxConfig) -> Iterator[Report]:
    """
    A log whose folder depends on how nginx was built.

    The path starts in the prefix that was given when nginx was compiled: `/usr/local/nginx`, `/etc/nginx`,
    `/usr/share/nginx`. Where there is no such folder below it, nginx does not start.
    """
    for found in config.find("access_log", "error_log"):
        is_elsewhere = found.value.startswith(_NO_FILES) or config.is_unknown(found.value) or not found.value
        if not is_elsewhere:
            yield found.arg_place(0), f'"{found.value}" starts in the prefix of the build; write the whole path'


@rule(
    "nginx/no-request-id",
    Severity.INFO,
    bad="""
        events {}
        http {
            server_tokens off;
            proxy_hide_header X-Powered-By;
            log_format main '$remote_addr "$request" $status';  # <-
            access_log /var/log/nginx/access.log main;
            server {
                listen 80;
                location /api/ {
                    proxy_pass http://127.0.0.1:8080;
                }
            }
        }
    """,
    good="""
        log_format main '$remote_addr "$request" $status';
        log_format json escape=json '{"id": "$request_id", "status": $status}';
    """,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#var_request_id",
    preset="strict",
)
def no_request_id(config: NginxConfig) -> Iterator[Report]:
    """
    Nothing joins a line of this log to what the application wrote about the same request.

    Put `$request_id` into the format, and hand it on with `proxy_set_header X-Request-ID $request_id`.
    """
    formats = [found for found in config.find("log_format") if not found.is_inside("stream")]
    if not is_whole(config) or not formats or not _passes_on(config):
        return
    if not any(_JOINING.search(word) for found in formats for word in found.args[1:]):
        used = {log.args[1] for log in config.find("access_log") if len(log.args) > 1}
        for found in formats:
            if found.value in used:
                message = f'format "{found.value}" has no $request_id, so its lines fit to no others; add it'
                yield found.arg_place(0), message
                return


_JOINING = regex(r"req(?:uest)?_?id|trace|correlation|span_id")
"""How variables are called that name one request."""


def _passes_on(config: NginxConfig) -> bool:
    blocks = (block for server in servers(config) for block in answering(config, server))
    return any(is_passed_on(config, block) for block in blocks)
