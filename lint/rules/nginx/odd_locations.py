"""Expressions of locations that say more, or less, than is meant."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, location
from ...regex import regex
from ...rule import Report, rule
from .always import takes_all

_LOCATION = "https://nginx.org/en/docs/http/ngx_http_core_module.html#location"
_LITERAL = regex(r"\^((?:[\w/~%-]|\\[./-])+)\$")
_WHATEVER = frozenset({"default", "include", "ranges", "0.0.0.0/0"})
_EXTENSION = regex(r"\\\.(?:\(\??:?[\w|?]+\)|\w{2,5})")


@rule(
    "nginx/expression-for-one-path",
    Severity.INFO,
    preset="strict",
    bad=r"""
        location ~ ^/robots\.txt$ {  # <-
            return 204;
        }
    """,
    good=(
        "location ~* ^/about$ { return 204; }",
        "location ~ ^/about/?$ { return 204; }",
        r"location ~ ^/(a|b)\.txt$ { return 204; }",
    ),
    fixed="""
        location = /robots.txt {
            return 204;
        }
    """,
    unsafe=True,
    source=_LOCATION,
    covers=("gixy:regex_exact_match", "nginx-linter:strict-location"),
)
def expression_for_one_path(config: NginxConfig) -> Iterator[Report]:
    """
    An expression that only one path matches.

    It is tried for every request that comes by; `location = /path` is found at once, and before all expressions, which
    is why somebody should look at the change.
    """
    for directive in config.locations:
        head = location(directive)
        literal = _LITERAL.fullmatch(head.pattern) if head.modifier == "~" else None
        if literal and len(directive.args) > 1:
            path = literal[1].replace("\\", "")
            edits = (
                Edit(directive.arg_place(0), "=", safe=False),
                Edit(directive.arg_place(1), path, safe=False),
            )
            yield directive.arg_place(1), f'only one path matches; write "location = {path}"', edits


@rule(
    "nginx/extension-not-at-end",
    Severity.INFO,
    preset="strict",
    bad=r"""
        location ~ \.php {  # <-
            return 404;
        }
    """,
    good=(
        r"location ~ \.php$ { return 404; }",
        r"location ~ \.php(/|$) { return 404; }",
        r"location ~ /\.git { return 404; }",
    ),
    fixed=r"""
        location ~ \.php$ {
            return 404;
        }
    """,
    unsafe=True,
    source=_LOCATION,
    covers=("gixy:unanchored_regex",),
)
def extension_not_at_end(config: NginxConfig) -> Iterator[Report]:
    """
    An extension that may stand anywhere in the path.

    `\\.php` also matches `/notes.php.txt` and `/a.phpx/b`. End the expression with `$`, or with `(/|$)` where a path
    may follow.
    """
    for directive in config.locations:
        head = location(directive)
        if head.is_regex and _EXTENSION.fullmatch(head.pattern) and len(directive.args) > 1:
            text = directive.arg_text(1)
            closing = text[-1] if text[-1] in "\"'" else ""
            edit = Edit(directive.arg_place(1), f"{text.removesuffix(closing)}${closing}", safe=False)
            yield (
                directive.arg_place(1),
                f'"{head.pattern}" matches in the middle of a name, too; end it with "$"',
                (edit,),
            )


@rule(
    "nginx/map-without-default",
    Severity.INFO,
    preset="strict",
    bad="""
        map $http_accept_language $language {  # <-
            ~^de de;
            ~^fr fr;
        }
    """,
    good=(
        "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
        'map $request_uri $path { "~^(?<path>[^?]*)" $path; }',
        "map $uri $target { include /etc/nginx/redirects.map; }",
        "geo $is_office { 10.0.0.0/8 1; default 0; }",
        "geo $office { 10.0.0.0/8 a; 0.0.0.0/0 b; ::/0 c; }",
        "geo $is_far { default 1; 10.0.0.0/8 0; }\nmap $is_far $key { 0 ''; 1 $binary_remote_addr; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_map_module.html#map",
    covers=("gixy:hash_without_default", "nginx-lint:map-missing-default"),
)
def map_without_default(config: NginxConfig) -> Iterator[Report]:
    """
    A `map` or `geo` that says nothing about all other values.

    The variable is empty then. Where it decides about access, a target or a header, write what is meant.
    """
    for directive in config.find("map", "geo"):
        names = [entry.name for entry in directive.children]
        is_open = names and _WHATEVER.isdisjoint(names) and not any(map(_is_whatever, names))
        if is_open and _values(config, directive) <= {name.lower() for name in names}:
            continue
        if is_open and directive.args and directive.file.token_text(directive.token) == directive.name:
            yield directive.place, f'"{directive.args[-1]}" is empty for every other value; add a "default"'


def _values(config: NginxConfig, directive: Directive) -> set[str]:
    """All that the map's source may be, where another map or geo makes it; otherwise something no map names."""
    source = directive.args[0] if len(directive.args) > 1 and directive.name == "map" else ""
    makers = [each for each in config.find("map", "geo") if source and each.args[-1:] == (source,)]
    entries = [entry for each in makers for entry in each.children if entry.args]
    is_known = len(makers) == 1 and "default" in [entry.name for entry in entries]
    if not is_known or any("$" in entry.args[0] or entry.name == "include" for entry in entries):
        return {"\0"}
    return {entry.args[0].lower() for entry in entries}


def _is_whatever(name: str) -> bool:
    """Whether the entry is an expression that every value matches."""
    return name.startswith("~") and takes_all(name.removeprefix("~").removeprefix("*"), "", False)


@rule(
    "nginx/root-of-the-machine",
    Severity.ERROR,
    bad=(
        """
        server {
            listen 80;
            root /;  # <-
            location ~ /\\. { deny all; }
        }
        """,
        "location /files/ { alias /; }  # <-",
    ),
    good=(
        "location /usr/share/doc/ { root /; }",
        "location = /etc/motd { root /; }",
        "server { listen 127.0.0.1:81; location / { return 404; } }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#root",
    covers=("gixy:filesystem_root_exposure",),
)
def root_of_the_machine(config: NginxConfig) -> Iterator[Report]:
    """
    Every file of the machine is served.

    `root /` gives everybody `/etc/passwd`, and whatever else the user of nginx may read: keys, settings, logs. Name the
    folder that is meant. In a location for one folder, such as `/usr/share/doc/`, it serves only that.
    """
    for directive in config.find("root", "alias"):
        block = directive.parent
        if directive.value != "/" or block is None or block.block is None:
            continue
        head = location(block) if block.name == "location" else None
        is_narrow = head is not None and (head.modifier == "=" or (directive.name == "root" and head.pattern != "/"))
        if not is_narrow:
            yield directive.arg_place(0), "every file of the machine is served; name the folder that is meant"
