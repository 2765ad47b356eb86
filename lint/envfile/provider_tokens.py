"""Tokens that show by their shape who gave them out."""

from __future__ import annotations

from collections.abc import Iterator

from ..regex import regex

_SHAPES = {
    "an AWS access key": (("AKIA", "ASIA"), regex(r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z2-7]{16})")),
    "a GitHub token": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat"),
        regex(r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})"),
    ),
    "a GitLab token": (("glpat-",), regex(r"(?<![A-Za-z0-9])(?:glpat-[A-Za-z0-9_-]{20,})")),
    "a Slack token": (("xox",), regex(r"(?<![A-Za-z0-9])(?:xox[abposr]-[A-Za-z0-9-]{10,})")),
    "a Stripe key": (("k_live_",), regex(r"(?<![A-Za-z0-9])(?:[sr]k_live_[A-Za-z0-9]{16,})")),
    "an OpenAI key": (
        ("T3BlbkFJ",),
        regex(r"(?<![A-Za-z0-9])(?:sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})"),
    ),
    "an Anthropic key": (("sk-ant-",), regex(r"(?<![A-Za-z0-9])(?:sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{40,})")),
    "a Google API key": (("AIza",), regex(r"(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{35})")),
    "an npm token": (("npm_",), regex(r"(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{36})")),
    "a PyPI token": (("pypi-AgEI",), regex(r"(?<![A-Za-z0-9])(?:pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,})")),
    "a Docker Hub token": (("dckr_pat_",), regex(r"(?<![A-Za-z0-9])(?:dckr_pat_[A-Za-z0-9_-]{20,})")),
    "a SendGrid key": (("SG.",), regex(r"(?<![A-Za-z0-9])(?:SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64})")),
    "a Hugging Face token": (("hf_",), regex(r"(?<![A-Za-z0-9])(?:hf_[A-Za-z]{34})")),
    "a DigitalOcean token": (("_v1_",), regex(r"(?<![A-Za-z0-9])(?:do[opr]_v1_[a-f0-9]{64})")),
    "a Slack webhook": (
        ("hooks.slack",),
        regex(
            r"(?<![A-Za-z0-9])(?:https://hooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]{6,}/[AB][A-Z0-9]{6,}/[A-Za-z0-9]{16,})"
        ),
    ),
    "a Discord webhook": (
        ("/api/webhooks/",),
        regex(r"(?<![A-Za-z0-9])(?:https://discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_-]{50,})"),
    ),
    "a Telegram token": ((":AA",), regex(r"(?<![A-Za-z0-9])(?:\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-]))")),
    "a Mailchimp key": (("-us",), regex(r"(?<![A-Za-z0-9])(?:[0-9a-f]{32}-us\d{1,2}(?!\d))")),
    "a Twilio key": (("SK",), regex(r"(?<![A-Za-z0-9])(?:SK[0-9a-f]{32}(?![0-9a-f]))")),
    "an Azure storage key": (("AccountKey=",), regex(r"(?<![A-Za-z0-9])(?:AccountKey=[A-Za-z0-9+/]{86}==)")),
    "a Square secret": (("sq0",), regex(r"(?<![A-Za-z0-9])(?:sq0(?:csp|atp)-[A-Za-z0-9_-]{22,})")),
    "a private key": (("-----BEGIN",), regex(r"(?<![A-Za-z0-9])(?:-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----)")),
}
"""Of each kind some text that all of them have, which is found much quicker than an expression, and its shape."""
_SHOWN_ONLY = regex(r"EXAMPLE|example|x{6,}|X{6,}|0{8,}|(.)\1{9,}|1234567890|your|YOUR|abcdef")


def provider_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """The tokens in *text*: where each starts and ends, and what it is; made-up ones of documentation are left out."""
    ends = 0
    for start, end, kind in sorted(_found(text)):
        if start >= ends:
            ends = end
            yield start, end, kind


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    for kind, (hints, shape) in _SHAPES.items():
        for match in shape.finditer(text) if any(hint in text for hint in hints) else ():
            if not _SHOWN_ONLY.search(match[0]):
                yield match.start(), match.end(), kind
