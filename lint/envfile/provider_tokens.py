"""Tokens that show by their shape who gave them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ..regex import regex

_SHAPES = {
    "an AWS access key": r"(?:AKIA|ASIA)[A-Z2-7]{16}",
    "a GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,}",
    "a GitLab token": r"glpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"xox[abposr]-[A-Za-z0-9-]{10,}",
    "a Stripe key": r"[sr]k_live_[A-Za-z0-9]{16,}",
    "an OpenAI key": r"sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}",
    "an Anthropic key": r"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{40,}",
    "a Google API key": r"AIza[A-Za-z0-9_-]{35}",
    "an npm token": r"npm_[A-Za-z0-9]{36}",
    "a PyPI token": r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,}",
    "a Docker Hub token": r"dckr_pat_[A-Za-z0-9_-]{20,}",
    "a SendGrid key": r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}",
    "a Hugging Face token": r"hf_[A-Za-z]{34}",
    "a DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
    "a Slack webhook": r"https://hooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]{6,}/[AB][A-Z0-9]{6,}/[A-Za-z0-9]{16,}",
    "a Discord webhook": r"https://discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_-]{50,}",
    "a Telegram token": r"\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])",
    "a Mailchimp key": r"[0-9a-f]{32}-us\d{1,2}(?!\d)",
    "a Twilio key": r"SK[0-9a-f]{32}(?![0-9a-f])",
    "an Azure storage key": r"AccountKey=[A-Za-z0-9+/]{86}==",
    "a Square secret": r"sq0(?:csp|atp)-[A-Za-z0-9_-]{22,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
}
_HINTS = (
    *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat", "xox", "k_live", "sk-", "AIza"),
    *("npm_", "pypi-", "dckr", "SG.", "hf_", "_v1_", "-----BEGIN", "hooks.slack", "/api/webhooks/", ":AA", "-us", "SK"),
    *("AccountKey=", "sq0"),
)
_SHOWN_ONLY = regex(r"EXAMPLE|example|x{6,}|X{6,}|0{8,}|(.)\1{9,}|1234567890|your|YOUR|abcdef")


def provider_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """The tokens in *text*: where each starts and ends, and what it is; made-up ones of documentation are left out."""
    if not any(hint in text for hint in _HINTS):  # in a large text much quicker than an expression
        return
    kinds = list(_SHAPES)
    for match in _any_token().finditer(text):
        if match.lastgroup and not _SHOWN_ONLY.search(match[0]):
            yield match.start(), match.end(), kinds[int(match.lastgroup[1:])]


@cache
def _any_token() -> re.Pattern[str]:
    shapes = (f"(?P<k{index}>(?<![A-Za-z0-9]){shape})" for index, shape in enumerate(_SHAPES.values()))
    return re.compile("|".join(shapes))
