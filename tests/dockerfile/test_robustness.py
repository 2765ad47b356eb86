"""Whatever a Dockerfile or env file holds, it is read and judged without an exception."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from fairlead.tests.dockerfile.mutated import texts
from fairlead.tests.dockerfile.robust import faults

ONCE_AT_FAULT = [
    "FROM a\nRUN a\x1fb\n",
    "FROM a\nRUN a\u2028b \x85\n",
]
"""Texts that some version could not take."""

ODD = [
    "",
    "\n",
    "\ufeff",
    "\0",
    "\\",
    "FROM",
    "FROM a\nRUN",
    "FROM a\nRUN <<",
    "FROM a\nRUN <<EOF",
    "FROM a\nCOPY <<EOF",
    "FROM a\nONBUILD",
    "FROM a\nONBUILD ONBUILD ONBUILD",
    "FROM a\nHEALTHCHECK",
    "FROM a\nHEALTHCHECK --interval=",
    "FROM a\nENV",
    "FROM a\nENV =",
    "FROM a\nENV A",
    "FROM a\nENV A=${",
    "FROM a\nCMD [",
    "FROM a\nCMD []",
    "FROM a\nCOPY --from= a b",
    "FROM a\nRUN --mount= x",
    "FROM --platform= a",
    "FROM $",
    "FROM ${}",
    "FROM a\nRUN $(",
    "FROM a\nRUN `",
    "FROM a\nRUN case",
    "FROM a\nRUN (((((",
    "FROM a\nRUN '",
    "FROM a\r\nRUN b \\\r\n  c\r\n",
]


@pytest.mark.parametrize("text", [*ODD, *ONCE_AT_FAULT])
def test_an_odd_dockerfile_is_judged(text: str) -> None:
    assert faults("dockerfile", text) == []


@pytest.mark.parametrize(
    "text", ["", "\n", "\ufeff", "\0", "=", "A", "A=", "export", "export ", "'", "A='", 'A="\\', "A=${", "#"]
)
def test_an_odd_env_file_is_judged(text: str) -> None:
    assert faults("env", text) == []


few = settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@few
@given(text=texts("dockerfile"))
def test_a_broken_dockerfile_is_judged(text: str) -> None:
    assert faults("dockerfile", text) == []


@few
@given(text=texts("env"))
def test_a_broken_env_file_is_judged(text: str) -> None:
    assert faults("env", text) == []
