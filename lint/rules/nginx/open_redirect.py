"""Redirects to wherever a link says."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location
from ...rule import Report, rule
from .any_host import is_loose
from .once import once
from .targets import VARIABLE, authority, setting_of


@rule(
    "nginx/redirect-to-any-site",
    Severity.WARNING,
    bad=(
        "location /login { return 302 $arg_next; }  # <-",
        "location /out { set $to $arg_url; return 302 https://$to; }  # <-",
        "location ~ ^/go/(.*)$ { return 302 https://$1; }  # <-",
        "server { rewrite ^/out/(.+)$ http://$1 redirect; }  # <-",
    ),
    good=(
        "location /login { return 302 /welcome?next=$arg_next; }",
        "location ~ ^/go/([a-z]+)$ { return 302 https://$1.example.com/; }",
        "location /a { if ($arg_next ~ ^https://example.com/) { return 302 $arg_next; } return 404; }",
        "location /b { if ($arg_next !~ ^https://example.com/) { return 400; } return 302 $arg_next; }",
        "server { server_name ~^www\\\\.(?<name>.+)$; return 301 https://$name$request_uri; }",
        "location ~ ^/old(/.*)$ { return 302 https://$host$1; }",
        "location = / { return 302 $cookie_start; }",
    ),
    source="https://cwe.mitre.org/data/definitions/601.html",
)
def redirect_to_any_site(config: NginxConfig) -> Iterator[Report]:
    """
    A redirect whose target stands in the link.

    Who gets a link to this site trusts it, and lands on another that looks the same and asks for the password. Choose
    the target by a `map` that knows them all, or send on a path only, behind a host of one's own.
    """
    yield from once(_open(config))


def _open(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("return", "rewrite"):
        index = len(directive.args) - 1 if directive.name == "return" else 1
        is_redirect = directive.args[:1] in (("301",), ("302",), ("303",), ("307",), ("308",)) or index == 0
        if directive.name == "rewrite":
            is_redirect = len(directive.args) > 1
        target = directive.args[index] if is_redirect and directive.args else ""
        if "$" not in target or directive.is_inside("stream") or config.is_unknown(target):
            continue
        host = authority(target)
        found = VARIABLE.search(host)
        if found and not host[: found.start()].rpartition("://")[2]:
            name, rest = found[1] or found[2], host[found.end() :]
            if _is_free(directive, name, "://" in host, rest.startswith(".")):
                message = f'"${name}" sends visitors to any site that a link names; choose the target by a map'
                yield directive.arg_place(index), message


def _is_free(directive: Directive, name: str, has_scheme: bool, is_bound: bool, depth: int = 3) -> bool:
    if _is_looked_at(directive, f"${name}"):
        return False
    if name.lower().startswith("arg_"):
        return True
    if directive.name == "rewrite" and name.isdigit():
        return has_scheme and is_loose(directive.value, name, False, is_bound)
    around = directive.enclosing("location")
    head = location(around) if around is not None and not around.first("rewrite", "if") else None
    if head is not None and head.is_regex and (name.isdigit() or f"<{name}>" in head.pattern):
        return has_scheme and is_loose(head.pattern, name, head.modifier == "~*", is_bound)
    setting = setting_of(directive, name) if depth else None
    found = VARIABLE.match(setting.args[1]) if setting is not None else None
    return found is not None and _is_free(directive, found[1] or found[2], has_scheme, is_bound, depth - 1)


def _is_looked_at(directive: Directive, variable: str) -> bool:
    """Whether a condition around the redirect, or one that turns requests away before it, asks for the variable."""
    for outer in directive.ancestors:
        if outer.name == "if" and variable in outer.args:
            return True
        if any(variable in each.args and each.first("return") is not None for each in outer.find("if")):
            return True
    return False
