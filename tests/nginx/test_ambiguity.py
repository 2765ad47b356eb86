"""Which expressions take quadratic time."""

from __future__ import annotations

import pytest

from fairlead.lint.nginx.ambiguity import squared


@pytest.mark.parametrize(
    "pattern",
    ["^/(.*)/(.*)$", "^/~(.+?)(/.*)?$", "^(.*?)([^/]+)$", "^/(.*)-(.*)$", r"\..*/.*\.php$", "^.+\\?.*&.*=$", "x+x+y"],
)
def test_two_repetitions_that_share_a_text_are_found(pattern: str) -> None:
    found = squared(pattern)

    assert found is not None
    assert 1 <= len(found.pump) <= 3


@pytest.mark.parametrize(
    "pattern",
    [
        "^/([^/]+)/([^/]+)$",
        "^/(.*)$",
        "^/a(.*)b(.*)",
        r"^(.+\.php)(/.+)$",
        r"^[^.]+\.[^.]+\.[^.]+$",
        "^(a+)+$",
        r"^(https?://)?([\w-]+\.)*example\.com(/.*)?$",
        "(?<=a).*b.*$",
        "(",
    ],
)
def test_what_takes_less_time_or_more_or_is_not_understood_is_left_alone(pattern: str) -> None:
    assert squared(pattern) is None


@pytest.mark.parametrize("pattern", ["^" + "a*" * 40, "^" + "[a-z]*b?" * 30, "^" + ".*" * 60, "^" + "(b*c*d*)" * 12])
def test_what_would_take_long_to_judge_is_given_up(pattern: str) -> None:
    assert squared(pattern) is None
