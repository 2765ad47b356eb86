"""Writes servers of nginx at random, and the questions to ask about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Literal

FILES = ("index.html", "a/index.html", "a/b.js", "a/b/c.css", "b", "c.html", "ab/x.js", "err.html", "a.js")
FOLDERS = ("a/b/empty",)
# fmt: off
URIS = [
    "/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/a/b.js", "/a/b/c.css", "/b", "/b/", "/b/c", "/c", "/c.html",
    "/ab", "/ab/", "/ab/x.js", "/A", "/a.js", "/err.html", "/x", "/x/y", "//a", "/a//b", "/a/../b", "/a/./b",
    "/a/b/..", "/%61", "/a%2Fb", "/a%2eb", "/b?x=1", "/a?y=2&x=3", "/c.html?z", "/index.html", "/a/index.html",
    "/../x", "/%zz", "/a/b/empty", "/a/b/empty/", "/old/a", "/old",
]
# fmt: on
# fmt: off
REGEXES = [
    r"\.js$", r"\.(css|js)$", "^/a", "^/a/b", "^/b$", "^/(?<first>[a-c])/", "b", "/$", "^/[a-b]+/", r"\.html$",
    "^/x/(.*)$", "^/A",
]
# fmt: on
SAFE = ("X-A", "X-B", "X-C", "Cache-Control", "X-Frame-Options")
METHODS = ("GET", "GET", "GET", "GET", "HEAD", "POST", "DELETE")


@dataclass
class Writer:
    """Writes one server; every choice comes from *random*."""

    random: Random
    inherits: bool
    backend: int
    mark: int = 0
    has_named: bool = False
    root: str = ""

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def server(self, name: str, port: int, root: str) -> str:
        self.has_named = self.chance(60)
        self.root = root
        lines = [f"listen {port};", f"server_name {name};", f"root {root};"]
        lines += self.settings(40)
        if self.chance(10):
            lines.append("merge_slashes off;")
        if self.chance(15):
            lines.append(f"absolute_redirect {self.random.choice(('on', 'off'))};")
        if self.chance(10):
            lines.append("recursive_error_pages on;")
        if self.chance(10):
            lines.append(f"index {self.random.choice(('c.html index.html', 'nothing.html', '/c.html', 'index.html'))};")
        if self.chance(15):
            lines += self.rewrites("server")
        lines += self.locations("", 0)
        if self.has_named:
            lines.append(f"location @named {{ {' '.join(self.body('@named', 3, nested=False))} }}")
        return "server {\n" + "\n".join(lines) + "\n}\n"

    def settings(self, percent: int) -> list[str]:
        lines = []
        for _ in range(self.random.choice((0, 1, 1, 2)) if self.chance(percent) else 0):
            self.mark += 1
            value = self.random.choice((f"v{self.mark}", f'"v{self.mark} $uri"', '""', f"v{self.mark}-$request_method"))
            lines.append(f"add_header {self.random.choice(SAFE)} {value}{self.random.choice(('', ' always'))};")
        if self.chance(percent // 2):
            lines.append(f"expires {self.random.choice(('1h', '-1', 'epoch', 'max', 'off', '0', '30d'))};")
        if self.chance(percent // 3):
            lines.append(self.error_page())
        if self.inherits and self.chance(20):
            lines.append(f"add_header_inherit {self.random.choice(('on', 'off', 'merge'))};")
        return lines

    def error_page(self) -> str:
        codes = " ".join(self.random.sample(("404", "403", "405", "418", "500", "301"), self.random.choice((1, 1, 2))))
        code = self.random.choice(("", "", "=200 ", "= ", "=410 "))
        page = self.random.choice(("/err.html", "/a/missing.html", "/c", "/x/page?e=1", "http://other.test/e", "/a"))
        page = "@named" if self.has_named and self.chance(20) else page
        return f"error_page {codes} {code}{page};"

    def locations(self, inside: str, depth: int) -> list[str]:
        found, used = [], set()
        for _ in range(self.random.choice((1, 2, 3, 4) if depth == 0 else (0, 0, 1, 2))):
            modifier = self.random.choice(("", "", "", "^~", "=", "~", "~*"))
            if inside.startswith("~") and not modifier.startswith("~"):
                modifier = "~"
            pattern = self.random.choice(REGEXES) if modifier.startswith("~") else self.path(inside)
            key = (modifier == "=", pattern)
            if key in used and not modifier.startswith("~"):
                continue
            used.add(key)
            scope = "~" if modifier.startswith("~") else pattern
            nested = depth < 2 and modifier != "="
            lines = "\n".join(self.body(scope, depth, nested))
            found.append(f"location {modifier} {pattern} {{\n{lines}\n}}")
        return found

    def path(self, inside: str) -> str:
        tails = ("", "/", "a", "a/", "a/b", "b", "b/", "/b", ".js", "x/", "c", "/x.js", "c.html")
        if inside in ("", "/"):
            return "/" + self.random.choice(tails).lstrip("/")
        return inside + self.random.choice(tails[1:])

    def body(self, scope: str, depth: int, nested: bool) -> list[str]:
        lines = self.settings(50)
        if self.chance(12):
            lines += self.rewrites("location")
        if self.chance(8):
            lines.append("internal;")
        if self.chance(10):
            lines.append(
                self.random.choice(("deny all;", "allow 127.0.0.1; deny all;", "deny 127.0.0.1;", "allow all;"))
            )
        if self.chance(8) and scope != "@named":
            lines.append("limit_except GET { deny all; }")
        if self.chance(8):
            lines.append(self.condition())
        lines += self.content(scope)
        if nested:
            lines += self.locations(scope, depth + 1)
        return lines

    def content(self, scope: str) -> list[str]:
        self.mark += 1
        choices = [
            self.returns,
            self.returns,
            self.returns,
            self.files,
            self.files,
            self.tries,
            self.errors,
            self.redirects,
        ]
        if not scope.startswith(("~", "@")):
            choices += [self.proxy, self.alias]
        return [self.random.choice(choices)()]

    def returns(self) -> str:
        return f'return 200 "m{self.mark} $uri $args";'

    def errors(self) -> str:
        return self.random.choice(("return 404;", "return 418;", "return 403;", 'return 404 "gone";', "return 500;"))

    def redirects(self) -> str:
        target = self.random.choice(("/b", "/a?q=1", "http://other.test$request_uri", "/x$is_args$args"))
        return f"return {self.random.choice((301, 302, 307, 308))} {target};"

    def tries(self) -> str:
        tries = self.random.choice(("$uri", "$uri $uri/", "$uri.html $uri", "/nothing", "$uri/index.html"))
        last = self.random.choice(("/index.html", "=404", "/c.html?t=1", "/x/y", "=418", "/a/"))
        last = "@named" if self.has_named and self.chance(20) else last
        return f"try_files {tries} {last};"

    def files(self) -> str:
        return f"root {self.root}/{self.random.choice(('a', 'a/', 'nothing'))};" if self.chance(15) else ""

    def proxy(self) -> str:
        return f"proxy_pass http://127.0.0.1:{self.backend};"

    def alias(self) -> str:
        return f"alias {self.root}/{self.random.choice(('a/', 'a', '', 'c.html', 'b'))};"

    def condition(self) -> str:
        test = self.random.choice(
            ("$request_method = POST", "$uri ~ b", "$args", "$uri = /a", "$uri !~ ^/a", "-f $request_filename")
        )
        inside = " ".join(self.settings(70)[:2])
        inside = re.sub(r"error_page [^;]*;|add_header_inherit [^;]*;", "", inside) if self.chance(50) else inside
        end = self.random.choice(("", "", 'return 200 "if";', "return 403;", "rewrite ^/a(.*)$ /b$1 last;"))
        return f"if ({test}) {{ {inside} {end} }}"

    def rewrites(self, where: Literal["server", "location"]) -> list[str]:
        flags = ("", "last", "break", "redirect", "permanent")
        choices = [
            f"rewrite ^/old/(.*)$ /$1 {self.random.choice(flags)};",
            f"rewrite ^/x(.*)$ /a$1?r=1 {self.random.choice(flags)};",
            f"rewrite ^/c$ /b? {self.random.choice(flags)};",
            "set $mine $uri; if ($mine = /b) { return 302 /c; }",
            "if ($args ~ x=(.)) { rewrite ^ /x/$1 break; }",
            "rewrite ^/a/b$ /b; break; rewrite ^/b$ /c;",
        ]
        if where == "location":
            choices.append("rewrite ^/a$ /a/b last;")
        return self.random.sample(choices, self.random.choice((1, 1, 2)))


# fmt: off
HOSTS = [
    "a.test", "b.test", "www.a.test", "x.www.a.test", "a.example", "a.test.example", "b.a.test", "A.TEST",
    "a.test.", "www.example", "other", "10.0.0.1",
]
# fmt: on
# fmt: off
NAMES = [
    "a.test", "b.test", "*.a.test", ".a.test", "www.*", "a.*", "www.a.test", r"~^www\.", r"~^(?<sub>[ab])\.test$",
    r"~a\.test", "~example$", "*.test", "other",
]
# fmt: on
LISTENS = (
    "{port}",
    "{port}",
    "{port} default_server",
    "127.0.0.1:{port}",
    "127.0.0.2:{port}",
    "127.0.0.2:{port} default_server",
)


def namesakes(random: Random, port: int) -> list[str]:
    """Two to five servers that share a port, each of which answers with its number."""
    servers, defaults = [], set()
    for number in range(random.choice((2, 3, 4, 5))):
        listens = []
        for choice in random.sample(LISTENS, random.choice((1, 1, 2))):
            socket = choice.split()[0]
            is_taken = choice.endswith("default_server") and socket in defaults
            defaults.update({socket} if choice.endswith("default_server") else ())
            listens.append(socket if is_taken else choice)
        names = " ".join(f'"{name}"' for name in random.sample(NAMES, random.choice((0, 1, 1, 2))))
        server_name = f"server_name {names}; " if names else ""
        sockets = {word.split()[0]: word for word in sorted(listens)}
        lines = " ".join(f"listen {word.format(port=port)};" for word in sockets.values())
        servers.append(f'server {{ {lines} {server_name}return 200 "{number}"; }}\n')
    return servers
