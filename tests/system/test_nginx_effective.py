"""A sample of the campaign: what the model says nginx answers is what nginx answers."""

from __future__ import annotations

from pathlib import Path

from fairlead.tests.campaigns.nginx_effective import ask_names, ask_paths
from fairlead.tests.nginx.served import nginx_binary


def test_nginx_and_the_model_answer_a_sample_of_paths_alike(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    tally = ask_paths(range(1, 121), nginx_binary(), tmp_path)

    assert [] == [str(difference) for difference in tally.differences]
    assert (120, 1440, 0) == (tally.configurations, tally.requests, tally.undecided)


def test_nginx_and_the_model_choose_the_same_server_for_a_sample_of_names(tmp_path: Path) -> None:
    tally = ask_names(range(1, 31), nginx_binary(), tmp_path)

    assert [] == [str(difference) for difference in tally.differences]
    assert (30, 0) == (tally.configurations, tally.undecided)
