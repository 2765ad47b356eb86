"""Content-Security-Policy: read, joined where there are several, and judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from .result import Observed, Result

Policy = dict[str, set[str]]
"""Sources by directive, in lower case."""

BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
INLINE = frozenset({"'unsafe-inline'", "data:"})
_REPORTS = ("report-uri", "report-to")
_NOT_IN_META = ("frame-ancestors", "report-uri", "sandbox")
_PASSIVE = ("img-src", "media-src")
_PINNED = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_SHORTEST = 6


class PolicyError(ValueError):
    """A policy that is none: too short, or a directive given twice."""


def policies(values: Iterable[str]) -> list[str]:
    """The policies in header values; a comma begins another one."""
    return [part.strip() for value in values for part in value.split(",")]


def parsed(texts: Sequence[str]) -> Policy:
    """
    What *texts* allow together: a source counts where each policy that has its directive names it.

    Raises:
        PolicyError: one of them is none.
    """
    joined: Policy = {}
    for number, text in enumerate(texts):
        for directive, sources in _one(text).items():
            held = joined.get(directive)
            joined[directive] = sources if held is None or number == 0 else (held & sources or {"'none'"})
    return joined


def repeats_reports(texts: Sequence[str]) -> bool:
    """Whether a policy names where to report twice, of which only the first counts."""
    return any(_names(text).count(name) > 1 for text in texts for name in _REPORTS)


def sources_for(policy: Mapping[str, set[str]], directive: str) -> set[str]:
    """What holds for *directive*: its own sources, those of default-src, or all."""
    return set(policy.get(directive) or policy.get("default-src") or {"*"})


def script_sources(policy: Mapping[str, set[str]]) -> set[str]:
    """What may run: ``'unsafe-inline'`` counts for nothing beside a nonce or hash, with strict-dynamic hosts too."""
    sources = _pinned_only(sources_for(policy, "script-src"))
    if "'strict-dynamic'" in sources and _is_pinned(sources):
        return {each for each in sources if not each.startswith(tuple(BROAD)) and each != "'self'"}
    return sources


def runs_unsafe_scripts(policy: Mapping[str, set[str]]) -> bool:
    """Whether inline scripts, or scripts and plug-ins from nearly anywhere, run."""
    return bool(script_sources(policy) & (BROAD | INLINE) or sources_for(policy, "object-src") & BROAD)


def judged(observed: Observed, meta: Sequence[str] = ()) -> Result:
    """The test ``csp``; *meta* are the policies in the page itself."""
    headers = policies(observed.values("content-security-policy"))
    in_page = policies(meta)
    try:
        policy = parsed([*headers, *in_page])
    except PolicyError:
        return _result("invalid", -25)
    if not headers and not set(policy) - set(_NOT_IN_META):
        reports = observed.values("content-security-policy-report-only")
        return _result("only reported" if reports else "none", -25)
    word, modifier = _word(policy, is_https=observed.is_https)
    passes = modifier >= 0 or word == "insecure passive content"
    if passes and repeats_reports([*headers, *in_page]):
        return _result("reports named twice", 0)
    return _result(word, modifier)


def _word(policy: Policy, *, is_https: bool) -> tuple[str, int]:
    """The first of these that is so, in this order."""
    scripts, styles = script_sources(policy), _pinned_only(sources_for(policy, "style-src"))
    passive = (source for name in _PASSIVE for source in _passive(policy, name))
    faults = (
        ("invalid", -25, "'strict-dynamic'" in scripts and not _is_pinned(scripts)),
        ("unsafe scripts", -20, runs_unsafe_scripts(policy)),
        ("insecure active content", -20, is_https and _insecure(_active(policy, scripts))),
        ("unsafe eval", -10, "'unsafe-eval'" in scripts | styles),
        ("insecure passive content", -10, is_https and _insecure(passive)),
        ("unsafe styles only", 0, bool(styles & (BROAD | INLINE))),
        ("nothing unsafe, none by default", 10, policy.get("default-src") == {"'none'"}),
    )
    return next(((word, modifier) for word, modifier, is_so in faults if is_so), ("nothing unsafe", 5))


def _one(text: str) -> Policy:
    text = re.sub(r"[\r\n]", "", text).strip()
    if len(text) < _SHORTEST:
        raise PolicyError(f'"{text}" is no policy')
    found: Policy = {}
    for entry in text.split(";"):
        name, *sources = entry.lower().split() or [""]
        if not name:
            continue
        if name in found:
            if name not in _REPORTS:
                raise PolicyError(f"{name} is given twice")
            continue
        found[name] = set(sources) or ({"'none'"} if name.endswith("-src") else set())
    return found


def _names(text: str) -> list[str]:
    return [entry.split()[0].lower() for entry in text.split(";") if entry.split()]


def _is_pinned(sources: Iterable[str]) -> bool:
    return any(source.startswith(_PINNED) for source in sources)


def _pinned_only(sources: set[str]) -> set[str]:
    return sources - {"'unsafe-inline'"} if _is_pinned(sources) else sources


def _active(policy: Policy, scripts: set[str]) -> list[str]:
    others = (sources for name, sources in policy.items() if name not in (*_PASSIVE, "script-src"))
    return [*(source for sources in others for source in sources), *scripts]


def _passive(policy: Policy, name: str) -> set[str]:
    return policy.get(name) or policy.get("default-src") or set()


def _insecure(sources: Iterable[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def _result(word: str, modifier: int) -> Result:
    return Result("csp", word, modifier)
