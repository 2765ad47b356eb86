"""Conditions of ``if`` that nginx does not take."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...rule import Report, rule

_COMPARING = ("=", "!=", "~", "~*", "!~", "!~*")
_ASKING = ("-f", "-d", "-e", "-x", "!-f", "!-d", "!-e", "!-x")
_JOINING = ("&&", "||", "and", "or")
_NEARLY = {"==": "=", "===": "=", "eq": "=", "ne": "!=", "<>": "!=", "~=": "~", "=~": "~", "=~*": "~*", "!=~": "!~"}


@rule(
    "nginx/invalid-condition",
    Severity.ERROR,
    bad=(
        """
        location / {
            if ($request_method == POST) {  # <-
                return 405;
            }
            return 204;
        }
        """,
        "location / { if ($http_cookie ~ session && $arg_preview = 1) { return 403; } return 204; }  # <-",
        "location / { if ($request_body > 100k) { return 413; } return 204; }  # <-",
        "location / { if (!$arg_token) { return 403; } return 204; }  # <-",
    ),
    good=(
        "location / { if ($request_method = POST) { return 405; } return 204; }",
        'location / { if ( $http_cookie ~ "a && b" ) { return 403; } if ($arg_a) { return 404; } return 204; }',
        "location / { if (!-e $request_filename) { return 404; } if ($arg_a = '') { return 403; } return 204; }",
    ),
    fixed="""
        location / {
            if ($request_method = POST) {
                return 405;
            }
            return 204;
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if",
)
def invalid_condition(config: NginxConfig) -> Iterator[Report]:
    """
    An `if` written as in a program: with `==`, `&&`, `!` or `<`.

    nginx does not start, `invalid condition` or `unexpected "==" in condition`. It takes a variable alone, which holds
    unless it is empty or 0; a comparison by `=`, `!=`, `~`, `~*`, `!~` or `!~*`; and the questions `-f`, `-d`, `-e` and
    `-x`. Two conditions at once are the matter of a `map`.
    """
    for directive in config.find("if"):
        if directive.args and not any(map(config.is_unknown, directive.args)):
            yield from _fault(directive)


def _fault(directive: Directive) -> Iterator[Report]:
    args = directive.args
    joined = next((index for index, word in enumerate(args) if index and word in _JOINING), 0)
    operator = args[1] if len(args) > 1 else ""
    if joined and len(args) > 3:  # noqa: PLR2004 - more than one comparison has
        yield directive.arg_place(joined), f'nginx does not start: "if" knows no "{args[joined]}"; use a map'
    elif operator in _NEARLY and args[0].startswith("$"):
        right = _NEARLY[operator]
        place = directive.arg_place(1)
        yield place, f'nginx does not start: write "{right}", not "{operator}"', (Edit(place, right, safe=False),)
    elif args[0].startswith("!$") and len(args) == 1:
        message = f'nginx does not start: write ({args[0][1:]} = "") for a variable that is not set'
        yield directive.arg_place(0), message
    elif not _is_valid(args):
        index = 1 if args[0].startswith("$") and operator and operator not in _COMPARING else 0
        message = f'nginx does not start: "{args[index]}" makes no condition; compare by "=", "!=" or "~", or use a map'
        yield directive.arg_place(index), message


def _is_valid(args: tuple[str, ...]) -> bool:
    first = args[0]
    if len(args) == 1:
        return first.startswith("$") and len(first) > 1
    if first in _ASKING:
        return len(args) == 2  # noqa: PLR2004 - the question and the file
    return first.startswith("$") and len(args) == 3 and args[1] in _COMPARING  # noqa: PLR2004 - one comparison
