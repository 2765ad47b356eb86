"""How large a request nginx lets through, against how large one the application takes."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Variable
from ...finding import Edit, Severity
from ...nginx import Directive, size_bytes
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.passing import all_targets

_COMPOSE = """
    services:
      web:
        image: nginx:1.30.1
        depends_on: [backend]
        volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
      backend:
        image: ghcr.io/acme/app:1.2.3
        environment: {%s}
"""
_CONF = """
    server {
        listen 80;
        client_max_body_size %s;%s
        location / { proxy_pass http://backend:8000; }
    }
"""
_NAME = regex(
    r"(?:\w+_)?(?:MAX_(?:UPLOAD|BODY|REQUEST|CONTENT|FILE|PAYLOAD)(?:_FILE|_BODY)?_?(?:SIZE|LENGTH|LIMIT)"
    r"|(?:UPLOAD|BODY|REQUEST|PAYLOAD)(?:_MAX)?(?:_FILE)?_?(?:SIZE)?_(?:LIMIT|MAX|SIZE)"
    r"|UPLOAD_MAX_FILESIZE|POST_MAX_SIZE|UPLOAD_LIMIT)(?P<unit>_(?:MB|KB|BYTES|MIB|IN_MB))?"
)
_SIZE = regex(r"(?P<number>\d+(?:\.\d+)?)\s*(?:(?P<unit>[kKmMgG])i?[bB]?|[bB])?")
_FACTORS = {"k": 1024, "m": 1024**2, "g": 1024**3}
_SURELY_BYTES = 65536
"""A smaller bare number may count megabytes."""

_DEFAULT = 1024**2


@rule(
    "stack/body-limit-below-application",
    Severity.WARNING,
    bad=(
        {
            "docker-compose.yml": _COMPOSE % 'MAX_UPLOAD_SIZE: "50M"',
            "default.conf": _CONF % ("10m", "  # <-"),
        },
        {
            "docker-compose.yml": _COMPOSE % "MAX_CONTENT_LENGTH: 16777216",
            "default.conf": "server {\n    listen 80;\n    location / {\n"
            "        proxy_pass http://backend:8000;  # <-\n    }\n}\n",
        },
        {
            "docker-compose.yml": _COMPOSE % "UPLOAD_MAX_SIZE_MB: 20",
            "default.conf": _CONF % ("2m", "  # <-"),
        },
    ),
    fixed={
        "docker-compose.yml": _COMPOSE % 'MAX_UPLOAD_SIZE: "50M"',
        "default.conf": _CONF % ("50m", ""),
    },
    good=(
        {"docker-compose.yml": _COMPOSE % 'MAX_UPLOAD_SIZE: "50M"', "default.conf": _CONF % ("50m", "")},
        {"docker-compose.yml": _COMPOSE % 'MAX_UPLOAD_SIZE: "50M"', "default.conf": _CONF % ("0", "")},
        {"docker-compose.yml": _COMPOSE % 'MAX_FILE_SIZE: "20", PAGE_SIZE: 100M', "default.conf": _CONF % ("2m", "")},
    ),
    unsafe=True,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size",
)
def body_limit_below_application(stack: Stack) -> Iterator[Report]:
    """
    nginx refuses requests that the application behind it is told to take.

    Above client_max_body_size, 1 MB unless set, nginx answers 413 and the application never hears of it: whoever
    raised its limit meant larger uploads to work.
    """
    seen: set[Place] = set()
    for container, target in all_targets(stack.containers.values()):
        other = stack.named(target.host, container)
        found = _limit(other) if isinstance(other, Container) else None
        for directive in target.passes if found else ():
            allowed = _allowed(container, directive)
            if found is None or allowed is None or allowed[0] in seen or not 0 < allowed[1] < found[1]:
                continue
            place, size, is_told = allowed
            seen.add(place)
            message = f'nginx takes {_shown(size)}, the application {_shown(found[1])} by "{found[0].name}"; '
            edits = (Edit(place, _shown(found[1]), safe=False),) if is_told else ()
            yield place, message + "raise client_max_body_size", edits


def _limit(container: Container) -> tuple[Variable, int] | None:
    """The variable that says most of what it takes, and the bytes."""
    found = [(each, size) for each in container.environment.values() if (size := _bytes(each))]
    return max(found, key=lambda pair: pair[1]) if found else None


def _bytes(variable: Variable) -> int | None:
    name = _NAME.fullmatch(variable.name.upper())
    size = _SIZE.fullmatch(variable.value.strip()) if name and isinstance(variable.value, str) else None
    if name is None or size is None:
        return None
    unit = (size["unit"] or (name["unit"] or "").removeprefix("_IN").strip("_")[:1]).lower()
    number = float(size["number"])
    if unit in _FACTORS:
        return int(number * _FACTORS[unit])
    return int(number) if unit == "b" or number >= _SURELY_BYTES else None


def _allowed(container: Container, directive: Directive) -> tuple[Place, int, bool] | None:
    """Where nginx is told what it takes, the bytes, and whether it is told; None where that cannot be known."""
    block = directive.parent
    config = next((site.config for site in container.sites if directive in site.config.find(directive.name)), None)
    if block is None or config is None:
        return None
    setting = config.effective(block).setting("client_max_body_size")
    if setting is None:
        is_open = config.may_hold(block, "client_max_body_size")
        return None if is_open else (directive.arg_place(0), _DEFAULT, False)
    size = size_bytes(setting.value)
    return None if size is None else (setting.arg_place(0), size, True)


def _shown(size: int) -> str:
    for unit, factor in (("g", 1024**3), ("m", 1024**2), ("k", 1024)):
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)
