"""A Content-Security-Policy, read as browsers read it."""

from __future__ import annotations

from collections.abc import Mapping

CSP = "content-security-policy"

# fmt: off
DIRECTIVES = frozenset(
    {
        "base-uri", "block-all-mixed-content", "child-src", "connect-src", "default-src", "fenced-frame-src",
        "font-src", "form-action", "frame-ancestors", "frame-src", "img-src", "manifest-src", "media-src",
        "navigate-to", "object-src", "plugin-types", "prefetch-src", "referrer", "reflected-xss", "report-to",
        "report-uri", "require-sri-for", "require-trusted-types-for", "sandbox", "script-src", "script-src-attr",
        "script-src-elem", "style-src", "style-src-attr", "style-src-elem", "trusted-types",
        "upgrade-insecure-requests", "webrtc", "worker-src",
    }
)
# fmt: on
"""Those of the standard, of its drafts and of the past. Source: CSP level 3, and MDN's list."""

# fmt: off
KEYWORDS = frozenset(
    {
        "inline-speculation-rules", "none", "report-sample", "self", "strict-dynamic", "trusted-types-eval",
        "unsafe-eval", "unsafe-hashes", "unsafe-inline", "wasm-unsafe-eval",
    }
)
# fmt: on
"""Words that stand in single quotes."""

Sources = tuple[str, ...]


def parsed(text: str) -> Mapping[str, Sources]:
    """The directives by name in lower case; of two by one name the first counts."""
    found: dict[str, Sources] = {}
    for part in text.split(";"):
        words = part.split()
        if words:
            found.setdefault(words[0].lower(), tuple(words[1:]))
    return found


def is_framing_limited(policy: Mapping[str, Sources]) -> bool:
    """Whether not every site may frame the page."""
    ancestors = policy.get("frame-ancestors")
    return ancestors is not None and "*" not in ancestors


def script_sources(policy: Mapping[str, Sources]) -> tuple[str, Sources] | None:
    """The directive that decides about scripts, and its sources; None where nothing limits them."""
    for name in ("script-src-elem", "script-src", "default-src"):
        if name in policy:
            return name, policy[name]
    return None


def is_strict(sources: Sources) -> bool:
    """Whether a nonce or a hash must be given, so that ``'unsafe-inline'`` is only there for old browsers."""
    return any(word.lower().startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for word in sources)
