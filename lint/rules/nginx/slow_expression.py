"""Expressions that a short address keeps busy for long."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location
from ...nginx.backtracking import blowup
from ...place import Place
from ...rule import Report, rule

Found = tuple[Place, str, bool]
"""Where an expression stands, its text, and whether it ignores case."""


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
    for place, pattern, ignore_case in _expressions(config):
        found = blowup(pattern, ignore_case)
        if found:
            attack = repr(f"{found.prefix}{found.pump * 2}")[1:-1]
            message = f'"{_short(pattern)}" takes twice as long with each further "{found.pump}" of "{attack}..."'
            yield place, f"{message}; repeat once, not twice"


def _expressions(config: NginxConfig) -> Iterator[Found]:
    for directive in config.locations:
        head = location(directive)
        if head.is_regex:
            yield directive.arg_place(len(directive.args) - 1), head.pattern, head.modifier == "~*"
    for directive in config.find("rewrite", "fastcgi_split_path_info"):
        if directive.args:
            yield directive.arg_place(0), directive.value, False
    for directive in config.find("if"):
        if len(directive.args) > 2 and directive.args[1].lstrip("!") in ("~", "~*"):  # noqa: PLR2004 - value, test, pattern
            yield directive.arg_place(2), " ".join(directive.args[2:]), directive.args[1].endswith("*")
    for directive in config.find("server_name"):
        for index, name in enumerate(directive.args):
            if name.startswith("~"):
                yield directive.arg_place(index), name[1:], True
    for directive in config.find("map"):
        yield from _of_map(directive)


def _of_map(directive: Directive) -> Iterator[Found]:
    for entry in directive.children:
        if entry.name.startswith("~"):
            ignore_case = entry.name.startswith("~*")
            yield entry.place, entry.name[2 if ignore_case else 1 :], ignore_case


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 60 else f"{pattern[:57]}..."  # noqa: PLR2004 - a line's worth
