"""Expressions that a short address keeps busy for long."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...nginx.ambiguity import squared
from ...nginx.backtracking import blowup
from ...rule import Report, rule
from .expressions_used import expressions
from .once import once


@rule(
    "nginx/slow-expression",
    Severity.WARNING,
    bad=(
        """
        location ~ ^/(\\w+\\s?)*$ {  # <-
            return 404;
        }
        """,
        "server { rewrite ^/([a-z]+)*\\.php$ /index.php last; }  # <-",
        'location / { if ($http_user_agent ~* "^(([a-z])+.)+[A-Z]([a-z])+$") { return 403; } }  # <-',
        """
        map $http_referer $is_spam {
            default 0;
            "~^https?://(\\w+-?)+\\.example\\.com$" 1;  # <-
        }
        """,
    ),
    good=(
        "location ~ ^/(\\w+)(\\.\\w+)*$ { return 404; }",
        "location ~ ^/(a+)+ { return 404; }",
        "location ~ ^/(?:[a-z]+/)*x$ { return 404; }",
        "location ~ ^/(?>[a-z]+)+$ { return 404; }",
    ),
    source="https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS",
    covers=("gixy:regex_redos",),
)
def slow_expression(config: NginxConfig) -> Iterator[Report]:
    """
    A repetition inside a repetition that the same text can go through in several ways.

    Each further letter doubles the attempts before the match fails: forty letters keep a worker busy until PCRE gives
    up after ten million steps, while all its other connections wait, and anybody may send them. Reported is only what
    was shown to: the text that does it is in the message. Write the inner or the outer repetition, not both, or put a
    separator between that neither may skip.
    """
    for expression in expressions(config):
        found = blowup(expression.pattern, expression.ignore_case)
        if found:
            attack = repr(f"{found.prefix}{found.pump * 2}")[1:-1]
            slow = _short(expression.pattern)
            message = f'"{slow}" takes twice as long with each further "{found.pump}" of "{attack}..."'
            yield expression.place, f"{message}; repeat once, not twice"


@rule(
    "nginx/quadratic-expression",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        location ~ ^/(.*)/(.*)/edit$ {  # <-
            return 404;
        }
        """,
        "server { rewrite ^/([^/]*)-([^/]*)\\.html$ /index.php?a=$1&b=$2 last; }  # <-",
    ),
    good=(
        "location ~ ^/([^/]+)/([^/]+)/edit$ { return 404; }",
        "location ~ ^/(.*)/edit$ { return 404; }",
        "location ~ ^/a(.*)b(.*) { return 404; }",
        "location ~ ^(.+\\.php)(/.+)$ { return 404; }",
    ),
    source="https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS",
    covers=("gixy:regex_redos",),
)
def quadratic_expression(config: NginxConfig) -> Iterator[Report]:
    """
    Two endless repetitions that may share the same text between them.

    Each place may end the first and begin the second, and all are tried before the match fails. An address of eight
    thousand letters, the longest that nginx takes, keeps a worker busy for a third of a second, until PCRE gives up
    after ten million steps and the answer is 500; a few of them each second stop the worker. Let the first take all
    but what separates the two: `([^/]+)/`, not `(.*)/`.
    """
    yield from once(_quadratic(config))


def _quadratic(config: NginxConfig) -> Iterator[Report]:
    for expression in expressions(config):
        found = squared(expression.pattern, expression.ignore_case)
        if found:
            attack = repr(f"{found.prefix}{found.pump * 2}")[1:-1]
            message = f'"{_short(expression.pattern)}" takes four times as long with twice as much of "{attack}..."'
            yield expression.place, f"{message}; let one part leave out what separates the two"


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 60 else f"{pattern[:57]}..."  # noqa: PLR2004 - a line's worth
