"""Where the files of an ``include`` are, and what those that are not at hand may hold."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping

from ..files import Files
from ..record import dataclass, field
from ..regex import regex

_WILDCARD = regex(r"[*?\[]")

STANDARD: Mapping[str, frozenset[str]] = {
    "mime.types": frozenset({"types"}),
    "fastcgi_params": frozenset({"fastcgi_param"}),
    "fastcgi.conf": frozenset({"fastcgi_param"}),
    "fastcgi-php.conf": frozenset(
        {"fastcgi_param", "fastcgi_split_path_info", "fastcgi_index", "try_files", "set", "fastcgi_path_info"}
    ),
    "uwsgi_params": frozenset({"uwsgi_param"}),
    "scgi_params": frozenset({"scgi_param"}),
    "proxy_params": frozenset({"proxy_set_header"}),
    "koi-win": frozenset({"charset_map"}),
    "koi-utf": frozenset({"charset_map"}),
    "win-utf": frozenset({"charset_map"}),
    "options-ssl-nginx.conf": frozenset(
        {
            "ssl_session_cache",
            "ssl_session_timeout",
            "ssl_session_tickets",
            "ssl_protocols",
            "ssl_prefer_server_ciphers",
            "ssl_ciphers",
        }
    ),
    "snakeoil.conf": frozenset({"ssl_certificate", "ssl_certificate_key"}),
    "hsts.conf": frozenset({"add_header"}),
}
"""The files that nginx's packages, certbot and our own certificates bring along, with the directives in them."""

_SYSTEM_FOLDERS = ("/etc/nginx/", "/usr/local/nginx/conf/", "/usr/local/openresty/nginx/conf/", "/opt/nginx/conf/")


@dataclass(frozen=True)
class Found:
    """
    What an ``include`` names.

    Attributes:
        paths: The files, in nginx's order.
        is_missing: Whether nginx would fail because there is none.
        is_outside: Whether the files belong to the system, not to what is linted.
        names: What a standard file holds.
        others: What a pattern that matches nothing leaves out, of its folder.
    """

    paths: tuple[str, ...] = ()
    is_missing: bool = False
    is_outside: bool = False
    names: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()


_CONFIGURATION = regex(r"\.(?:conf|vhost|nginx|inc)$|(?:^|/)[a-z0-9_-]+$")
"""How a file that somebody wrote for nginx is called: by an ending, or, as in ``sites-enabled``, without one."""
_ENDS = ("", ".template", ".tmpl", ".j2")
"""What is filled in at the start, such as by envsubst, has its template here."""


@dataclass(frozen=True)
class Tree:
    """
    Where a configuration's files are.

    Attributes:
        main: The main file; relative includes start in its folder, as nginx's do.
        mounts: Folders or files of the system nginx will run in, and what stands for them here.
        is_fragment: Whether *main* is itself included by something unknown, so that its folder is no firm ground.
    """

    main: str
    files: Files
    mounts: Mapping[str, str] = field(default_factory=dict)
    is_fragment: bool = False

    def found(self, pattern: str) -> Found:
        """The files that ``include pattern`` reads."""
        if "$" in pattern or "{{" in pattern:
            return Found(is_outside=True)
        folder = posixpath.dirname(self.main)
        if not posixpath.isabs(pattern):
            return self._relative(pattern, folder)
        for path in self._candidates(pattern, folder):
            if paths := self._existing(path):
                return Found(paths)
        return self._absent(pattern)

    def _relative(self, pattern: str, folder: str) -> Found:
        folders = [folder]
        if self.is_fragment:
            folders += [posixpath.join(folder, ".."), posixpath.join(folder, "..", "..")]
        for path in (posixpath.join(start, pattern + end) for end in _ENDS for start in folders):
            if paths := self._existing(path):
                return Found(paths)
        mounted = self._mounted(posixpath.join("/etc/nginx", pattern))
        if mounted is not None and (paths := self._existing(mounted)):
            return Found(paths)
        if posixpath.basename(pattern) in STANDARD or self.is_fragment:
            return self._absent(pattern)
        if not _WILDCARD.search(pattern):
            return Found(is_missing=True)
        return Found(others=self._passed_over(posixpath.join(folder, pattern)))

    def _passed_over(self, pattern: str) -> tuple[str, ...]:
        folder = posixpath.dirname(pattern)
        if _WILDCARD.search(folder) or not self.files.is_folder(folder or "."):
            return ()
        return tuple(filter(_CONFIGURATION.search, self._existing(posixpath.join(folder, "*"))))

    def _absent(self, pattern: str) -> Found:
        return Found(is_outside=True, names=STANDARD.get(posixpath.basename(pattern), frozenset()))

    def _candidates(self, pattern: str, folder: str) -> list[str]:
        """Where an absolute path may be: as mounted, beside the main file, or, for a system's own file, there."""
        mounted = self._mounted(pattern)
        if mounted is not None:
            return [mounted]
        if self._is_installed():
            return [pattern]
        inside = (pattern.removeprefix(start) for start in _SYSTEM_FOLDERS if pattern.startswith(start))
        return [posixpath.join(folder, path) for path in inside]

    def _is_installed(self) -> bool:
        """Whether the main file is one of this machine's nginx, not a copy in a repository."""
        absolute = os.path.abspath(self.main)  # noqa: PTH100 - Path.absolute keeps ".."
        return absolute.startswith(_SYSTEM_FOLDERS) and not self.files.only_overlay

    def _mounted(self, path: str) -> str | None:
        for target in sorted(self.mounts, key=len, reverse=True):
            if path == target:
                return self.mounts[target]
            if path.startswith(target.rstrip("/") + "/"):
                return posixpath.join(self.mounts[target], path[len(target.rstrip("/")) + 1 :])
        return None

    def _existing(self, path: str) -> tuple[str, ...]:
        path = os.path.normpath(path)
        if _WILDCARD.search(path):
            return tuple(self.files.glob(path))
        return (path,) if self.files.exists(path) or self._is_odd(path) else ()

    def _is_odd(self, path: str) -> bool:
        """Whether *path* is there without being a file: reading it will say what it is."""
        return self.files.is_folder(path) or (not self.files.only_overlay and os.path.lexists(path))
