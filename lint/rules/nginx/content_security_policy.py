"""Content-Security-Policy: missing, too open, incomplete, or misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...finding import Severity
from ...nginx import NginxConfig
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_page
from .csp import CSP, DIRECTIVES, KEYWORDS, Sources, is_strict, parsed, script_sources
from .gaps import Search, headers_named

NAME = "Content-Security-Policy"


@rule(
    "nginx/no-content-security-policy",
    Severity.WARNING,
    bad=(
        """
        server {  # <-
            listen 80;
            root /srv/page;
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options nosniff always;
        }
        """,
        """
        events {}
        http {
            server_tokens off;
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options nosniff always;
            server {  # <-
                listen 80;
                location / {
                    proxy_pass http://127.0.0.1:3000;
                }
                location /api/ {
                    proxy_pass http://127.0.0.1:8000;
                }
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options nosniff always;
            add_header Referrer-Policy no-referrer always;
            add_header Permissions-Policy "camera=()" always;
            add_header Content-Security-Policy-Report-Only "default-src 'self'; report-to csp" always;
            root /srv/page;
        }
        """,
        """
        server {
            listen 80;
            add_header X-Content-Type-Options nosniff always;
            location /api/ {
                proxy_pass http://127.0.0.1:8080;
            }
            location ~* \\.(?:css|js|png)$ {
                root /srv/page;
                expires 1y;
            }
        }
        """,
    ),
    source="https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
)
def no_content_security_policy(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Pages are sent without a Content-Security-Policy.

    One place that prints a visitor's text unescaped is then enough to run a stranger's script with that visitor's
    rights. With a policy, browsers run only scripts from where it says. What it must allow only the owner of the
    pages knows, so nothing is mended; `default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'`
    is where to begin, and `Content-Security-Policy-Report-Only` tells what would break.
    """
    if NAME not in policy.required_headers:
        return
    names = (CSP, f"{CSP}-report-only")
    for gap in Search(config, policy, names, lambda block: is_page(config, block, policy)).gaps():
        yield gap.place, f"{gap} sends pages without {NAME}; add one, such as \"default-src 'self'\"{gap.unless}"


@rule(
    "nginx/csp-unsafe-script",
    Severity.WARNING,
    bad=(
        """
        location / {
            add_header Content-Security-Policy "default-src 'self'; script-src 'self' 'unsafe-inline'" always;  # <-
        }
        location /a/ {
            add_header Content-Security-Policy "default-src * data:; frame-ancestors 'none'" always;  # <-
        }
        location /b/ {
            add_header Content-Security-Policy "script-src 'self' 'unsafe-eval'" always;  # <-
        }
        location /c/ {
            add_header Content-Security-Policy "script-src 'self' https:" always;  # <-
        }
        """,
    ),
    good=(
        """
        location / {
            add_header Content-Security-Policy
                "script-src 'nonce-$request_id' 'strict-dynamic' 'unsafe-inline' https:; base-uri 'none'" always;
        }
        location /a/ {
            add_header Content-Security-Policy
                "default-src *; style-src 'unsafe-inline'; base-uri 'none'; script-src 'wasm-unsafe-eval'" always;
            add_header X-Frame-Options DENY always;
        }
        """,
    ),
    source="https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src",
)
def csp_unsafe_script(config: NginxConfig) -> Iterator[Report]:
    """
    A Content-Security-Policy that lets a stranger's script run after all.

    `'unsafe-inline'` runs what stands in the page itself, where an attacker writes; `*`, `https:`, `http:` and `data:`
    allow scripts from anywhere; `'unsafe-eval'` makes code of text. Give scripts a nonce or a hash, or move them into
    files. Beside a nonce or a hash, `'unsafe-inline'` is read by old browsers only and is no fault.
    """
    for header in headers_named(config, CSP):
        policy = parsed(header.value or "")
        deciding = script_sources(policy)
        fault = _script_fault(*deciding) if deciding else None
        if fault:
            yield header.directive.arg_place(1), fault


def _script_fault(name: str, sources: Sources) -> str | None:
    words = [word.lower() for word in sources]
    strict = is_strict(sources)
    if "'unsafe-inline'" in words and not strict:
        return f"\"'unsafe-inline'\" in {name} runs scripts written into the page; use a nonce, a hash, or files"
    if "'strict-dynamic'" not in words:
        anywhere = next((word for word in words if word in ("*", "https:", "http:", "data:", "https://*")), None)
        if anywhere:
            return f'"{anywhere}" in {name} allows scripts from anywhere; name the hosts, or use a nonce'
    if "'unsafe-eval'" in words:
        return f"\"'unsafe-eval'\" in {name} makes code of text; remove it"
    return None


@rule(
    "nginx/csp-incomplete",
    Severity.INFO,
    bad="""
        location / {
            add_header Content-Security-Policy "default-src 'self'" always;  # <-
        }
        location /a/ {
            add_header Content-Security-Policy "script-src 'self'; base-uri 'none'; frame-ancestors 'none'";  # <-
        }
    """,
    good=(
        """
        location / {
            add_header Content-Security-Policy "default-src 'none'; base-uri 'none'; frame-ancestors 'none'" always;
        }
        location /a/ {
            add_header Content-Security-Policy "frame-ancestors 'self'" always;
        }
        location /b/ {
            add_header Content-Security-Policy "upgrade-insecure-requests" always;
        }
        location /c/ {
            add_header X-Frame-Options DENY always;
            add_header Content-Security-Policy "default-src 'none'; base-uri 'none'" always;
        }
        """,
    ),
    source="https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
    preset="strict",
)
def csp_incomplete(config: NginxConfig) -> Iterator[Report]:
    """
    A Content-Security-Policy about scripts that leaves a way round open.

    `base-uri` and `frame-ancestors` do not fall back to `default-src`: without the first a stray `<base>` sends the
    page's own scripts elsewhere, without the second (and without `X-Frame-Options`) any site may frame the page.
    Where there is no `default-src`, `object-src` is open as well.
    """
    for header in headers_named(config, CSP):
        policy = parsed(header.value or "")
        if "$" in (header.value or "") or script_sources(policy) is None or header.directive.parent is None:
            continue
        others = {other.key for other in config.effective(header.directive.parent).headers if other.value != ""}
        missing = _missing(policy, has_frame_options="x-frame-options" in others)
        if missing:
            yield header.directive.arg_place(1), f"nothing is said about {' and '.join(missing)}; add it"


def _missing(policy: Mapping[str, Sources], *, has_frame_options: bool) -> list[str]:
    missing = [] if "base-uri" in policy else ["base-uri"]
    if "frame-ancestors" not in policy and not has_frame_options:
        missing.append("frame-ancestors")
    if "object-src" not in policy and "default-src" not in policy:
        missing.append("object-src")
    return missing


@rule(
    "nginx/csp-malformed",
    Severity.WARNING,
    bad=(
        """
        location / {
            add_header Content-Security-Policy "default-src self; base-uri 'none'; frame-ancestors 'none'" always;  # <-
        }
        location /a/ {
            add_header Content-Security-Policy "default-src 'self' script-src 'self'; base-uri 'none'";  # <-
        }
        location /b/ {
            add_header Content-Security-Policy "default-src 'self'; scriptsrc 'self'; frame-ancestors 'none'";  # <-
        }
        location /c/ {
            add_header Content-Security-Policy "default-src 'none' https://cdn.example; base-uri 'none'";  # <-
        }
        """,
    ),
    good=(
        """
        location / {
            add_header X-Frame-Options DENY always;
            add_header Content-Security-Policy
                "default-src a.example *.b.example:8443 blob:; base-uri 'none'; sandbox allow-scripts;; report-uri /c"
                always;
            add_header Content-Security-Policy "trusted-types vue 'allow-duplicates'; upgrade-insecure-requests" always;
        }
        """,
    ),
    source="https://www.w3.org/TR/CSP3/#framework-directives",
)
def csp_malformed(config: NginxConfig) -> Iterator[Report]:
    """
    A Content-Security-Policy that browsers read otherwise than it was meant.

    They ignore a directive they do not know, take what follows a forgotten `;` for names of hosts, and `self` without
    its quotes for a host called self. None of that is told to anybody but the console of the browser.
    """
    for header in headers_named(config, CSP, f"{CSP}-report-only"):
        if "$" in (header.value or ""):
            continue
        fault = next(filter(None, (_malformed(*each) for each in parsed(header.value or "").items())), None)
        if fault:
            yield header.directive.arg_place(1), fault


def _malformed(name: str, sources: Sources) -> str | None:
    if name not in DIRECTIVES:
        import difflib  # noqa: PLC0415 - only a misspelt name needs it

        near = difflib.get_close_matches(name, DIRECTIVES, 1)
        return f'browsers do not know "{name}"{f"; write {near[0]}" if near else " and ignore it; remove it"}'
    if not name.endswith("-src") and name not in ("base-uri", "form-action", "frame-ancestors", "script-src-elem"):
        return None
    for word in sources:
        bare = word.lower()
        if bare in DIRECTIVES:
            return f'a ";" is missing before "{word}" in {name}; add it'
        if bare.strip("'") in KEYWORDS and bare != f"'{bare.strip(chr(39))}'":
            return f'"{word}" in {name} is taken for a host; write "\'{bare.strip(chr(39))}\'"'
    if "'none'" in (word.lower() for word in sources) and len(sources) > 1:
        return f"\"'none'\" in {name} is ignored beside other sources; remove one or the other"
    return None
