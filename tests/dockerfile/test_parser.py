"""Dockerfiles: instructions, stages and variables, with places."""

from __future__ import annotations

import textwrap

import pytest

from fairlead.lint.dockerfile import Dockerfile, image_name, parse
from fairlead.lint.place import Place


def read(text: str) -> Dockerfile:
    return parse(textwrap.dedent(text).lstrip("\n"), "Dockerfile")


def test_continuations_are_joined_and_comments_inside_left_out() -> None:
    dockerfile = read("""
        FROM scratch
        RUN one \\
            # inside

            && two \\\x20\x20
            && three
        # after
        USER 1
    """)
    run = dockerfile.instructions[1]

    assert [command.program for command in dockerfile.stages[0].script(run).commands] == ["one", "two", "three"]
    assert [(place.line, text) for place, text in dockerfile.comments] == [(3, "# inside"), (7, "# after")]
    assert [place.line for place in run.empty_lines] == [4]
    assert Place("Dockerfile", 5, 8, 5, 11) == dockerfile.stages[0].script(run).commands[1].place


def test_another_escape_character_continues_lines() -> None:
    dockerfile = read("# escape=`\nFROM scratch\nCOPY a `\n  C:\\b\\\nUSER 1\n")

    assert [each.name for each in dockerfile.instructions] == ["FROM", "COPY", "USER"]
    assert [word.text for word in dockerfile.instructions[1].words] == ["a", "C:\\b\\"]


@pytest.mark.parametrize("text", ["# x\n# escape=`\n", "\n# escape=`\n", "# other=1\n# escape=`\n"])
def test_a_directive_counts_only_at_the_top(text: str) -> None:
    assert parse(text + "FROM scratch\n", "Dockerfile").escape == "\\"


def test_directives_are_known_by_name() -> None:
    dockerfile = read("# syntax=docker/dockerfile:1\n#Escape = `\n# check=skip=all\nFROM scratch\n")

    assert [(each.name, each.value) for each in dockerfile.directives] == [
        ("syntax", "docker/dockerfile:1"),
        ("escape", "`"),
        ("check", "skip=all"),
    ]


def test_heredocs_end_where_their_names_stand() -> None:
    dockerfile = read("FROM scratch\nCOPY <<A <<-'BC' /x/\n$a\n A\nA\n\tb\n\tBC\n# after\nUSER 1\n")
    copy = dockerfile.instructions[1]

    assert [heredoc.content for heredoc in copy.heredocs] == ["$a\n A\n", "b\n"]
    assert [heredoc.opening.is_quoted for heredoc in copy.heredocs] == [False, True]
    assert copy.sources == ()
    assert [text for _, text in dockerfile.comments] == ["# after"]
    assert dockerfile.problems == ()


@pytest.mark.parametrize(
    "line", ["RUN echo $((1<<2))", "RUN cat <<<EOF", 'RUN ["echo", "<<EOF"]', "LABEL a=<<EOF", "RUN echo '<<EOF'"]
)
def test_not_every_pair_of_brackets_opens_a_heredoc(line: str) -> None:
    dockerfile = read(f"FROM scratch\n{line}\nUSER 1\n")

    assert [each.name for each in dockerfile.instructions] == ["FROM", line.split(maxsplit=1)[0], "USER"]
    assert dockerfile.problems == ()


def test_the_strings_of_an_array_have_their_places() -> None:
    dockerfile = read('FROM scratch\nCMD ["a", \\\n  "b\\tc"]\n')
    words = dockerfile.instructions[1].json

    assert words is not None
    assert [word.text for word in words] == ["a", "b\tc"]
    assert Place("Dockerfile", 3, 3, 3, 9) == words[1].place


@pytest.mark.parametrize("text", ["['a']", '["a"', '["a",]', "[ -f x ]", '["a"] b'])
def test_what_is_no_json_is_for_the_shell(text: str) -> None:
    assert read(f"FROM scratch\nCMD {text}\n").instructions[1].json is None


def test_flags_stand_before_the_arguments() -> None:
    copy = read("FROM scratch\nCOPY --from=0 --chown=1:1 --link a --b /c\n").instructions[1]

    assert [(flag.name, flag.value) for flag in copy.flags] == [("from", "0"), ("chown", "1:1"), ("link", None)]
    assert [word.text for word in copy.sources] == ["a", "--b"]
    assert Place("Dockerfile", 2, 6, 2, 14) == copy.flags[0].place


