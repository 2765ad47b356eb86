"""What applications tell about themselves through nginx."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_whole, servers
from .insertion import inside

_PREFIXES = {"proxy_pass": "proxy", "fastcgi_pass": "fastcgi", "uwsgi_pass": "uwsgi", "scgi_pass": "scgi"}


@rule(
    "nginx/upstream-headers-shown",
    Severity.INFO,
    bad="""
        events {}
        http {  # <-
            server_tokens off;
            server {
                listen 80;
                proxy_pass_header Server;
                location / {
                    fastcgi_pass 127.0.0.1:9000;
                    add_header X-Frame-Options DENY always;
                }
            }
        }
    """,
    good="""
        server {
            location / {
                fastcgi_param REQUEST_METHOD $request_method;
                fastcgi_pass 127.0.0.1:9000;
            }
        }
    """,
    fixed="""
        events {}
        http {
            fastcgi_hide_header X-Powered-By;
            server_tokens off;
            server {
                listen 80;
                proxy_pass_header Server;
                location / {
                    fastcgi_pass 127.0.0.1:9000;
                    add_header X-Frame-Options DENY always;
                }
            }
        }
    """,
    unsafe=True,
    source="https://owasp.org/www-project-secure-headers/#prevent-information-disclosure-via-http-headers",
    preset="strict",
)
def upstream_headers_shown(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Applications may tell their language and version through nginx.

    PHP, Express and ASP.NET send `X-Powered-By` unless told otherwise, and nginx passes it on. `proxy_hide_header`
    (or `fastcgi_hide_header` and the like) at the top of `http` keeps it in, where no inner block has one of its own.
    """
    first = next(iter(policy.headers.disclosing), "")
    if config.http is None or not is_whole(config) or not first:
        return
    kinds = dict.fromkeys(kind for server in servers(config) for kind in _showing(config, server, first))
    if kinds:
        names = [f"{kind}_hide_header" for kind in kinds]
        message = f'answers of applications may carry {first}; add "{names[0]} {first}" to http'
        yield config.http.place, message, (inside(config.http, *(f"{name} {first};" for name in names), safe=False),)


def _showing(config: NginxConfig, server: Directive, header: str) -> Iterator[str]:
    """The protocols whose answers keep *header*; where a block hides others itself, http cannot help it."""
    for directive in server.walk():
        kind = _PREFIXES.get(directive.name)
        if kind is None or directive.parent is None or config.may_hold(directive.parent, f"{kind}_hide_header"):
            continue
        at = config.effective(directive.parent)
        if not at.settings(f"{kind}_hide_header") and not at.setting("more_clear_headers"):
            yield kind
