"""Tokens by their shape; none of these was ever given out."""

from __future__ import annotations

import pytest

from fairlead.lint.envfile.provider_tokens import provider_tokens

_LETTERS = "qWeRtZuIoPaSdFgHjKlYxCvBnMqWeRtZuIoPaSdFgHjKlYxCvBnM" * 2
_HEX = "3f9c27b1e08d56a4" * 2


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (f"https://hooks.slack.com/services/T{'02AB8CDEF'}/B{'09ZY7XWVU'}/{_LETTERS[:24]}", "a Slack webhook"),
        (f"https://discord.com/api/webhooks/{'983' * 6}/{_LETTERS[:68]}", "a Discord webhook"),
        (f"{'71' * 5}:AA{_LETTERS[:33]}", "a Telegram token"),
        (f"{_HEX}-us{14}", "a Mailchimp key"),
        (f"SK{_HEX}", "a Twilio key"),
        (f"AccountKey={_LETTERS[:86]}==", "an Azure storage key"),
        (f"sq0{'csp'}-{_LETTERS[:43]}", "a Square secret"),
        (f"gh{'p'}_{_LETTERS[:36]}", "a GitHub token"),
    ],
)
def test_a_token_is_known_by_its_shape(token: str, kind: str) -> None:
    text = f"url: {token}\n"

    assert [(5, 5 + len(token), kind)] == list(provider_tokens(text))


@pytest.mark.parametrize(
    "text",
    [
        f"TASK{_HEX}",
        f"{_HEX}-use",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "12345:AAA",
        "DefaultEndpointsProtocol=https;AccountKey=${KEY}",
    ],
)
def test_what_only_looks_like_a_token_is_none(text: str) -> None:
    assert list(provider_tokens(text)) == []
