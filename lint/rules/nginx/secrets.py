"""Secrets that stand in a configuration, or that it writes into a log."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ...envfile.provider_tokens import provider_tokens
from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...nginx.file import NginxFile
from ...nginx.tokens import COMMENT
from ...place import Place
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule

_NAMED = (
    "proxy_set_header",
    "grpc_set_header",
    "add_header",
    "fastcgi_param",
    "uwsgi_param",
    "scgi_param",
    "auth_http_header",
)
_SCHEME = regex(r"(?:Bearer|Basic|Token|ApiKey|Digest)\s+(?P<secret>[^\s$]{6,})", re.IGNORECASE)
_ADDRESS = regex(r"[a-z][a-z0-9+.-]*://[^/\s:@'\"$]*:(?P<secret>[^/\s:@'\"${}]+)@", re.IGNORECASE)
_PASSWORD_HASH = regex(
    r"\$(?:apr1|1)\$[./\w]{1,8}\$[./0-9A-Za-z]{22}(?!\w)"
    r"|\$[56]\$(?:rounds=\d+\$)?[./\w]{1,16}\$[./0-9A-Za-z]{43,86}"
    r"|\$2[abxy]\$\d\d\$[./0-9A-Za-z]{53}|\$y\$[./\w]+\$[./\w]{1,86}\$[./\w]{43}"
    r"|\{S?SHA\}[0-9A-Za-z+/]{27,}={0,2}"
)
_HASH_SIGNS = ("$apr1$", "$1$", "$5$", "$6$", "$2", "$y$", "SHA}")
_OF_REQUEST = regex(r"\$(?:\{)?(?:http|arg|cookie|sent_http|upstream_http|upstream_cookie)_(\w+)\}?")
_SHORTEST = 6
_LEFT_OPEN = regex(
    r"your|my[_ -]|some[_ -]|[<\[{*]|replace|change|insert|x{3}|\.{3}|todo|fixme|tbd|example|placeholder|dummy|sample",
    re.IGNORECASE,
)
"""What somebody is to fill in; a value such as ``password`` is none of these, it is in use."""


@rule(
    "nginx/secret-in-configuration",
    Severity.ERROR,
    conceals=True,
    bad=(
        """
        location /api/ {
            proxy_set_header Authorization "Bearer k3yQ9vZr7Lm2Xw8Tb4Nc";  # <-
            proxy_set_header X-Api-Key 9f8Zq2LmW7Ty;  # <-
            proxy_pass http://backend;
        }
        location = /files {
            return 302 https://user:Hn7wQ2pz@files.example.com/;  # <-
        }
        """,
        """
        map $http_x_api_key $client {
            default "";
            KrtKNkLNGcwKQ56la4jcHwxF one;  # <-
        }
        """,
        """
        server {
            set $jwt_secret "vX4p9Qe7Lr2M";  # <-
            location /files/ {
                secure_link_md5 "$secure_link_expires$uri$remote_addr Yt6Rw9Kp2";  # <-
            }
            if ($arg_token != "c2VjcmV0LXRva2Vu") { return 403; }  # <-
        }
        """,
        "env DB_PASSWORD=vX4p9Qe7Lr2M;  # <-",
        "# admin:$apr1$" + "Xk3pQz7L$" + "hV9tB2mWcR5nYd8Gf4sKe/" + "  # <-\ngzip off;",
        "# old key: ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5" + "  # <-\ngzip off;",
    ),
    good=(
        """
        location /api/ {
            proxy_set_header Authorization $http_authorization;
            proxy_set_header X-Api-Key "${API_KEY}";
            proxy_set_header X-Auth-Token "";
            proxy_set_header X-Access-Token "<your token>";
            proxy_set_header Connection "";
            secure_link_md5 "$secure_link_expires$uri$remote_addr $link_key";
        }
        """,
        """
        map $http_authorization $has_token { default 1; "" 0; "~^Bearer\\s" 1; }
        """,
        """
        map $http_x_api_key $client { include /run/secrets/api-keys.map; }
        """,
        "fastcgi_param PASSWORD_FILE /run/secrets/password;",
        "env DB_PASSWORD;",
        "server { rewrite ^/(a)/(b)$ /$1$2$1$extension_of_the_file_that_was_asked_for last; }",
    ),
    source="https://cwe.mitre.org/data/definitions/798.html",
)
def secret_in_configuration(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A secret in a configuration.

    Whoever may read the repository, an image or `nginx -T` has it, and it stays in the history when it is gone from
    the file. Let a template fill it in when the container starts, or `include` a file that only the server has; and
    change it, since it is known now. What looks like an example is not reported.
    """
    seen: set[Place] = set()
    for place, what in (*_in_directives(config, policy), *_in_texts(config, policy)):
        if not any(_is_within(place, other) for other in seen):
            seen.add(place)
            yield (
                place,
                f"{what} stands in the configuration; include it from a file that only the server has, and change it",
            )


def _is_within(place: Place, other: Place) -> bool:
    starts, ends = (place.line, place.column), (place.end_line, place.end_column)
    around = (other.line, other.column), (other.end_line, other.end_column)
    return place.path == other.path and around[0] <= starts and ends <= around[1]


