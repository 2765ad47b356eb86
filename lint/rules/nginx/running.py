"""How nginx runs: as whom, and with how many processes."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig
from ...place import Place
from ...rule import Report, rule
from .answering import is_whole
from .insertion import before
from .templated import is_templated

_CORE = "https://nginx.org/en/docs/ngx_core_module.html"
_PROXIES = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")


@rule(
    "nginx/runs-as-root",
    Severity.ERROR,
    bad=(
        """
        user root;  # <-
        events {}
        """,
        """
        user nginx root;  # <-
        events {}
        """,
    ),
    good=("user nginx;\nevents {}", "user www-data;\nevents {}", "# user root;\nevents {}"),
    source=f"{_CORE}#user",
    covers=(),
)
def runs_as_root(config: NginxConfig) -> Iterator[Report]:
    """
    Workers that run as root.

    Whoever finds a hole in nginx, or in what it loads, has the whole machine, and every file may be served. The first
    process may be root, to open port 80; workers need a user of their own who owns nothing.
    """
    for directive in config.find("user"):
        for index, name in enumerate(directive.args):
            if name == "root":
                who = "workers run as root" if index == 0 else 'workers belong to the group "root"'
                yield directive.arg_place(index), f"{who}; name a user who owns nothing, such as nginx or www-data"
                break


@rule(
    "nginx/one-worker",
    Severity.INFO,
    preset="strict",
    bad="""
        events { worker_connections 1024; }  # <-
        http {
            server_tokens off;
        }
    """,
    good=(
        "worker_processes auto;\nevents { worker_connections 1024; }\nhttp { server_tokens off; }",
        "worker_processes 1;\nevents { worker_connections 1024; }\nhttp { server_tokens off; }",
        "events {}\nhttp { server_tokens off; }",
        "server { listen 80; return 404; }",
    ),
    fixed="""
        worker_processes auto;
        events { worker_connections 1024; }
        http {
            server_tokens off;
        }
    """,
    source=f"{_CORE}#worker_processes",
    covers=("gixy:missing_worker_processes",),
)
def one_worker(config: NginxConfig) -> Iterator[Report]:
    """
    One worker, since nothing else is said: a second processor is never used.

    `auto` takes one for each. A file without any setting of workers in `events` is left alone: it is a small one.
    """
    if not is_whole(config) or config.has("worker_processes") or config.may_hold(None, "worker_processes"):
        return
    events = next((each for each in config.find("events") if each.block), None)
    if events is None:
        return
    place = events.place
    start = Place(place.path, place.line, place.column, place.line, place.column)
    message = 'nginx runs one worker unless told otherwise; write "worker_processes auto;"'
    yield place, message, (Edit(start, "worker_processes auto;\n"),)


@rule(
    "nginx/too-few-open-files",
    Severity.WARNING,
    bad=(
        """
        worker_processes auto;
        worker_rlimit_nofile 1024;  # <-
        events { worker_connections 4096; }
        """,
        """
        worker_processes auto;
        worker_rlimit_nofile 5000;  # <-
        events { worker_connections 4096; }
        http {
            server_tokens off;
            server { listen 127.0.0.1:80; location / { proxy_pass http://127.0.0.1:8080; } }
        }
        """,
    ),
    good=(
        "worker_processes auto;\nworker_rlimit_nofile 8192;\nevents { worker_connections 4096; }",
        "worker_processes auto;\nevents { worker_connections 4096; }",
        "worker_processes auto;\nworker_rlimit_nofile 512;\nevents {}",
    ),
    source=f"{_CORE}#worker_rlimit_nofile",
    covers=("gixy:worker_rlimit_nofile_vs_connections",),
)
def too_few_open_files(config: NginxConfig) -> Iterator[Report]:
    """
    Fewer open files than connections.

    Each connection is an open file, and one that is passed on is two. When they run out nginx accepts no more and
    logs "too many open files". It is reported only where both numbers are set.
    """
    for limit in config.find("worker_rlimit_nofile"):
        connections = next(iter(config.find("worker_connections")), None)
        if connections is None or not (limit.value.isdigit() and connections.value.isdigit()):
            continue
        is_proxy = config.has(*_PROXIES)
        needed = int(connections.value) * (2 if is_proxy else 1)
        if int(limit.value) < needed:
            why = "two for each of" if is_proxy else "one for each of"
            message = f'"{limit.value}" open files are less than {why} {connections.value} connections; write {needed}'
            yield limit.arg_place(0), f"{message} or more"


@rule(
    "nginx/no-events",
    Severity.ERROR,
    bad="""
        worker_processes auto;
        http {  # <-
            server_tokens off;
        }
    """,
    good=(
        "worker_processes auto;\nevents {}\nhttp { server_tokens off; }",
        "http { server_tokens off; }",
        "worker_processes auto;\ninclude /etc/nginx/events.conf;\nhttp { server_tokens off; }",
    ),
    fixed="""
        worker_processes auto;
        events {}
        http {
            server_tokens off;
        }
    """,
    unsafe=True,
    lacks=True,
    source="https://nginx.org/en/docs/ngx_core_module.html#events",
)
def no_events(config: NginxConfig) -> Iterator[Report]:
    """
    A main file without `events`.

    nginx does not start: `no "events" section in configuration`. An empty one will do. A file that holds `http` and
    nothing else at its top may be a part of another, and is left alone.
    """
    http = config.http
    names = {directive.name for directive in config.directives}
    if (
        http is None
        or "events" in names
        or names <= {"http", "stream", "mail", "include"}
        or any(map(is_templated, config.sources))
    ):
        return
    if any(unread.include.parent is None for unread in config.unread):
        return
    yield (
        http.place,
        'nginx does not start without "events"; an empty one will do',
        (before(http, "events {}", safe=False),),
    )
