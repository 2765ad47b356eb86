"""Redirects and answers that are made in a roundabout way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...rule import Report, rule
from .once import once

_RETURN = "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#return"
_EVERYTHING = frozenset({"^", ".*", "^.*", "^.*$", "^/", "^(.*)$", "^(.*)", "(.*)", "^/(.*)$", "^/(.*)"})
_STATUS = {"permanent": "301", "redirect": "302"}


@rule(
    "nginx/rewrite-for-redirect",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            server_name example.com;
            rewrite ^ https://www.example.com$request_uri? permanent;  # <-
        }
    """,
    good=(
        "server { server_name example.com; return 301 https://www.example.com$request_uri; }",
        "server { server_name a.test; rewrite ^/old/(.*)$ https://www.example.com/new/$1 permanent; }",
    ),
    fixed="""
        server {
            server_name example.com;
            return 301 https://www.example.com$request_uri;
        }
    """,
    unsafe=True,
    source=_RETURN,
)
def rewrite_for_redirect(config: NginxConfig) -> Iterator[Report]:
    """
    An expression that every path matches, only to redirect.

    `return 301` says so, and tries nothing.
    """
    yield from once(_redirecting(config))


def _redirecting(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("rewrite"):
        if len(directive.args) != 3 or directive.value not in _EVERYTHING or directive.args[2] not in _STATUS:  # noqa: PLR2004 - with a flag
            continue
        target = directive.args[1]
        edits: tuple[Edit, ...] = ()
        if target.endswith("$request_uri?") and not re.search(r"\$\{?\d", target):
            edits = (Edit(directive.whole_place, f"return {_STATUS[directive.args[2]]} {target[:-1]};", safe=False),)
        yield directive.place, f'every path matches; write "return {_STATUS[directive.args[2]]}"', edits


@rule(
    "nginx/error-answered-with-success",
    Severity.INFO,
    preset="strict",
    bad="location / { root /srv/www; error_page 404 =200 /offline.html; }  # <-",
    good=(
        "location / { root /srv/www; error_page 404 /404.html; }",
        "location / { root /srv/www; error_page 404 =410 /gone.html; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
)
def error_answered_with_success(config: NginxConfig) -> Iterator[Report]:
    """
    An error that leaves with status 200.

    Search engines keep the address, caches keep the page, checks of health see no fault. Where all addresses belong to
    one page, `try_files` says so without an error.
    """
    for directive in config.find("error_page"):
        index = next((i for i, word in enumerate(directive.args[:-1]) if word == "=200"), None)
        if index is not None and not _is_named(directive):
            yield directive.arg_place(index), 'the error leaves as a success; take "=200" out, or use try_files'


def _is_named(directive: Directive) -> bool:
    return directive.args[-1].startswith("@")
