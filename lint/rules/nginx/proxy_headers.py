"""What a back end is told about the request it gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, header
from ...policy import Policy
from ...rule import Report, rule
from .insertion import after, before
from .once import once
from .passing import Passing, passings

_HEADER = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header"
_FORWARDED = ("x-forwarded-for", "x-forwarded-proto")
_OF_CONNECTION = frozenset({"connection", "upgrade", "accept-encoding"})
"""What belongs to one connection, and is often left to some locations on purpose."""
_OF_BODY = frozenset({"content-length", "content-type"})
"""What a question about access, which has no body, takes out on purpose."""


@rule(
    "nginx/proxy-headers-missing",
    Severity.WARNING,
    bad=(
        """
        http {
            upstream backend { server 10.0.0.5:8080; }
            server {
                listen 80;
                location / {
                    proxy_pass http://backend;  # <-
                }
            }
        }
        """,
        """
        http {
            upstream pool { server one.example.com:8080; server two.example.com:8080; }
            server {
                listen 80;
                location /a/ { proxy_pass http://pool/; }  # <-
                location /b/ { proxy_pass http://three.example.com:8080; }  # <-
            }
        }
        """,
        """
        server {
            location /api/ {
                proxy_set_header Host $host;
                proxy_set_header X-Real-IP $remote_addr;  # <-
                proxy_pass http://127.0.0.1:8000;
            }
        }
        """,
        """
        server {
            proxy_set_header Host $host;  # <-
            location /a/ { proxy_pass http://one; }
            location /b/ { proxy_pass http://two; }
        }
        """,
    ),
    good=(
        """
        server {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            location / { proxy_pass http://backend; }
        }
        """,
        """
        location / {
            proxy_set_header host $host;
            proxy_set_header Forwarded "for=$remote_addr;proto=$scheme";
            proxy_pass http://backend;
        }
        """,
        """
        http {
            server_tokens off;
            server {
                listen 127.0.0.1:81;
                location /hook/ { proxy_pass http://hooks.example.com/; }
            }
        }
        """,
        "location / { include proxy_params; proxy_set_header X-Request-ID $request_id; proxy_pass http://backend; }",
        "server { location / { proxy_pass http://backend; } }",
    ),
    fixed="""
        http {
            upstream backend { server 10.0.0.5:8080; }
            server {
                listen 80;
                location / {
                    proxy_set_header Host $host;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_pass http://backend;
                }
            }
        }
    """,
    lacks=True,
    source=_HEADER,
    covers=("nginx-lint:proxy-missing-host-header",),
)
def proxy_headers_missing(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A back end that is not told who asks, for what name, or whether by TLS.

    Without `Host` it sees the name of the upstream, and builds links and redirects to that; without `X-Forwarded-For`
    every visitor has nginx's address, in its logs and in its limits, and what the client itself claims there goes
    through; without `X-Forwarded-Proto` it takes TLS for plain http and redirects for ever. Which headers are needed
    is the policy's `proxy.required_headers`; `Forwarded` does as well. Sites of the world that are asked by their own
    name are left alone.
    """
    yield from once(_missing(config, policy))


def _missing(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    for passing in passings(config):
        at = passing.at
        own = at.proxy.set_headers
        is_known = config.http is not None or bool(own) or _is_beside_others(passing)
        if not is_known or _is_exempt(passing) or config.may_hold(passing.block, "proxy_set_header"):
            continue
        names = _absent(passing, own, policy)
        if names:
            place = own[-1].place if own else passing.directive.place
            message = f"the back end is not told {_listed(names)}; add {_example(names[0], policy)}"
            yield place, message, (_added(passing, own, names, policy),)


def _is_beside_others(passing: Passing) -> bool:
    """Whether a location beside it sets headers itself, so that nothing is expected from a main file not at hand."""
    server = passing.block.enclosing("server")
    if server is None or server.first("listen") is None:
        return False
    known: bool | None = server.memo.get("tells_back_ends")
    if known is None:
        known = any(each.first("proxy_set_header") is not None for each in server.find("location"))
        server.memo["tells_back_ends"] = known
    return known


def _is_exempt(passing: Passing) -> bool:
    head = passing.location
    is_acme = head is not None and "well-known" in head.pattern
    return is_acme or passing.is_to_stranger or passing.at.setting("internal") is not None


def _absent(passing: Passing, own: Sequence[Directive], policy: Policy) -> list[str]:
    """The required headers that are not set; those that were lost on the way are a fault of their own."""
    names = {each.value.lower() for each in own} | {each.value.lower() for each in passing.at.proxy.lost_headers}
    if "forwarded" in names:
        names.update(_FORWARDED)
    return [name for name in policy.proxy_headers if name.lower() not in names]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _example(name: str, policy: Policy) -> str:
    return f'"{_statement(name, policy)}"'


def _statement(name: str, policy: Policy) -> str:
    return f"proxy_set_header {name} {policy.proxy_headers[name].recommended};"


def _added(passing: Passing, own: Sequence[Directive], names: Sequence[str], policy: Policy) -> Edit:
    statements = [_statement(name, policy) for name in names]
    return after(own[-1], *statements) if own else before(passing.directive, *statements)


@rule(
    "nginx/proxy-headers-dropped",
    Severity.WARNING,
    bad=(
        """
        server {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            location /ws/ {
                proxy_set_header Upgrade $http_upgrade;  # <-
                proxy_set_header Connection $connection_upgrade;
                proxy_pass http://backend;
            }
        }
        """,
        """
        http {
            proxy_set_header X-Request-ID $request_id;
            server {
                proxy_set_header Host $host;  # <-
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                location /a/ { proxy_pass http://one; }
                location /b/ { proxy_pass http://two; }
            }
        }
        """,
    ),
    good=(
        """
        server {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            location /ws/ {
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection $connection_upgrade;
                proxy_pass http://backend;
            }
        }
        """,
        """
        server {
            proxy_set_header X-Tenant one;
            location /static/ { proxy_set_header X-Tenant two; root /srv; }
        }
        """,
        """
        server {
            proxy_set_header Host $host;
            location /maps/ {
                proxy_ssl_server_name on;
                proxy_ssl_verify on;
                proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
                proxy_set_header X-Key ${MAPS_KEY};
                proxy_pass https://maps.example.com/;
            }
        }
        """,
    ),
    fixed="""
        server {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            location /ws/ {
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection $connection_upgrade;
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_pass http://backend;
            }
        }
    """,
    unsafe=True,
    source=_HEADER,
    covers=("gixy:proxy_set_header_redefinition", "nginx-lint:directive-inheritance"),
)
def proxy_headers_dropped(config: NginxConfig) -> Iterator[Report]:
    """
    One `proxy_set_header` here, and all those of the block around it are gone.

    nginx inherits them only where a block has none of its own. The location that adds the two headers of a WebSocket
    then asks the back end by the wrong name and without the visitor's address. Repeat them all, or keep the set in one
    file and include that.
    """
    yield from once(_dropped(config))


def _dropped(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        proxy = passing.at.proxy
        lost = _lost(proxy.set_headers, proxy.lost_headers)
        if not lost or passing.is_to_stranger or {each.value.lower() for each in lost} <= _OF_CONNECTION:
            continue
        if passing.at.setting("internal") and all(each.value.lower() in _OF_BODY for each in proxy.set_headers):
            continue
        first, last = proxy.set_headers[0], proxy.set_headers[-1]
        names = _listed([each.value for each in lost])
        repeated = [f"proxy_set_header {each.value} {each.arg_text(1)};" for each in lost]
        message = f"drops {names} of the block around it; repeat {'it' if len(lost) == 1 else 'them'} here"
        yield first.place, message, (after(last, *repeated, safe=False),)


def _lost(own: Sequence[Directive], around: Sequence[Directive]) -> list[Directive]:
    kept = {each.value.lower() for each in own}
    return [each for each in around if each.value.lower() not in kept and header(each).value]
