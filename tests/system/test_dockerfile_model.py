"""The Dockerfile model against the real BuildKit: what it makes of variables, forms, heredocs, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.lint.dockerfile import parse
from fairlead.tests.dockerfile.generated import values

DOCKER = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"
QUIET = {**os.environ, "DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}

VALUES = [
    "plain",
    '"two words"',
    "'two words'",
    "two\\ words",
    "$ONE",
    "${ONE}",
    "'$ONE'",
    '"$ONE"',
    "\\$ONE",
    '"\\$ONE"',
    "${ONE}x$ONE",
    "${ONE:-d}",
    "${NONE:-d}",
    "${NONE-d}",
    "${EMPTY:-d}",
    "${EMPTY-d}",
    "${ONE:+d}",
    "${ONE+d}",
    "${NONE:+d}",
    "${EMPTY:+d}",
    "${NONE:-${ONE}}",
    "${NONE:-a$ONE}",
    "${NONE:-'a b'}",
    "${PATHS#*/}",
    "${PATHS##*/}",
    "${PATHS%/*}",
    "${PATHS%%/*}",
    "${PATHS/b/x}",
    "${PATHS//\\//-}",
    "a'b'\"c\"",
    "''",
    '""',
    "a=b=c",
    "$NONE",
    "$",
    "a$",
    "a$.b",
    '"a\\"b"',
    "'a\\b'",
    '"a\\b"',
    "a\\\\b",
    "$1x",
    "a#b",
    '"#"',
    "ü",
    "${ONE:?no}",
]

COMMANDS = [
    'CMD ["a", "b c"]',
    'CMD [ "a" , "b" ]',
    'CMD ["a", "b"',
    "CMD ['a', 'b']",
    'CMD ["a",]',
    "CMD a b",
    "CMD   a   b  ",
    "CMD []",
    'CMD ["\\u0061\\n", "\\"x\\""]',
    "CMD [ -f x ]",
    'cmd ["a", \\\n  # inside\n  "b"]',
    'SHELL ["/bin/x", "-y"]\nCMD a b',
    'ENTRYPOINT ["e"]\nCMD ["c"]',
    'CMD ["c"]\nENTRYPOINT ["e"]',
]

HEREDOCS = [
    "COPY <<EOF /f\nhello\nEOF\n",
    "COPY <<-EOF /f\n\thello\n\t\tdeep\n\tEOF\n",
    'COPY <<"EOF" /f\nhe$ONE\nEOF\n',
    "COPY <<EOF /f\n# no comment\n\nEOF\n# after\n",
    "COPY <<EOF /f\n EOF\nEOF \nEOF\nLABEL a=b\n",
    "COPY <<EOF /f\nEOF\n",
    "copy \\\n  <<EOF \\\n  /f\nhello\nEOF\n",
    "ADD <<EOF /f\nhello\r\nEOF\n",
]

REFUSED = [
    "",
    "# only a comment\n",
    "RUN x\nFROM scratch\n",
    "ENV A=1\n",
    "FROM scratch\nFOO x\n",
    "FROM scratch\nENV A\n",
    "FROM scratch\nENV A=1 B\n",
    "FROM scratch\nCOPY a\n",
    "FROM scratch\nCOPY <<EOF /f\nhello\n",
    "FROM scratch\nENV A=${X\n",
    "FROM scratch\nENV A=${}\n",
    "FROM scratch\nCMD [1]\n",
    'FROM scratch\nCMD ["a", 1]\n',
    "FROM scratch AS\n",
    "FROM scratch x y\n",
    "FROM scratch\nONBUILD ONBUILD RUN x\n",
    "FROM scratch\nONBUILD FROM x\n",
    "FROM scratch\nCOPY --form=x a b\n",
    "FROM scratch\nWORKDIR\n",
    "FROM scratch\nEXPOSE\n",
    "FROM scratch\nSHELL /bin/sh -c\n",
    "FROM scratch\nHEALTHCHECK curl x\n",
    "FROM scratch\nHEALTHCHECK NONE x\n",
    "FROM scratch\nHEALTHCHECK CMD\n",
    "# escape=x\nFROM scratch\n",
    "# escape=`\n# escape=`\nFROM scratch\n",
    "FROM scratch\nLABEL a='b\n",
    'FROM scratch\nUSER "x\n',
]


def _built(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "Dockerfile").write_bytes(text.encode())
    return subprocess.run(
        [DOCKER, "build", *options, "."], cwd=folder, env=QUIET, capture_output=True, text=True, check=False
    )


def _config(folder: Path, text: str) -> dict[str, object]:
    answer = _built(folder, text, "--quiet")
    assert answer.returncode == 0, answer.stderr
    image = answer.stdout.strip()
    told = subprocess.run([DOCKER, "image", "inspect", image], capture_output=True, text=True, check=True)
    subprocess.run([DOCKER, "image", "rm", "--force", image], capture_output=True, check=False)
    config: dict[str, object] = json.loads(told.stdout)[0]["Config"]
    return config


@pytest.mark.parametrize("written", [VALUES, values(1, 150), values(2, 150)], ids=["written", "random-1", "random-2"])
def test_variables_are_replaced_as_buildkit_does(tmp_path: Path, written: list[str]) -> None:
    lines = [f"ENV V{index}={value}" for index, value in enumerate(written)]
    text = "\n".join(("FROM scratch", "ARG ONE=1", 'ENV EMPTY="" PATHS=a/b/c', "ENV old form  $ONE ", *lines, ""))
    told = _config(tmp_path, text)["Env"]
    assert isinstance(told, list)
    real = dict(each.split("=", 1) for each in told)
    stage = parse(text, "Dockerfile").stages[0]
    ours = {name: setting.value for name, setting in stage.environment.items()}

    assert {name: (value, real[name]) for name, value in ours.items()} == {
        name: (real[name], real[name]) for name in ours
    }
    assert set(real) - {"PATH"} == set(ours)


@pytest.mark.parametrize("line", COMMANDS)
def test_the_exec_form_is_told_from_the_shell_form(tmp_path: Path, line: str) -> None:
    text = f"FROM scratch\n{line}\n"
    real = _config(tmp_path, text)
    stage = parse(text, "Dockerfile").stages[0]

    for instruction, key in ((stage.cmd, "Cmd"), (stage.entrypoint, "Entrypoint")):
        ours = None
        if instruction is not None and instruction.json is not None:
            ours = [word.text for word in instruction.json]
        elif instruction is not None:
            ours = [*stage.shell(instruction), instruction.text]
        assert (real[key] or None) == (ours or None)


@pytest.mark.parametrize("lines", HEREDOCS)
def test_a_heredoc_has_the_content_that_buildkit_writes(tmp_path: Path, lines: str) -> None:
    text = "FROM scratch\n" + lines
    target = tmp_path / "out"
    answer = _built(tmp_path, text, "--output", f"type=local,dest={target}")
    assert answer.returncode == 0, answer.stderr
    model = parse(text, "Dockerfile")
    (heredoc,) = model.instructions[1].heredocs

    assert (target / "f").read_bytes().decode() == heredoc.content
    assert not model.problems


@pytest.mark.parametrize("text", REFUSED)
def test_what_buildkit_refuses_is_a_problem(tmp_path: Path, text: str) -> None:
    answer = _built(tmp_path, text)

    assert answer.returncode != 0
    assert parse(text, "Dockerfile").problems
