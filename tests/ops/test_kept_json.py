"""Files of ours on a host that somebody has edited."""

from __future__ import annotations

import pytest

from fairlead.ops.agent.record import state_of
from fairlead.ops.errors import SettingsError
from fairlead.ops.kept_json import data_of


@pytest.mark.parametrize("text", ['{"services": {}}\n# by hand', "[1]", "{", "services: {}", "null", "\x00"])
def test_an_edited_file_is_named_with_what_to_do(text):
    with pytest.raises(SettingsError) as caught:
        data_of(text, "prod: /srv/shop/releases/r1/compose.yaml")

    assert str(caught.value).startswith("prod: /srv/shop/releases/r1/compose.yaml: no")
    assert str(caught.value).endswith("; put back what was edited there by hand")


def test_a_file_that_is_not_there_says_nothing():
    assert ({}, {}, {"a": 1}) == (data_of(None, ""), data_of("", ""), data_of('{"a": 1}', ""))


def test_an_edited_state_is_no_fault_of_the_tool():
    with pytest.raises(SettingsError, match=r"^state\.json: no JSON any more"):
        state_of("current: r1")
