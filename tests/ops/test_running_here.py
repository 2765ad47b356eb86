"""A host that is gone while something is sent to it: the step, what serves, and what to do are said."""

from __future__ import annotations

import pytest

from fairlead.ops.deploy.running_here import run_here
from fairlead.ops.errors import SettingsError, UnreachableError
from fairlead.ops.plan import plan_for
from fairlead.ops.step import Do


def _plan(error):
    def fail(_, __):
        raise error

    return plan_for("localhost", Do("build", "", lambda _, __: None), Do("send the images", "", fail))


@pytest.mark.parametrize(("serves", "word"), [("r7", "r7"), ("", "nothing")])
def test_a_connection_that_drops_while_something_is_sent_says_where_and_what_serves(serves, word):
    lost = UnreachableError("prod: the connection was lost while this ran: docker; whether it ended is not known")

    with pytest.raises(UnreachableError) as caught:
        run_here(_plan(lost), "prod", serves)

    assert 5 == caught.value.exit_code
    assert str(caught.value) == (
        "prod: send the images: the connection was lost while this ran: docker; whether it ended is not known; "
        f"{word} serves there as before; run it again once it is reachable, what has arrived is not sent again"
    )


def test_another_failure_is_handed_on_as_it_is():
    with pytest.raises(SettingsError, match=r"^wrong$"):
        run_here(_plan(SettingsError("wrong")), "prod", "r7")
