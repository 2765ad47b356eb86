"""The rules of nginx take statements that nginx itself would refuse; each text was found by mutating configurations."""

from __future__ import annotations

import pytest

from fairlead.lint.engine import Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.selection import Selection

BROKEN = [
    "location { alias /srv/; }",
    "location / { alias; }",
    "location / { deny all; rewrite; }",
    "location / { allow; deny; return; }",
    "location ~ { return; }",
    "location ~ ( { alias /srv/$1; }",
    "server { listen; server_name; ssl_certificate; ssl_certificate_key //; root //; }",
    "server { listen 443 ssl; ssl_protocols; ssl_ciphers; ssl_ecdh_curve; ssl_session_timeout; ssl_session_cache; }",
    "map { } map $uri { ~ $1; } map $uri $a { ~( $a; } add_header X $a;",
    "set; set $a $a; return 301 $a;",
    "set $a $b; set $b $a; return 301 $b;",
    "if { } if (x) { return 301 $1; } if ($uri ~) { return 301 $1; }",
    "proxy_pass; grpc_pass; proxy_ssl_verify; stub_status; location /a { stub_status; proxy_pass; }",
    "limit_req_zone; limit_req; limit_conn_zone a; keepalive_requests; client_max_body_size; user; env; log_format a;",
    "worker_rlimit_nofile; events { worker_connections; }",
    "error_page; secure_link_md5; autoindex; fastcgi_split_path_info;",
    "location ~ \\.php { fastcgi_param; fastcgi_pass; }",
]


@pytest.mark.parametrize("text", BROKEN)
def test_no_rule_of_nginx_fails_on_a_broken_statement(text: str) -> None:
    setup = Setup(selection=Selection("strict", select=("nginx",)))

    for around in (text, f"events {{}} http {{ {text} }}", f"events {{}} http {{ server {{ {text} }} }}"):
        files = Files({"nginx.conf": around}, only_overlay=True)

        assert [] == lint({"nginx": ["nginx.conf"]}, files, setup).failures
