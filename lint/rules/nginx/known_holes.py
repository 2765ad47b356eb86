"""Holes of the nginx that runs, in what the configuration uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location, proxy_pass
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .advisories import FIXED_IN_STABLE, Advisory, advisories, age_days
from .groups import group_spans

_CAPTURE = regex(r"\$(?:\{[1-9]\}|[1-9])")
_MANY = 3
"""How many numbers a message names."""


@rule(
    "nginx/known-hole",
    Severity.WARNING,
    bad=(
        """
        # nginx 1.28.0
        location / {
            rewrite ^/api/(.*)$ /internal?old=1;  # <-
            set $path $1;
        }
        """,
        """
        # nginx 1.25.3
        server {
            listen 443 quic;  # <-
            return 404;
        }
        """,
        """
        # nginx 1.18.0
        resolver 127.0.0.11;  # <-
        """,
        """
        # nginx 1.30.3
        map $host $site {
            ~^(?:www\\.)?(.+)$ $1;
        }
        server {
            location ~ ^/a/(.+)$ {
                return 301 https://x.example/$1/$site;  # <-
            }
        }
        """,
    ),
    good=(
        """
        # nginx 1.28.3
        location / {
            rewrite ^/api/(?<path>.*)$ /internal?old=$path last;
        }
        location /v/ {
            mp4;
        }
        """,
        """
        # nginx 1.20.1
        resolver 127.0.0.11;
        """,
        """
        location / {
            rewrite ^/api/(.*)$ /internal?old=1;
            set $path $1;
        }
        """,
    ),
    source="https://nginx.org/en/security_advisories.html",
    covers=(
        "gixy:nginx_cves",
        "gixy:overlapping_captures",
        "gixy:unnamed_groups",
        "nginx-lint:nginx-rift",
        "nginx-lint:map-unnamed-capture",
    ),
)
def known_hole(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    The nginx that runs has a known hole in something this configuration uses.

    Reported only where the version is one the makers name, and the directives that open the hole are there; so only
    if the version is known, from the image or from `--nginx-version`. Distributions mend old versions without a new
    number: with their packages, look at the number they give the package. The table is that of 29 September 2026;
    once it is older than the policy allows, this rule is silent rather than out of date.
    """
    if age_days() > policy.images.max_facts_age_days:
        return
    by_use: dict[str, list[Advisory]] = {}
    for advisory in advisories():
        if advisory.hits(config.version):
            by_use.setdefault(advisory.use, []).append(advisory)
    for use, found in by_use.items():
        directive = next(_USES[use](config), None)
        if directive is not None:
            running = ".".join(map(str, config.version))
            message = f"nginx {running} has {_numbers(found)} here; update to {FIXED_IN_STABLE} or newer"
            yield directive.place, message


def _numbers(found: list[Advisory]) -> str:
    names = [advisory.number for advisory in found]
    rest = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return f"{', '.join(names[:_MANY])}{rest}"


def _named(*names: str) -> Callable[[NginxConfig], Iterator[Directive]]:
    return lambda config: iter(config.find(*names))


def _on(*names: str) -> Callable[[NginxConfig], Iterator[Directive]]:
    return lambda config: (found for found in config.find(*names) if found.value.lower() not in ("off", ""))


def _listening(word: str) -> Callable[[NginxConfig], Iterator[Directive]]:
    return lambda config: (found for found in config.find("listen") if word in found.args[1:])


def _http2(config: NginxConfig) -> Iterator[Directive]:
    yield from _listening("http2")(config)
    yield from _on("http2")(config)


def _rewrites(config: NginxConfig) -> Iterator[Directive]:
    """A ``rewrite`` to something with a question mark, and a later step of the script that copies a capture."""
    for found in config.find("rewrite"):
        to = found.args[1] if len(found.args) == 2 else ""  # noqa: PLR2004 - a flag would end the script
        goes_on = "?" in to and not to.startswith(("http://", "https://", "$scheme"))
        if goes_on and any(_copies(step) for step in _following(config, found)):
            yield found


def _following(config: NginxConfig, step: Directive) -> Iterator[Directive]:
    """What the script does after *step*, up to where it ends; behind an ``if`` it goes on outside."""
    siblings = step.parent.children if step.parent else config.directives
    for other in siblings[siblings.index(step) + 1 :]:
        if other.name in ("break", "return"):
            return
        yield other
    if step.parent is not None and step.parent.name == "if":
        yield from _following(config, step.parent)


def _copies(step: Directive) -> bool:
    if step.name == "if" and any(_copies(inner) for inner in step.children):
        return True
    if step.name == "if" and len(step.args) > 1 and "~" not in step.args[-2]:
        return _CAPTURE.search(step.args[-1]) is not None
    return step.name in ("set", "rewrite") and _CAPTURE.search("".join(step.args[1:2])) is not None


def _overlapping(config: NginxConfig) -> Iterator[Directive]:
    """A ``rewrite`` that escapes two numbered captures of which one lies in the other, and nothing else."""
    for found in config.find("rewrite"):
        numbers = _escaped_captures(found)
        spans = group_spans(found.value)
        inner = [spans[number - 1] for number in numbers if number <= len(spans)]
        if any(one != other and one[0] <= other[0] and other[1] <= one[1] for one in inner for other in inner):
            yield found


