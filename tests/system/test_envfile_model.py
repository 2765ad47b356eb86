"""The env model against the real Compose: each text gives the same values, or is refused by both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.lint.envfile import parse

DOCKER = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"
ENVIRONMENT = {"FROM_OUTSIDE": "outside", "EMPTY": ""}

READ = [
    "A=1\n",
    "A=1",
    "A = 1\n",
    "A= 1 \n",
    "A=\n",
    "A=\nB=2\n",
    "A=a b  c\n",
    "  A=1\n\tB=2\n",
    "export A=1\n",
    "export\tA=1\n",
    "exported=1\n",
    "export=1\n",
    "A: 1\n",
    "A: a=b\n",
    "A=1:2\n",
    "A.B-c[0]=1\n",
    "1A=1\n",
    "Ä=ö\n",
    "# comment\nA=1\n",
    "   # comment\n\nA=1\n",
    "A=1 # comment\n",
    "A=1#2\n",
    "A=1 #2\n",
    "A=1\t# 2\n",
    "A= # 2\n",
    "A=#2\n",
    "A='1' # comment\n",
    'A="1"# comment\n',
    "A='it is # 1'\n",
    'A="it is # 1"\n',
    "A='$FROM_OUTSIDE'\n",
    'A="$FROM_OUTSIDE"\n',
    "A=$FROM_OUTSIDE\n",
    "A=${FROM_OUTSIDE}x\n",
    "A=x$$y\n",
    'A="x\\$y"\n',
    'A="x\\${y}"\n',
    "A=x\\$y\n",
    "A=x$5\n",
    "A=x$\n",
    "A=${MISSING}\n",
    "A=${MISSING:-d}\n",
    "A=${MISSING-d}\n",
    "A=${EMPTY:-d}\n",
    "A=${EMPTY-d}\n",
    "A=${FROM_OUTSIDE:-d}\n",
    "A=${FROM_OUTSIDE:+d}\n",
    "A=${EMPTY:+d}\n",
    "A=${EMPTY+d}\n",
    "A=${MISSING+d}\n",
    "A=${FROM_OUTSIDE:?no}\n",
    "A=${MISSING:-${FROM_OUTSIDE}}\n",
    "A=${MISSING:-${ALSO:-x}}y\n",
    "A=${MISSING:-{}}\n",
    'A=${MISSING:-{"a":1}}\n',
    "A=${MISSING:-a}${MISSING:-b}\n",
    "A=${MISSING:-}\n",
    "A=1\nB=$A\n",
    "A=1\nB=${A}2\nA=3\nC=$A\n",
    "B=$A\nA=1\n",
    "A=1\nA=2\n",
    "FROM_OUTSIDE\n",
    "NOWHERE\n",
    "FROM_OUTSIDE\nA=1\n",
    "EMPTY\n",
    'A="a\\nb"\n',
    "A='a\\nb'\n",
    "A=a\\nb\n",
    'A="a\\tb\\\\c\\"d"\n',
    'A="\\a\\b\\f\\r\\v\\c\\z"\n',
    'A="\\0101 \\07 \\0 \\0999"\n',
    "A='it\\'s'\n",
    "A='a\\\\b'\n",
    'A="two\nlines"\nB=1\n',
    "A='two\nlines'\nB=1\n",
    'A="1" B=2\n',
    'A="1"B=2\n',
    'A=""\n',
    "A=''\n",
    'A="\'"\n',
    "A='\"'\n",
    "A=1'2'\n",
    'A=1"2\n',
    "A=1\r\nB=2\r\n",
    'A="1"\r\nB=2\r\n',
    "FROM_OUTSIDE\r\nB=2\r\n",
    "\ufeffA=1\n",
    "A=a=b=c\n",
    "A==\n",
    "A=`date`\n",
    "A=$(date)\n",
    "A=$((1+1))\n",
    "A=~/x\n",
    "A=*\n",
    "\n\n\n",
    "",
    "export \nA=1\n",
    "A=\u00a01\n",
    "A=1\u3000\n",
]

REFUSED = [
    "A B=1\n",
    "A B\n",
    "A@B=1\n",
    "A/B\n",
    "$A=1\n",
    'A="1\n',
    "A='1\n",
    "A=${\n",
    "A=${A\n",
    "A=${A!}\n",
    "A=${1}\n",
    "A=${MISSING:?no}\n",
    "A=${MISSING?no}\n",
    "A=${}\n",
    "export ",
    "A=1\n- B\n",
    'A="${X"\n',
    "A=${MISSING:-a b # c}\n",
]


def _config(folder: Path, services: dict[str, object]) -> subprocess.CompletedProcess[str]:
    (folder / "compose.yaml").write_text(json.dumps({"name": "envfiles", "services": services}))
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **ENVIRONMENT}
    command = [DOCKER, "compose", "-f", "compose.yaml", "config", "--format", "json"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _service(folder: Path, name: str, text: str) -> dict[str, object]:
    (folder / f"{name}.env").write_bytes(text.encode())
    return {"image": "x", "env_file": [f"{name}.env"]}


def test_every_text_gives_the_values_that_compose_gives(tmp_path: Path) -> None:
    services = {f"s{index}": _service(tmp_path, f"s{index}", text) for index, text in enumerate(READ)}
    answer = _config(tmp_path, dict(services))
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)["services"]

    for index, text in enumerate(READ):
        real = {key: value.replace("$$", "$") for key, value in told[f"s{index}"].get("environment", {}).items()}
        model = parse(text, ".env")
        ours = model.values(ENVIRONMENT)
        assert (text, real) == (text, ours)
        assert not model.problems, text


@pytest.mark.parametrize("text", REFUSED)
def test_what_compose_refuses_is_a_problem(tmp_path: Path, text: str) -> None:
    answer = _config(tmp_path, {"s": _service(tmp_path, "s", text)})
    model = parse(text, ".env")
    required = any(variable.required for entry in model.entries for variable in entry.cut.variables())

    assert answer.returncode != 0
    assert model.problems or required


def test_a_file_given_with_env_file_is_read_alike(tmp_path: Path) -> None:
    for index, text in enumerate(READ):
        (tmp_path / "given.env").write_bytes(text.encode())
        names = [name for name in parse(text, ".env").values(ENVIRONMENT) if name.replace("_", "a").isalnum()]
        names = [name for name in names if name.isascii() and not name[0].isdecimal()]
        service = {"image": "x", "environment": {f"V{name}": f"${{{name}}}" for name in names}}
        (tmp_path / "compose.yaml").write_text(json.dumps({"name": "envfiles", "services": {"s": service}}))
        if not names or index % 4:
            continue
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **ENVIRONMENT}
        command = [DOCKER, "compose", "--env-file", "given.env", "config", "--format", "json"]
        answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        real = json.loads(answer.stdout)["services"]["s"]["environment"]
        ours = parse(text, ".env").values(ENVIRONMENT)

        assert {f"V{name}": ENVIRONMENT.get(name, ours[name]) for name in names} == {
            key: value.replace("$$", "$") for key, value in real.items()
        }
