"""Names a release's containers in nginx's configuration, where the stack's own files name services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import SettingsError

COMMENT = re.compile(r"#[^\n]*")


class UpstreamError(SettingsError):
    """nginx reaches an app service in a way that cannot be switched."""


def for_release(files: Mapping[str, str], services: Iterable[str], release: str) -> dict[str, str]:
    """
    *files*, in which each `server SERVICE:PORT` of an upstream names that service's containers of *release*.

    Args:
        files: The text of each file of a generation, by its path in it.
        services: The services of the app tier.

    Raises:
        UpstreamError: a service is named elsewhere, such as in `proxy_pass http://SERVICE:PORT`, or nowhere resolved.
    """
    names = sorted(services, key=len, reverse=True)
    if not names:
        return dict(files)
    any_name = "|".join(map(re.escape, names))
    server = re.compile(rf"(\bserver\s+)({any_name})((?::\d+)?(?=[\s;])[^;]*;)")
    for path, text in files.items():
        _check(path, text, any_name, server)
    return {path: server.sub(rf"\g<1>\g<2>-{release}\g<3>", text) for path, text in files.items()}


def _check(path: str, text: str, any_name: str, server: re.Pattern[str]) -> None:
    plain = COMMENT.sub(lambda found: " " * len(found[0]), text)
    for found in re.finditer(rf"\b\w+_pass\s+(?:\w+://)?({any_name}):\d+", plain):
        raise UpstreamError(
            f"{_where(path, plain, found)}: {found[0]}: nginx keeps this address until it is started anew; name an "
            f"upstream with `server {found[1]}:PORT resolve;` instead"
        )
    for found in server.finditer(plain):
        if "resolve" not in found[3].rstrip(";").split():
            raise UpstreamError(
                f"{_where(path, plain, found)}: {found[0]}: without `resolve` nginx does not start while this "
                "release is not there; add it, and a zone and a resolver to the upstream"
            )


def _where(path: str, text: str, found: re.Match[str]) -> str:
    return f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