def _in_directives(config: NginxConfig, policy: Policy) -> Iterator[tuple[Place, str]]:
    known: dict[tuple[str, ...], bool] = {}
    for directive in config.find(*_NAMED):
        said = directive.args[:2]
        if said not in known:
            known[said] = len(said) > 1 and _is_sent(said[0], said[1], policy)
        if known[said]:
            yield directive.arg_place(1), f'the secret of "{directive.value}"'
    for directive in config.find("set"):
        name = directive.value.lstrip("$")
        if len(directive.args) > 1 and policy.is_secret_name(name) and _is_literal(directive.args[1], policy):
            yield directive.arg_place(1), f'the secret "${name}"'
    for directive in config.find("if"):
        variable, test, value = (*directive.args, "", "", "")[:3]
        if test in ("=", "!=") and _asks_for_secret(variable, policy) and _is_literal(value, policy):
            yield directive.arg_place(2), f'the secret that "{variable}" is compared with'
    for directive in config.find("env"):
        name, _, value = directive.value.partition("=")
        if policy.is_secret_name(name) and _is_literal(value, policy):
            yield directive.arg_place(0), f'the secret "{name}"'
    for directive in config.find("map"):
        yield from _in_map(directive, policy)
    yield from _in_links(config, policy)


def _is_sent(name: str, value: str, policy: Policy) -> bool:
    match = _SCHEME.fullmatch(value)
    if match and "authorization" in name.lower():
        return _is_literal(match["secret"], policy)
    return policy.is_secret_name(name) and " " not in value and _is_literal(value, policy)


def _is_literal(value: str, policy: Policy) -> bool:
    """Whether *value* is itself what is to be kept secret: no variable, no path, no example."""
    if "$" in value or "{{" in value or value.startswith(("/", "~")) or len(value) < _SHORTEST:
        return False
    secret = match["secret"] if (match := _SCHEME.fullmatch(value)) else value
    is_open = policy.is_placeholder(secret) and _LEFT_OPEN.search(secret) is not None
    return not is_open and len(set(secret)) > 3  # noqa: PLR2004 - xxxxxx hides a secret


def _asks_for_secret(variable: str, policy: Policy) -> bool:
    match = _OF_REQUEST.fullmatch(variable)
    return match is not None and (match[1] == "authorization" or policy.is_secret_name(match[1]))


def _in_map(directive: Directive, policy: Policy) -> Iterator[tuple[Place, str]]:
    source, target = (*directive.args, "", "")[:2]
    is_asked, is_made = _asks_for_secret(source, policy), policy.is_secret_name(target.lstrip("$"))
    for entry in directive.children if is_asked or is_made else ():
        if entry.name in ("default", "include", "hostnames", "volatile"):
            continue
        if is_asked and _is_literal(entry.name, policy):
            yield entry.place, f'a secret that "{source}" is compared with'
        elif is_made and _is_literal(entry.value, policy) and not entry.value.isdigit():
            yield entry.arg_place(0), f'the secret "{target}"'


def _in_links(config: NginxConfig, policy: Policy) -> Iterator[tuple[Place, str]]:
    for directive in config.find("secure_link_secret", "secure_link_md5"):
        words = re.sub(r"\$(?:\{\w+\}|\w+)", " ", directive.value).split()
        if any(_is_literal(word, policy) for word in words):
            yield directive.arg_place(0), "the secret of signed links"


def _in_texts(config: NginxConfig, policy: Policy) -> Iterator[tuple[Place, str]]:
    for file in config.sources:
        for match in _ADDRESS.finditer(file.text) if "@" in file.text else ():
            start, end = match.span("secret")
            if _is_literal(match["secret"], policy) and not _is_comment(file, start):
                yield file.place(start, end), "a password in an address"
        for match in _PASSWORD_HASH.finditer(file.text) if any(sign in file.text for sign in _HASH_SIGNS) else ():
            yield file.place(*match.span()), "the hash of a password, from which it can be guessed,"
        for start, end, kind in provider_tokens(file.text):
            yield file.place(start, end), kind


def _is_comment(file: NginxFile, offset: int) -> bool:
    index = bisect_right(file.starts, offset) - 1
    return index < 0 or file.kinds[index] == COMMENT


@rule(
    "nginx/secret-in-log",
    Severity.ERROR,
    bad="""
        log_format full '$remote_addr "$request" '
            '"$http_cookie" $http_authorization';  # <-
        log_format keys "$remote_addr $arg_api_key";  # <-
    """,
    good=(
        'log_format main \'$remote_addr "$request" "$http_referer" "$http_user_agent" $cookie_consent\';',
        "log_format trace '$http_x_request_id $upstream_http_etag $arg_page';",
    ),
    source="https://cwe.mitre.org/data/definitions/532.html",
)
def secret_in_log(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A log that keeps what clients prove themselves by.

    Whoever reads the log, its backups or the service it is sent to can act as any user who was there. Log an id of the
    request or of the user instead. It is reported once for each line of the format.
    """
    for directive in config.find("log_format"):
        for index in range(1, len(directive.args)):
            found = next(
                (each for each in _OF_REQUEST.finditer(directive.args[index]) if _is_told(each[1], policy)), None
            )
            if found:
                message = f'"{found[0]}" is a secret of the client, and the log keeps it; leave it out'
                yield directive.arg_place(index), message


def _is_told(name: str, policy: Policy) -> bool:
    return name in ("authorization", "proxy_authorization", "cookie", "set_cookie") or policy.is_secret_name(name)
