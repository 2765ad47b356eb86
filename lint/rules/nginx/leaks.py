"""Ways around what a location was to do or to keep."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig, header, location
from ...regex import regex
from ...rule import Report, rule
from .insertion import inside
from .once import once
from .passing import passings

_CLIENTS = ("$http_connection", "$http_upgrade")
_PRIVATE = regex(r"/(?:protected|internal|private|x-accel|accel)(?:[_-]?files|[_-]?media)?/?")


@rule(
    "nginx/upgrade-of-any-kind",
    Severity.INFO,
    preset="strict",
    bad="""
        location /ws/ {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;  # <-
            proxy_pass http://backend;
        }
    """,
    good="""
        location /ws/ {
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://backend;
        }
    """,
    source="https://nginx.org/en/docs/http/websocket.html",
    covers=("semgrep:possible-nginx-h2c-smuggling",),
)
def upgrade_of_any_kind(config: NginxConfig) -> Iterator[Report]:
    """
    The client's own `Connection` goes to the back end, with its `Upgrade`.

    Besides WebSockets that lets through `Upgrade: h2c`: a back end that speaks HTTP/2 without TLS changes over, and
    what the client asks for in that connection passes no location and no `deny` of nginx any more. Send what a `map`
    of `$http_upgrade` says.
    """
    yield from once(_of_any_kind(config))


def _of_any_kind(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        sent = {each.value.lower(): each for each in passing.at.proxy.set_headers}
        connection, upgrade = sent.get("connection"), sent.get("upgrade")
        if connection and upgrade and (header(connection).value, header(upgrade).value) == _CLIENTS:
            yield connection.arg_place(1), "any protocol may be asked for, h2c among them; use a map of $http_upgrade"


@rule(
    "nginx/private-folder-open",
    Severity.INFO,
    preset="strict",
    bad="""
        location /protected/ {  # <-
            alias /srv/uploads/;
        }
    """,
    good=(
        "location /protected/ { internal; alias /srv/uploads/; }",
        "location /internal/ { deny all; alias /srv/uploads/; }",
        "location /private/ { proxy_pass http://backend; }",
    ),
    fixed="""
        location /protected/ {
            internal;
            alias /srv/uploads/;
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#internal",
    covers=("semgrep:missing-internal",),
)
def private_folder_open(config: NginxConfig) -> Iterator[Report]:
    """
    A folder called private that everybody may read.

    The files that an application hands out with `X-Accel-Redirect`, after it has looked at who asks, lie in a location
    with `internal;`. Without that word their addresses work for everybody.
    """
    for directive in config.locations:
        head, at = location(directive), config.effective(directive)
        if not head.is_prefix or not _PRIVATE.fullmatch(head.pattern) or not directive.first("alias", "root"):
            continue
        is_guarded = at.setting("internal", "if", "secure_link") is not None or not at.access.is_open
        if at.handler is None and not is_guarded and not config.may_hold(directive, "internal", "deny"):
            message = f'everybody may read "{head.pattern}"; add "internal;" where an application hands the files out'
            yield directive.arg_place(-1), message, (inside(directive, "internal;", safe=False),)


@rule(
    "nginx/files-before-back-end",
    Severity.WARNING,
    bad=(
        """
        location / {
            root /srv/www;
            try_files $uri $uri/ =404;  # <-
            proxy_pass http://backend;
        }
        """,
    ),
    good=(
        """
        location / {
            root /srv/www;
            try_files $uri @backend;
        }
        """,
        r"location ~ \.php$ { root /srv/www; try_files $uri =404; proxy_pass http://apache; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
    covers=("nginx-lint:try-files-with-proxy",),
)
def files_before_back_end(config: NginxConfig) -> Iterator[Report]:
    """
    `try_files` and `proxy_pass` in one location, which do not take turns.

    `try_files` only changes the path; the location then passes on whatever came out. Requests for files that are there
    go to the back end, and those that are not get the fallback: the opposite of what is meant. Send the rest to a
    location with a name, `try_files $uri @backend;`, and pass on there.
    """
    yield from once(_before_back_end(config))


def _before_back_end(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        tries, head = passing.block.last("try_files"), passing.location
        if tries is not None and head is not None and not head.is_regex and passing.block.name == "location":
            message = (
                'files that are there go to the back end, all else to the fallback; write "try_files $uri @backend;"'
            )
            yield tries.place, message


@rule(
    "nginx/referer-none-allowed",
    Severity.INFO,
    preset="strict",
    bad="location /img/ { valid_referers none blocked server_names; if ($invalid_referer) { return 403; } }  # <-",
    good="location /img/ { valid_referers server_names *.example.com; if ($invalid_referer) { return 403; } }",
    source="https://nginx.org/en/docs/http/ngx_http_referer_module.html#valid_referers",
    covers=("gixy:valid_referers",),
)
def referer_none_allowed(config: NginxConfig) -> Iterator[Report]:
    """
    Requests without `Referer` count as coming from the own site.

    Any page can send none, with one attribute on a link, so nobody is kept out. That is fine against other sites that
    show one's images, and no protection of anything that matters.
    """
    for directive in config.find("valid_referers"):
        if "none" in directive.args:
            yield directive.arg_place(directive.args.index("none")), "any page can send no Referer; do not rely on it"