def test_an_argument_reaches_only_the_stage_that_declares_it() -> None:
    first, second = read("""
        ARG TAG=1 NAME
        FROM base:$TAG AS one
        LABEL a=$TAG
        ARG TAG
        LABEL b=$TAG
        FROM one
        LABEL c=$TAG
    """).stages

    assert first.image == image_name("base:1")
    assert [first.text(pair.value) for each in first.all("LABEL") for pair in each.pairs] == [None, "1"]
    assert [second.text(pair.value) for each in second.all("LABEL") for pair in each.pairs] == ["1"]


def test_a_setting_of_env_wins_over_an_argument() -> None:
    (stage,) = read("""
        FROM scratch
        ENV A=env
        ARG A=arg B=b
        ENV C=$A$B D="$UNSET"
        ENV E x  $C
    """).stages

    assert {name: each.value for name, each in stage.environment.items()} == {
        "A": "env",
        "C": "envb",
        "D": "",
        "E": "x  envb",
    }


def test_what_a_base_image_sets_is_not_known() -> None:
    (stage,) = read("FROM python:3.13\nENV A=$LANG B=${LANG:+x} C=${LANG:-y}\n").stages

    assert {name: each.value for name, each in stage.environment.items()} == {"A": None, "B": None, "C": None}


def test_a_stage_inherits_from_the_one_it_builds_on() -> None:
    dockerfile = read("""
        FROM python:3.13 AS Base
        ENV A=1
        WORKDIR /srv
        USER 7
        EXPOSE 80 8000-8010/udp
        CMD ["x"]
        FROM base
        WORKDIR app
        ENTRYPOINT ["y"]
    """)
    final = dockerfile.final_stage

    assert final is not None
    assert (final.workdir, final.user_text, final.cmd) == ("/srv/app", "7", None)
    assert [(port.first, port.last, port.protocol) for port in final.ports] == [(80, 80, "tcp"), (8000, 8010, "udp")]
    assert final.root_image == image_name("python:3.13")
    assert dockerfile.stage("BASE") is dockerfile.stages[0]


def test_stages_that_the_image_needs_are_known() -> None:
    dockerfile = read("""
        FROM a:1 AS unused
        FROM a:1 AS mounted
        FROM a:1 AS copied
        FROM a:1
        COPY --from=copied /a /b
        RUN --mount=type=bind,from=mounted,target=/x true
    """)

    assert dockerfile.needed == {1, 2, 3}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("python", ("", "python", None, None)),
        ("python:3.13-slim", ("", "python", "3.13-slim", None)),
        ("localhost:5000/a/b", ("localhost:5000", "a/b", None, None)),
        ("ghcr.io/a/b:1", ("ghcr.io", "a/b", "1", None)),
        ("a/b@sha256:" + "0" * 64, ("", "a/b", None, "sha256:" + "0" * 64)),
        ("a:1@sha256:" + "0" * 64, ("", "a", "1", "sha256:" + "0" * 64)),
    ],
)
def test_the_name_of_an_image_has_parts(text: str, parts: tuple[str, str, str | None, str | None]) -> None:
    name = image_name(text)

    assert parts == (name.registry, name.repository, name.tag, name.digest)


@pytest.mark.parametrize(
    "text", ["python:3", "library/python:3", "docker.io/library/python:3", "mirror.example.com/library/python:3"]
)
def test_an_official_image_is_known_through_a_mirror(text: str) -> None:
    assert image_name(text).official == "python"


def test_packages_are_known_by_manager_and_version() -> None:
    (stage,) = read("""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y -t sid curl=8.1 "$EXTRA" git && apk add -t .b gcc
        RUN python3 -m pip install -r r.txt "fastapi[all]>=1" ./x.whl; npm install -g serve@14
    """).stages

    assert [(each.manager, each.name, each.version) for each in stage.packages] == [
        ("apt", "curl", "8.1"),
        ("apt", None, None),
        ("apt", "git", None),
        ("apk", "gcc", None),
        ("pip", "fastapi", ">=1"),
        ("npm", "serve", "14"),
    ]
