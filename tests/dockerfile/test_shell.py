"""Shell text: commands, words, pipes, and honesty about what is not understood."""

from __future__ import annotations

import pytest

from fairlead.lint.dockerfile import Script, parse
from fairlead.lint.place import Place


def script(text: str) -> Script:
    stage = parse(f"FROM a\nRUN {text}\n", "Dockerfile").stages[0]
    return stage.script(stage.instructions[0])


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a b && c || d; e | f & g", [["a", "b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a 'b c' \"d $e\" f\\ g", [["a", "b c", None, "f g"]]),
        ("X=1 Y='2' a b", [["a", "b"]]),
        ("a > b 2>&1 < c", [["a"]]),
        ("if a; then b; elif c; then d; else e; fi && f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
        ("for x in a b; do c $x; done; d", [["c", None], ["d"]]),
        ("while a; do b; done", [["a"], ["b"]]),
        ("case $x in a|b) c ;; *) d; e ;; esac; f", [["c"], ["d"], ["e"], ["f"]]),
        ("(a; b) && { c; d; }", [["a"], ["b"], ["c"], ["d"]]),
        ("f() { a; }; f", [["a"], ["f"]]),
        ("! a", [["a"]]),
        ("a # b && c", [["a"]]),
        ("a#b", [["a#b"]]),
        ("[ -f a ] && [[ b == c || d ]] && e", [["[", "-f", "a", "]"], ["[[", "b", "==", "c", "d", "]]"], ["e"]]),
        ("a $(b c) `d`", [["a", None, None], ["b", "c"], ["d"]]),
        ("sh -c 'a && b'", [["sh", "-c", "a && b"], ["a"], ["b"]]),
        ("bash -euxc 'a' b", [["bash", "-euxc", "a", "b"], ["a"]]),
        ("sudo -E env A=1 apt-get install x", [["apt-get", "install", "x"]]),
        ("echo $((1 + 2)) ${x:-$(y)}", [["echo", None, None]]),
        ("a {b,c} d{e} *.f", [["a", None, "d{e}", None]]),
    ],
)
def test_a_line_is_cut_into_commands(text: str, commands: list[list[str | None]]) -> None:
    found = script(text)

    assert [[word.text for word in command.argv] for command in found.commands] == commands
    assert found.is_understood


@pytest.mark.parametrize("text", ["a 'b", 'a "b', "a $(b", "a `b", "a=(1 2)", 'sh -c "$x"'])
def test_what_is_not_understood_is_said(text: str) -> None:
    assert not script(text).is_understood


def test_a_command_knows_what_it_reads_from() -> None:
    curl, tar = script("curl x | tar -x").commands

    assert tar.piped_from is curl
    assert curl.piped_from is None


def test_words_have_places_across_lines() -> None:
    found = script("a \\\n  && b 'c d' \\\n  e")

    assert [Place("Dockerfile", 2, 5, 2, 6), Place("Dockerfile", 3, 6, 4, 4)] == [each.place for each in found.commands]
    assert Place("Dockerfile", 3, 8, 3, 13) == found.commands[1].words[1].place


def test_a_heredoc_is_the_script_when_nothing_else_is_run() -> None:
    found = script("<<EOF\nset -e\na b\nEOF")

    assert [command.program for command in found.commands] == ["set", "a"]
    assert Place("Dockerfile", 4, 1, 4, 4) == found.commands[1].place


def test_a_heredoc_for_another_program_is_no_script() -> None:
    assert [command.program for command in script("python3 <<EOF\nimport os\nEOF").commands] == ["python3"]
    assert not script("<<EOF\n#!/usr/bin/env python3\nimport os\nEOF").is_understood


def test_a_shell_of_another_kind_is_not_read() -> None:
    stage = parse('FROM a\nSHELL ["powershell", "-Command"]\nRUN a; b\n', "Dockerfile").stages[0]

    assert stage.script(stage.instructions[1]).commands == ()
    assert not stage.script(stage.instructions[1]).is_understood
