"""Who may come in: lists that let everybody in, and locations that nobody guards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import PASSES, Directive, NginxConfig, listens, location
from ...policy import Policy
from ...rule import Report, rule
from .insertion import after

_ACCESS = "https://nginx.org/en/docs/http/ngx_http_access_module.html"
_ALL = ("all", "0.0.0.0/0")
_GUARDS = (
    "if",
    "auth_jwt",
    "auth_oidc",
    "auth_digest",
    "ssl_verify_client",
    "access_by_lua_block",
    "access_by_lua_file",
)
"""Beside lists and passwords, what may turn a client away."""
_LOCAL = ("127.", "[::1]", "localhost", "unix:")


def _blocks_with_lists(config: NginxConfig) -> Iterator[tuple[Directive, list[Directive]]]:
    """The blocks with ``allow`` or ``deny`` of their own, each once, with these in order."""
    seen: set[int] = set()
    for directive in config.find("allow", "deny"):
        block = directive.parent
        if block is not None and id(block) not in seen and not block.is_inside("stream") and block.name != "stream":
            seen.add(id(block))
            yield block, list(block.find("allow", "deny"))


@rule(
    "nginx/allow-without-deny",
    Severity.WARNING,
    bad="""
        location /admin/ {
            allow 10.0.0.0/8;  # <-
            allow 192.168.0.0/16;
            proxy_pass http://backend;
        }
    """,
    good=(
        "location /admin/ { allow 10.0.0.0/8; deny all; proxy_pass http://backend; }",
        "location /open/ { allow all; proxy_pass http://backend; }",
        """
        location /admin/ {
            satisfy any;
            allow 10.0.0.0/8;
            auth_basic "staff only";
            auth_basic_user_file /etc/nginx/users;
            proxy_pass http://backend;
        }
        """,
        "location /api/ { deny 203.0.113.7; proxy_pass http://backend; }",
        "location /admin/ { allow 10.0.0.0/8; include /etc/nginx/lists/office.conf; proxy_pass http://backend; }",
    ),
    fixed="""
        location /admin/ {
            allow 10.0.0.0/8;
            allow 192.168.0.0/16;
            deny all;
            proxy_pass http://backend;
        }
    """,
    unsafe=True,
    source=_ACCESS,
    covers=("gixy:allow_without_deny",),
)
def allow_without_deny(config: NginxConfig) -> Iterator[Report]:
    """
    `allow` without any `deny`, which keeps nobody out.

    Rules are tried in order and the first that fits decides; whom none fits may come in. `deny all` must end the list.
    """
    for block, rules in _blocks_with_lists(config):
        if any(each.name == "deny" or each.value == "all" for each in rules) or config.may_hold(block, "deny"):
            continue
        if config.effective(block).access.is_any:
            continue
        message = 'addresses that no "allow" names may come in as well; end the list with "deny all;"'
        yield rules[0].place, message, (after(rules[-1], "deny all;", safe=False),)


@rule(
    "nginx/access-rule-without-effect",
    Severity.WARNING,
    bad=(
        """
        location /admin/ {
            deny all;
            allow 10.0.0.0/8;  # <-
            proxy_pass http://backend;
        }
        """,
        """
        location /admin/ {
            allow 10.0.0.0/8;
            allow all;
            deny 203.0.113.7;  # <-
            proxy_pass http://backend;
        }
        """,
    ),
    good=(
        "location /admin/ { allow 10.0.0.0/8; deny all; proxy_pass http://backend; }",
        "location /admin/ { deny 10.0.0.7; allow 10.0.0.0/8; deny all; proxy_pass http://backend; }",
    ),
    source=_ACCESS,
)
def access_rule_without_effect(config: NginxConfig) -> Iterator[Report]:
    """
    A rule behind one that fits everybody.

    The first rule that fits decides, so nothing behind `deny all` or `allow all` is ever looked at.
    """
    for _, rules in _blocks_with_lists(config):
        final = next((index for index, each in enumerate(rules) if each.value == "all"), len(rules))
        for each in rules[final + 1 :]:
            if each.name != rules[final].name:
                said = f"{rules[final].name} all"
                yield each.place, f'"{each.name} {each.value}" stands behind "{said}" and is never tried; move it up'


@rule(
    "nginx/return-before-access",
    Severity.WARNING,
    bad=(
        """
        location /internal/ {
            deny all;
            return 200 "for us only";  # <-
        }
        """,
        """
        location /staff/ {
            auth_basic "staff only";
            auth_basic_user_file /etc/nginx/users;
            return 302 https://wiki.example.com/;  # <-
        }
        """,
    ),
    good=(
        "location /internal/ { deny all; return 404; }",
        "server { deny all; location = /healthz { return 200 ok; } }",
        "location /internal/ { allow 10.0.0.0/8; deny all; if ($arg_old) { return 301 /new/; } root /srv; }",
        "server { deny 203.0.113.7; return 301 https://example.com$request_uri; }",
        "location /open/ { allow all; return 200 ok; }",
    ),
    source="https://nginx.org/en/docs/dev/development_guide.html#http_phases",
    covers=("gixy:return_bypasses_allow_deny",),
)
def return_before_access(config: NginxConfig) -> Iterator[Report]:
    """
    `return` beside `allow`, `deny` or a password, which it comes before.

    nginx answers `return` while it rewrites, before it asks who may come in, so everybody gets the answer. Serve a
    file, or hand the request on, where access matters.
    """
    for directive in config.find("return", "rewrite"):
        block = directive.parent
        if block is None or block.name != "location" or location(block).modifier == "@" or _refuses(directive):
            continue
        guard = _guard(block)
        if guard is None and directive.value.startswith("2") and location(block).modifier != "=":
            guard = next((found for outer in block.ancestors if (found := _guard(outer))), None)
        if guard is not None and config.effective(block).setting("internal") is None:
            said = f'"{directive.name}" comes before "{guard.name}"'
            yield directive.place, f"everybody gets this answer: {said}; serve it in another way"


def _refuses(directive: Directive) -> bool:
    """Whether nothing is given away: a refusal, or a ``rewrite`` that does not answer."""
    if directive.name == "rewrite":
        leads_out = re.match(r"https?://|\$scheme", (*directive.args, "", "")[1])
        return not leads_out and directive.args[-1:] not in (("redirect",), ("permanent",))
    return directive.value.isdigit() and int(directive.value) >= 400  # noqa: PLR2004 - the first refusal


def _guard(block: Directive) -> Directive | None:
    """What keeps people out of *block*, among its own directives."""
    rules = tuple(block.find("allow", "deny"))
    password = next((each for each in block.find("auth_basic", "auth_request") if each.value != "off"), None)
    denying = next((each for each in rules if each.name == "deny"), None)
    return denying if denying and not _lets_all_in(rules) else password


@rule(
    "nginx/status-page-open",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            location /nginx_status { stub_status; }  # <-
        }
        """,
        "location /nginx_status { stub_status; allow 10.0.0.0/8; allow all; deny all; }  # <-",
        "location /metrics { proxy_pass http://backend; }  # <-",
        "location ^~ /actuator/ { proxy_pass http://backend; }  # <-",
    ),
    good=(
        "location /nginx_status { stub_status; allow 127.0.0.1; deny all; }",
        "server { listen 127.0.0.1:8081; location = /nginx_status { stub_status; } }",
        "location = /metrics { auth_basic 'staff only'; auth_basic_user_file /etc/nginx/users; proxy_pass http://b; }",
        "location /metrics { return 404; }",
        "location /order/status { proxy_pass http://backend; }",
        "location /metrics { internal; proxy_pass http://backend; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_stub_status_module.html",
    covers=("gixy:status_page_exposed",),
)
def status_page_open(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A page about the inside of the server that everybody may read.

    Counters, metrics and debug pages show load, versions, paths and sometimes secrets. Which addresses of an
    application are such pages is the policy's `limits.status_paths`; `stub_status` and `api` always are.
    """
    for block, handler in _pages(config, policy):
        at = config.effective(block)
        if at.returns or at.setting("internal") or config.may_hold(block, "allow", "deny") or _is_local(at.server):
            continue
        if _is_open(config, block):
            path = location(block).pattern if block.name == "location" else "this server"
            yield handler.place, f'everybody may read "{path}"; add "allow" for those who need it and "deny all;"'


def _pages(config: NginxConfig, policy: Policy) -> Iterator[tuple[Directive, Directive]]:
    """The blocks that show the inside of a server, each with the directive that does."""
    for directive in config.find("stub_status", "api"):
        if directive.parent is not None and directive.parent.name in ("location", "server"):
            yield directive.parent, directive
    for block in config.locations:
        handler = config.effective(block).handler
        if handler is not None and handler.name in PASSES and _is_status(_path(block), policy):
            yield block, handler


def _is_status(path: str, policy: Policy) -> bool:
    return any(re.search(pattern, path, re.IGNORECASE) for pattern in policy.limits.status_paths)


def _path(block: Directive) -> str:
    head = location(block)
    return head.pattern if head.modifier in ("", "=", "^~") else ""


def _is_open(config: NginxConfig, block: Directive) -> bool:
    """Whether everybody may come in, as far as the file tells."""
    at = config.effective(block)
    rules = at.access.rules
    if at.access.is_any and _lets_all_in(rules):
        return True
    is_guarded = at.access.password is not None or at.access.request is not None or at.setting(*_GUARDS) is not None
    denies = any(each.name == "deny" and each.value in _ALL for each in rules)
    return not is_guarded and (not denies or _lets_all_in(rules))


def _lets_all_in(rules: tuple[Directive, ...]) -> bool:
    """Whether ``allow all`` stands before any ``deny all``."""
    final = next((each for each in rules if each.value in _ALL), None)
    return final is not None and final.name == "allow"


def _is_local(server: Directive | None) -> bool:
    return server is not None and all(listen.address.startswith(_LOCAL) for listen in listens(server))
