"""Modules that are loaded, and how the program is started."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, listens
from ...nginx.checks import is_typing_slip
from ...rule import Report, rule
from .answering import is_whole
from .insertion import before, without
from .once import once
from .templated import is_templated

_CORE = "https://nginx.org/en/docs/ngx_core_module.html"
_BLOCKS = ("events", "http", "stream", "mail")
_SHARED = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - to be reported, not used
_KNOWN = """
ndk_http ngx_http_acme ngx_http_auth_pam ngx_http_auth_spnego ngx_http_brotli_filter ngx_http_brotli_static
ngx_http_cache_purge ngx_http_dav_ext ngx_http_echo ngx_http_fancyindex ngx_http_geoip ngx_http_geoip2
ngx_http_headers_more_filter ngx_http_image_filter ngx_http_js ngx_http_lua ngx_http_modsecurity ngx_http_naxsi
ngx_http_passenger ngx_http_perl ngx_http_set_misc ngx_http_subs_filter ngx_http_uploadprogress ngx_http_upstream_fair
ngx_http_vhost_traffic_status ngx_http_xslt_filter ngx_http_zstd_filter ngx_http_zstd_static ngx_mail ngx_nchan ngx_otel
ngx_rtmp ngx_stream ngx_stream_geoip ngx_stream_geoip2 ngx_stream_js ngx_stream_lua
"""
_FIRST_FREE_PORT = 1024


@rule(
    "nginx/module-refused",
    Severity.ERROR,
    bad=(
        """
        events {}
        load_module modules/ngx_stream_module.so;  # <-
        http { server_tokens off; }
        """,
        """
        load_module modules/ngx_http_js_module.so;
        load_module /usr/lib/nginx/modules/ngx_http_js_module.so;  # <-
        events {}
        """,
    ),
    good=(
        "load_module modules/ngx_stream_module.so;\nevents {}\nstream { server { listen 127.0.0.1:53; return ''; } }",
        "worker_processes auto;\nload_module modules/ngx_stream_js_module.so;\nevents {}",
    ),
    fixed="""
        load_module modules/ngx_stream_module.so;
        events {}
        http { server_tokens off; }
    """,
    source=f"{_CORE}#load_module",
)
def module_refused(config: NginxConfig) -> Iterator[Report]:
    """
    A module that is loaded too late, or a second time.

    nginx does not start: `"load_module" directive is specified too late` behind the first block, and `module is
    already loaded`. Packages load their modules by `include modules-enabled/*.conf` at the top of the main file.
    """
    yield from once(_refused(config))


def _refused(config: NginxConfig) -> Iterator[Report]:
    first = next((each for each in config.directives if each.name in _BLOCKS and each.block is not None), None)
    loaded: set[str] = set()
    for directive in config.find("load_module"):
        name = posixpath.basename(directive.value)
        if name in loaded and not config.is_unknown(directive.value):
            message = f'nginx does not start: "{name}" is loaded already; take this one out'
            yield directive.arg_place(0), message, (without(directive),)
        elif first is not None and directive.order > first.order and directive.parent is None:
            message = f'nginx does not start: modules are loaded before "{first.name}"; move it to the top'
            yield directive.place, message, _moved(directive, first)
        loaded.add(name)


def _moved(directive: Directive, first: Directive) -> tuple[Edit, ...]:
    if directive.via is not first.via:
        return ()
    file = directive.file
    text = file.text[file.starts[directive.token] : file.ends[file.terminator(directive.token)]]
    return (before(first, text), without(directive))


@rule(
    "nginx/module-misspelt",
    Severity.WARNING,
    bad=(
        "load_module modules/ngx_steam_module.so;  # <-\nevents {}",
        "load_module modules/ngx_http_js_module;  # <-\nevents {}",
        "load_module /tmp/modules/ngx_http_own_module.so;  # <-\nevents {}",
    ),
    good=(
        "load_module modules/ngx_http_own_module.so;\nevents {}",
        "load_module /usr/lib64/nginx/modules/ngx_http_geoip2_module.so;\nevents {}",
    ),
    source=f"{_CORE}#load_module",
)
def module_misspelt(config: NginxConfig) -> Iterator[Report]:
    """
    A module that is probably not there: a letter away from a known one, without `.so`, or in a folder that is emptied.

    nginx does not start when the file is missing: `dlopen() failed`. And who can write a module into `/tmp` has nginx
    run it, as root.
    """
    known = [f"{name}_module" for name in _KNOWN.split()]
    for directive in config.find("load_module"):
        name, dot, _ = posixpath.basename(directive.value).partition(".so")
        close = next((each for each in known if is_typing_slip(name, each)), None) if name not in known else None
        if config.is_unknown(directive.value):
            continue
        if close:
            yield directive.arg_place(0), f'"{name}" is no module known here; did you mean "{close}"?'
        elif not dot:
            yield directive.arg_place(0), f'a module is a file that ends in ".so"; write "{directive.value}.so"'
        elif directive.value.startswith(_SHARED):
            yield directive.arg_place(0), "every program may write to that folder; keep modules in one of root's"


@rule(
    "nginx/daemon-in-file",
    Severity.INFO,
    preset="strict",
    bad="""
        daemon off;  # <-
        events {}
    """,
    good="# daemon off;\nevents {}",
    source="https://hub.docker.com/_/nginx",
)
def daemon_in_file(config: NginxConfig) -> Iterator[Report]:
    """
    `daemon off` in the file.

    The official image, and most Dockerfiles, start nginx with `-g "daemon off;"`, and what is said twice is refused:
    `"daemon" directive is duplicate`. Outside containers the services of the packages wait for nginx to go into the
    background. Say it where nginx is started, and only there.
    """
    for directive in config.find("daemon"):
        if directive.value.lower() == "off":
            yield directive.place, 'said twice where nginx is started with -g "daemon off;", so it does not start'


@rule(
    "nginx/no-master-process",
    Severity.WARNING,
    bad="""
        master_process off;  # <-
        events {}
    """,
    good="master_process on;\nevents {}",
    fixed="""
        master_process on;
        events {}
    """,
    unsafe=True,
    source=f"{_CORE}#master_process",
)
def no_master_process(config: NginxConfig) -> Iterator[Report]:
    """
    nginx without its first process, as its developers run it.

    There is one process, with all rights of whoever started it; when it crashes nobody starts another, and a reload
    of the configuration loses connections.
    """
    for directive in config.find("master_process"):
        if directive.value.lower() == "off":
            place = directive.arg_place(0)
            message = "one process with all rights, and none after a crash; this is for nginx's developers"
            yield place, message, (Edit(place, "on", safe=False),)


@rule(
    "nginx/no-user",
    Severity.INFO,
    preset="strict",
    bad="""
        events {}  # <-
        http {
            server_tokens off;
            server { listen 80; return 404; }
        }
    """,
    good=(
        "user www-data;\nevents {}\nhttp { server_tokens off; server { listen 80; return 404; } }",
        "events {}\nhttp { server_tokens off; server { listen 8080; return 404; } }",
        "pid /tmp/nginx.pid;\nevents {}\nhttp { server_tokens off; server { listen 80; return 404; } }",
        "include user.d/*.conf;\nevents {}",
    ),
    lacks=True,
    source=f"{_CORE}#user",
)
def no_user(config: NginxConfig) -> Iterator[Report]:
    """
    Nobody says as whom the workers run.

    It is whoever nginx was built for: `nobody`, `nginx`, `www-data`, from package to package another. On the next
    machine files are not readable, or more are than should be. A configuration whose ports all are above 1023, or whose
    `pid` is in a folder for everybody, is one for nginx without root and is left alone.
    """
    if not is_whole(config) or config.has("user") or config.may_hold(None, "user"):
        return
    if any(map(is_templated, config.sources)):
        return
    sockets = [listen for server in config.servers for listen in listens(server)]
    pid = next((each.value for each in config.find("pid")), "")
    is_rootless = pid.startswith(("/tmp/", "/dev/shm/")) or not any(  # noqa: S108 - read, not used
        listen.port and listen.port < _FIRST_FREE_PORT for listen in sockets
    )
    events = next((each for each in config.find("events") if each.block is not None), None)
    if events is not None and not is_rootless:
        yield events.place, 'it depends on the build as whom the workers run; name a user, such as "user nginx;"'
