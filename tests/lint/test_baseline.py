"""Known findings, frozen in a file."""

from __future__ import annotations

import json

import pytest

OLD = "http {\n    server_tokens on;\n}\n"


def test_a_baseline_is_written_once_and_hides_what_it_knows(folder, lint) -> None:
    (folder / "nginx.conf").write_text(OLD)

    first = lint("nginx.conf", "--baseline", "known.json")
    second = lint("nginx.conf", "--baseline", "known.json")

    assert (0, 0) == (first.code, second.code)
    assert "wrote the baseline known.json" in first.out
    assert "1 finding hidden by the baseline" in second.out


def test_moved_lines_stay_known_and_a_second_like_fault_is_new(folder, lint) -> None:
    (folder / "nginx.conf").write_text(OLD)
    lint("nginx.conf", "--baseline", "known.json")

    (folder / "nginx.conf").write_text("# a new first line\n\n" + OLD.replace("    ", "\t"))
    moved = lint("nginx.conf", "--baseline", "known.json")
    (folder / "nginx.conf").write_text(OLD + OLD)
    doubled = lint("nginx.conf", "--baseline", "known.json", "--format", "json", "--select", "nginx/server-tokens-on")

    assert 0 == moved.code
    assert [5] == [it["line"] for it in json.loads(doubled.out)["findings"]]


def test_entries_that_hide_nothing_any_more_are_counted(folder, lint) -> None:
    (folder / "nginx.conf").write_text(OLD)
    lint("nginx.conf", "--baseline", "known.json")
    (folder / "nginx.conf").write_text(OLD.replace("on", "off"))

    result = lint("nginx.conf", "--baseline", "known.json")

    assert 0 == result.code
    assert "1 entry of the baseline no longer needed" in result.out


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 2, "findings": []}', "\udcff", "[" * 100_000])
def test_a_file_that_is_no_baseline_is_refused(folder, lint, content: str) -> None:
    (folder / "nginx.conf").write_text(OLD)
    (folder / "known.json").write_bytes(content.encode("utf-8", "surrogateescape"))

    result = lint("nginx.conf", "--baseline", "known.json")

    assert 2 == result.code
    assert result.err.startswith("fairlead-lint: known.json: not a ")
    assert "Traceback" not in result.err


def test_settings_name_a_baseline_and_never_write_one(folder, lint) -> None:
    (folder / "nginx.conf").write_text(OLD)
    (folder / "fairlead.yaml").write_text("lint: {baseline: known.json}\n")

    assert "no such baseline; --baseline known.json writes it" in lint("nginx.conf").err

    lint("nginx.conf", "--baseline", "known.json")

    assert 0 == lint("nginx.conf").code


def test_no_baseline_is_written_while_something_cannot_be_read(folder, lint) -> None:
    (folder / "nginx.conf").write_text(OLD)

    result = lint("nginx.conf", "missing.conf", "--baseline", "known.json")

    assert 2 == result.code
    assert not (folder / "known.json").exists()
