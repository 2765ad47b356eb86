"""Which files are taken for files of a stack."""

from __future__ import annotations

import pytest

from fairlead.lint.files import Files
from fairlead.lint.recognition import family_of, found_below


@pytest.mark.parametrize(
    ("path", "text", "family"),
    [
        ("nginx.conf", "", "nginx"),
        ("rootfs/nginx.tmpl", "pid /tmp/nginx.pid;\nhttp {\n}\n", "nginx"),
        ("nginx/default.conf.template", "server { listen ${PORT}; }", "nginx"),
        ("conf.d/site.conf", "# a site\nserver {\n  listen 80;\n}\n", "nginx"),
        ("build/Dockerfile.deb.m4", "FROM debian:13\ndefine(`NAME', `x')dnl\nRUN true\n", None),
        ("proxy/app.subdomain.conf.sample", "server {\n  listen 443 ssl;\n}\n", "nginx"),
        ("db/postgresql.conf.sample", "listen_addresses = '*'\nmax_connections = 100\n", None),
        ("sites-enabled/shop", "server {\n  listen 80;\n}\n", "nginx"),
        ("snippets/headers.conf", 'add_header X-Frame-Options "DENY" always;\n', "nginx"),
        ("apps/web.conf", "upstream web {\n  server web:80;\n}\n", "nginx"),
        ("site.conf.erb", "server {\n  listen <%= port %>;\n}\n", "nginx"),
        ("templates/nginx/nginx_not_installed.txt.erb", "<b>nginx is not installed; ask for help</b>", None),
        ("nginx/README", "Our proxy\n\nIt answers for all sites.\nTo close write\n  return 503;\ninto it.\n", None),
        ("nginx/NOTICE", "Copyright some people;\nthe server { } in it\nis under the licence\nof its authors\n", None),
        ("nginx/site", "log_format a '$remote_addr'\n  '$status';\nserver {\n  listen 80; # all\n}\n", "nginx"),
        ("supervisor/nginx.conf", "; the server\n[program:nginx]\ncommand=nginx -g 'daemon off;'\n", None),
        ("logstash/pipeline.conf", 'output {\n  http {\n    url => "u"\n    retry => 3\n  }\n}\n', None),
        ("conf/load.conf.ejs", "load {\n  http {\n    retries = 2\n  }\n}\n", None),
        ("sites-available/radius", "server a {\n  listen {\n    type = auth\n  }\n  authorize {\n  }\n}\n", None),
        ("names.conf", "threads 5\nuid names\n# pid\npid /run/n.pid;\ncache 1s 2h\nlog all\n", None),
        ("conf.d/slip.conf", "servr {\n  listen 80;\n  server_name a.example.com;\n}\n", "nginx"),
        ("conf.d/gzip.conf", "gzip on;\ngzip_types\n  text/css\n  text/plain\n  text/xml;\n", "nginx"),
        ("redis.conf", "maxmemory 512mb\nappendonly yes\n", None),
        ("my.cnf.conf", "[mysqld]\nmax_connections = 1000\n", None),
        ("httpd.conf", "<VirtualHost *:80>\n  ServerName a\n</VirtualHost>\n", None),
        ("supervisord.conf", "[program:web]\ncommand=run; user=www\n", None),
        ("docker-compose.yml", "", "compose"),
        ("compose.prod.yaml", "", "compose"),
        ("docker-compose.override.yml", "", "compose"),
        ("stack.yml", "services:\n  web: {}\n", "compose"),
        ("deploy.yaml", "services:\n  web: {}\n", "compose"),
        ("stack.yaml", "resolver: lts-22.6\npackages:\n- .\n", None),
        ("docs/docker_compose.yaml", "command: docker compose\noptions: []\n", None),
        ("values.yaml", "image: a\n", None),
        ("Dockerfile", "", "dockerfile"),
        ("Dockerfile.frontend.prod", "", "dockerfile"),
        ("api.Dockerfile", "", "dockerfile"),
        ("Containerfile", "", "dockerfile"),
        ("Dockerfile.dockerignore", "*", None),
        ("Dockerfile.nanorc", 'syntax "Dockerfile" "Dockerfile[^/]*$"\n', None),
        ("Dockerfile.j2", "{% set tag = '3.13' %}\nFROM python:{{ tag }}\n", None),
        ("Dockerfile__tmpl__", "FROM node:24\n<% if (yarn) { %>\nRUN yarn\n<% } %>\n", None),
        ("compose.yml", "on: [push]\njobs:\n  check:\n    runs-on: x\n", None),
        ("compose.yml", "web:\n  image: nginx\n", "compose"),
        ("Dockerfile.prod", "# syntax=docker/dockerfile:1\nRUN true\n", "dockerfile"),
        (".env", "", "env"),
        (".env.example", "", "env"),
        ("docker.env.example", "", "env"),
        ("env.example", "", "env"),
        (".envrc", "use nix\n", None),
        ("main.py", "x = 1\n", None),
        ("README.md", "server { }\n", None),
    ],
)  # fmt: skip
def test_a_file_is_recognised_by_name_and_content(path: str, text: str, family: str | None) -> None:
    assert family_of(path, Files({path: text}, only_overlay=True)) == family


def test_dependencies_and_hidden_folders_are_not_searched(folder) -> None:
    for name in (".git/nginx.conf", "node_modules/a/nginx.conf", "web/nginx.conf", ".env", "a/b/Dockerfile"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "loop").symlink_to(".")

    assert sorted(found_below(".")) == [".env", "a/b/Dockerfile", "web/nginx.conf"]


def test_a_build_result_is_not_searched_but_a_folder_of_sources_with_such_a_name_is(folder) -> None:
    for name in ("dist/nginx.conf", "made/build/nginx.conf", "page/dist/nginx.conf", "page/dist/index.html"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "made" / ".gitignore").write_text("/build/\n")

    assert ["dist/nginx.conf"] == list(found_below("."))


def test_a_link_and_its_file_are_one_and_nginx_reads_the_enabled_link(folder) -> None:
    for name in ("sites-available/on", "sites-available/off", "nginx.conf", "sites-enabled/.keep"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    (folder / "sites-enabled" / "on").symlink_to("../sites-available/on")
    (folder / "nginx-again.conf").symlink_to("nginx.conf")

    found = [path for path in found_below(".") if not path.endswith(".keep")]

    assert sorted(found) == ["nginx.conf", "sites-available/off", "sites-enabled/on"]