def _escaped_captures(rewrite: Directive) -> list[int]:
    """The captures that nginx escapes in the new address: all in a redirect, else those behind the question mark."""
    if len(rewrite.args) < 2:  # noqa: PLR2004 - an expression and what it becomes
        return []
    to = rewrite.args[1].removesuffix("?")
    numbers = [found.strip("${}") for found in _CAPTURE.findall(to)]
    if len(set(numbers)) != len(numbers) or "$" in _CAPTURE.sub("", to.removeprefix("$scheme")):
        return []
    is_redirect = rewrite.args[-1] in ("redirect", "permanent") or to.startswith(("http://", "https://", "$scheme"))
    escaped = to if is_redirect else to.partition("?")[2]
    return [int(found.strip("${}")) for found in _CAPTURE.findall(escaped)]


def _mapped(config: NginxConfig) -> Iterator[Directive]:
    """A text with a numbered capture and, behind it, the variable of a map with expressions."""
    with_patterns = (found for found in config.find("map") if any(entry.name[:1] == "~" for entry in found.children))
    names = [re.escape(found.args[1][1:]) for found in with_patterns if len(found.args) > 1]
    if not names:
        return
    behind = re.compile(rf"{_CAPTURE.pattern}.*\$(?:\{{(?:{'|'.join(names)})\}}|(?:{'|'.join(names)})\b)", re.DOTALL)
    yield from (found for found in config.walk() if any("$" in word and behind.search(word) for word in found.args))


def _sliced(config: NginxConfig) -> Iterator[Directive]:
    kinds = [f"{kind}_cache_background_update" for kind in ("proxy", "fastcgi", "uwsgi", "scgi")]
    if any(_CAPTURE.search(word) for found in config.walk() for word in found.args):
        yield from _on("slice", *kinds)(config)


def _included(config: NginxConfig) -> Iterator[Directive]:
    for found in config.find("proxy_pass"):
        if found.parent and not found.is_inside("stream"):
            at = config.effective(found.parent)
            if at.is_on("ssi") and not at.proxy.is_buffered:
                yield found


def _invalid_headers(config: NginxConfig) -> Iterator[Directive]:
    speaks = config.has("grpc_pass") or any(found.value == "2" for found in config.find("proxy_http_version"))
    lenient = (found for found in config.find("ignore_invalid_headers") if found.value.lower() == "off")
    yield from lenient if speaks else ()


def _bodies(config: NginxConfig) -> Iterator[Directive]:
    for found in config.find("proxy_set_body"):
        if found.parent and config.effective(found.parent).value("proxy_http_version") == "2":
            yield found


def _ocsp(config: NginxConfig) -> Iterator[Directive]:
    yield from (found for found in _on("ssl_ocsp")(config) if not found.is_inside("stream"))


def _stream_ocsp(config: NginxConfig) -> Iterator[Directive]:
    yield from (found for found in _on("ssl_ocsp")(config) if found.is_inside("stream"))


def _dav(config: NginxConfig) -> Iterator[Directive]:
    for found in config.find("dav_methods"):
        block = found.parent
        if block and block.name == "location" and {"COPY", "MOVE"} & set(found.args) and location(block).is_prefix:
            root = config.effective(block).root
            if root and root.name == "alias":
                yield found


def _mail(*words: str) -> Callable[[NginxConfig], Iterator[Directive]]:
    names = ("smtp_auth", "pop3_auth", "imap_auth")
    return lambda config: (found for found in config.find(*names) if set(words) & set(found.args))


def _tls_upstreams(config: NginxConfig) -> Iterator[Directive]:
    yield from (
        found for found in config.find("proxy_pass", "grpc_pass") if proxy_pass(found).scheme in ("https", "grpcs")
    )


def _client_certificates(config: NginxConfig) -> Iterator[Directive]:
    """Only where another server shares TLS, since the session of one is taken for the other."""
    if len([server for server in config.servers if any("ssl" in it.args for it in server.find("listen"))]) > 1:
        yield from _on("ssl_verify_client")(config)


_USES: Mapping[str, Callable[[NginxConfig], Iterator[Directive]]] = {
    "quic": _listening("quic"),
    "http2": _http2,
    "mp4": _named("mp4"),
    "resolver": _named("resolver"),
    "charset": _named("charset_map"),
    "gateway": _named("uwsgi_pass", "scgi_pass"),
    "cache": _on("proxy_cache", "fastcgi_cache", "uwsgi_cache", "scgi_cache"),
    "map": _mapped,
    "slice": _sliced,
    "ssi": _included,
    "headers": _invalid_headers,
    "body": _bodies,
    "rewrite": _rewrites,
    "overlap": _overlapping,
    "ocsp": _ocsp,
    "stream-ocsp": _stream_ocsp,
    "dav": _dav,
    "cram": _mail("cram-md5", "apop"),
    "smtp-none": _mail("none"),
    "tls-upstream": _tls_upstreams,
    "client-certificates": _client_certificates,
}
