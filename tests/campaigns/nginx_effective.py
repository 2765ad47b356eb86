"""
Asks real nginx and our model of it the same questions about generated configurations, and compares every answer.

Run as a program it asks about many configurations and writes ``docs/campaigns/nginx-effective.md``::

    python -m fairlead.tests.campaigns.nginx_effective --configurations 2000 [--nginx /usr/sbin/nginx]

``tests/system/test_nginx_effective.py`` runs a sample of the same on every change.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from fairlead.lint.nginx import NginxConfig, read
from fairlead.lint.nginx.answer import Answer, answer
from fairlead.lint.nginx.table import Version, version

FILES = ("index.html", "a/index.html", "a/b.js", "a/b/c.css", "b", "c.html", "ab/x.js", "err.html", "a.js")
FOLDERS = ("a/b/empty",)
URIS = (
    "/ /a /a/ /a/b /a/b/ /a/b/c /a/b.js /a/b/c.css /b /b/ /b/c /c /c.html /ab /ab/ /ab/x.js /A /a.js /err.html /x /x/y"
    " //a /a//b /a/../b /a/./b /a/b/.. /%61 /a%2Fb /a%2eb /b?x=1 /a?y=2&x=3 /c.html?z /index.html /a/index.html"
    " /../x /%zz /a/b/empty /a/b/empty/ /old/a /old"
).split()
REGEXES = (
    r"\.js$ \.(css|js)$ ^/a ^/a/b ^/b$ ^/(?<first>[a-c])/ b /$ ^/[a-b]+/ \.html$ ^/x/(.*)$ ^/A".split()
)
SAFE = ("X-A", "X-B", "X-C", "Cache-Control", "X-Frame-Options")
IGNORED = {"server", "date", "content-type", "content-length", "connection", "etag", "last-modified", "accept-ranges"}
METHODS = ("GET", "GET", "GET", "GET", "HEAD", "POST", "DELETE")


@dataclass
class Writer:
    """Writes one server; every choice comes from *random*."""

    random: Random
    inherits: bool
    mark: int = 0

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def server(self, name: str, port: int, root: str) -> str:
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
        if self.chance(60):
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
            lines.append(self.random.choice(("deny all;", "allow 127.0.0.1; deny all;", "deny 127.0.0.1;", "allow all;")))
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
        kind = self.random.choice(("return", "return", "return", "files", "files", "try", "proxy", "error", "redirect"))
        if kind == "return":
            return [f'return 200 "m{self.mark} $uri $args";']
        if kind == "error":
            return [self.random.choice(("return 404;", "return 418;", "return 403;", 'return 404 "gone";', "return 500;"))]
        if kind == "redirect":
            target = self.random.choice(("/b", "/a?q=1", "http://other.test$request_uri", "/x$is_args$args"))
            return [f"return {self.random.choice((301, 302, 307, 308))} {target};"]
        if kind == "try":
            tries = self.random.choice(("$uri", "$uri $uri/", "$uri.html $uri", "/nothing", "$uri/index.html"))
            last = self.random.choice(("/index.html", "=404", "/c.html?t=1", "/x/y", "=418", "/a/"))
            return [f"try_files {tries} {last};"]
        if kind == "proxy" and not scope.startswith(("~", "@")):
            return ["proxy_pass http://127.0.0.1:1;"]
        return []

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


@dataclass(frozen=True)
class Question:
    """One request, and the server it is for."""

    server: int
    method: str
    uri: str


@dataclass(frozen=True)
class Difference:
    """Where nginx and the model disagree."""

    question: Question
    what: str
    real: object
    ours: object
    text: str

    def __str__(self) -> str:
        return (
            f"{self.question.method} {self.question.uri}: {self.what}: nginx {self.real!r}, model {self.ours!r}\n{self.text}"
        )


@dataclass
class Tally:
    """What came of a run."""

    configurations: int = 0
    requests: int = 0
    undecided: int = 0
    statuses: Counter[int] = None  # type: ignore[assignment]  # set below
    differences: list[Difference] = None  # type: ignore[assignment]  # set below

    def __post_init__(self) -> None:
        self.statuses = Counter()
        self.differences = []


def nginx_version(binary: str) -> Version:
    """What ``nginx -v`` says."""
    said = subprocess.run([binary, "-v"], capture_output=True, text=True, check=True).stderr
    return version(said.split("/")[1].split()[0])


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def document_root(folder: Path) -> Path:
    """A folder with the files that the questions are about."""
    for name in FILES:
        path = folder / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"file {name}\n")
    for name in FOLDERS:
        (folder / "root" / name).mkdir(parents=True)
    return folder / "root"


def main_file(folder: Path, servers: Sequence[str]) -> Path:
    """An nginx.conf with *servers*, which keeps all it writes inside *folder*."""
    path = folder / "nginx.conf"
    temporary = "\n".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log crit;\n"
        f"events {{ worker_connections 256; }}\nhttp {{\naccess_log off; {temporary}\n"
        f"default_type text/plain; server_names_hash_bucket_size 128; keepalive_timeout 60;\n" + "".join(servers) + "}\n"
    )
    return path


@contextmanager
def running(binary: str, path: Path, port: int) -> Iterator[None]:
    """nginx with that configuration, until the block ends."""
    test = [binary, "-t", "-q", "-p", str(path.parent), "-c", str(path)]
    checked = subprocess.run(test, capture_output=True, text=True, check=False)
    if checked.returncode:
        raise RuntimeError(checked.stderr)
    process = subprocess.Popen([binary, "-p", str(path.parent), "-c", str(path)], stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            continue
        return
    raise RuntimeError("nginx did not start")


def on_disk(path: str) -> Literal["file", "folder"] | None:
    """What is at *path*."""
    if Path(path).is_dir():
        return "folder"
    return "file" if Path(path).is_file() and not path.endswith("/") else None


def compared(question: Question, port: int, config: NginxConfig, connection: http.client.HTTPConnection) -> list[tuple[str, object, object]] | None:
    """What differs between nginx's answer and ours; None where the model says it cannot know."""
    host = f"s{question.server}.test"
    connection.putrequest(question.method, question.uri, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", f"{host}:{port}")
    connection.endheaders()
    real = connection.getresponse()
    body = real.read().decode("latin-1")
    ours = answer(config, f"http://{host}:{port}{question.uri}", method=question.method, client="127.0.0.1", disk=on_disk)
    return _differences(real, body, ours, question)


def _differences(
    real: http.client.HTTPResponse, body: str, ours: Answer, question: Question
) -> list[tuple[str, object, object]] | None:
    if ours.unknown:
        return None
    found: list[tuple[str, object, object]] = []
    passes = ours.status is None and ours.handler.endswith("_pass")
    if passes:
        return [] if real.status in (502, 404, 403, 418, 410, 200, 302, 405, 500) else [("status", real.status, "passes on")]
    if ours.status != real.status:
        found.append(("status", real.status, ours.status))
    if (real.getheader("Location") or "") != ours.redirect:
        found.append(("Location", real.getheader("Location"), ours.redirect))
    if ours.handler == "return" and ours.body and question.method == "GET" and ours.body != body and real.status < 300:
        found.append(("body", body, ours.body))
    theirs = sorted(
        ((k.lower(), v) for k, v in real.getheaders() if k.lower() not in IGNORED | {"location"}), key=lambda pair: pair[0]
    )
    mine = sorted(_expanded(ours), key=lambda pair: pair[0])
    if [k for k, _ in theirs] != [k for k, _ in mine]:
        found.append(("header names", theirs, mine))
    elif any(b is not None and a != b for (_, a), (_, b) in zip(theirs, mine, strict=True)):
        found.append(("header values", theirs, mine))
    return found


def _expanded(ours: Answer) -> Iterator[tuple[str, str]]:
    for header in ours.headers:
        value = header.value
        if value is not None and "$" in value:
            value = None
        yield header.key, value  # type: ignore[misc]  # None where only nginx can tell


def run(seeds: Sequence[int], binary: str, folder: Path, per_server: int = 12) -> Tally:
    """Asks about one configuration for each seed, all in one nginx."""
    port, root = free_port(), document_root(folder)
    release = nginx_version(binary)
    texts = []
    for index, seed in enumerate(seeds):
        texts.append(Writer(Random(seed), release >= (1, 29, 3)).server(f"s{index}.test", port, str(root)))
    path = main_file(folder, texts)
    tally = Tally(configurations=len(texts))
    with running(binary, path, port):
        config = read(str(path), version=release)
        if config.problems:
            raise RuntimeError(f"the model refuses what nginx takes: {config.problems[:3]}")
        for index, seed in enumerate(seeds):
            _ask(index, Random(seed + 1), per_server, port, config, texts[index], tally)
    return tally


def _ask(index: int, random: Random, count: int, port: int, config: NginxConfig, text: str, tally: Tally) -> None:
    for uri in random.sample(URIS, count):
        question = Question(index, random.choice(METHODS), uri)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        found = compared(question, port, config, connection)
        connection.close()
        tally.requests += 1
        if found is None:
            tally.undecided += 1
        for what, real, ours in found or ():
            tally.differences.append(Difference(question, what, real, ours, text))


def campaign(configurations: int, binary: str, start: int) -> Tally:
    """Runs all of it, a hundred configurations at a time."""
    total = Tally()
    for first in range(start, start + configurations, 100):
        folder = Path(tempfile.mkdtemp(prefix="fairlead-nginx-"))
        folder.chmod(0o755)
        try:
            tally = run(range(first, min(first + 100, start + configurations)), binary, folder)
        finally:
            shutil.rmtree(folder)
        total.configurations += tally.configurations
        total.requests += tally.requests
        total.undecided += tally.undecided
        total.differences += tally.differences
        sys.stdout.write(f"{total.configurations} configurations, {total.requests} requests, "
                         f"{total.undecided} undecided, {len(total.differences)} differences\n")
    return total


def main() -> int:
    """Runs the campaign and writes its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configurations", type=int, default=2000)
    parser.add_argument("--start", type=int, default=1)
    parser.add_argument("--nginx", default=os.environ.get("FAIRLEAD_NGINX", "/usr/sbin/nginx"))
    parser.add_argument("--show", type=int, default=3)
    arguments = parser.parse_args()
    tally = campaign(arguments.configurations, arguments.nginx, arguments.start)
    for difference in tally.differences[: arguments.show]:
        sys.stdout.write(f"{difference}\n")
    sys.stdout.write(f"{Counter(each.what for each in tally.differences)}\n")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())
