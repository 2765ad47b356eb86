"""The contract of the command line: exit codes, flags, what is read and what is reported."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.schemas import errors

TALKATIVE = "http {\n    server_tokens on;\n}\n"
QUIET = "http {\n    server_tokens off;\n}\n"


def rules_and_lines(out: str) -> list[tuple[str, str, int]]:
    return [(it["rule"], it["path"], it["line"]) for it in json.loads(out)["findings"]]


def test_a_clean_file_exits_0_and_says_so(folder, lint) -> None:
    (folder / "nginx.conf").write_text(QUIET)

    result = lint("nginx.conf")

    assert (0, "1 file: clean\n", "") == (result.code, result.out, result.err)


def test_a_file_has_one_name_though_a_build_context_lies_above(folder, lint, monkeypatch) -> None:
    docker = folder / "docker"
    docker.mkdir()
    (folder / "app.py").write_text("")
    (docker / "compose.yml").write_text(
        "services:\n  app:\n    image: acme/app:1.2.3\n"
        "  web:\n    build: {context: .., dockerfile: docker/Dockerfile}\n"
    )
    (docker / "Dockerfile").write_text(
        "FROM nginx:1.30.1\n"
        "COPY docker/nginx.conf /etc/nginx/conf.d/default.conf\n"
        "COPY docker/gone.conf /etc/gone.conf\n"
    )
    (docker / "nginx.conf").write_text("server {\n    location / { proxy_pass http://apps:8000; }\n}\n")
    monkeypatch.chdir(docker)

    result = lint(".", "--format", "json", "--select", "stack/copy-source-missing,stack/upstream-host-unknown")

    assert [
        ("stack/copy-source-missing", "Dockerfile", 3),
        ("stack/upstream-host-unknown", "nginx.conf", 2),
    ] == rules_and_lines(result.out)


def test_a_warning_exits_1_unless_only_errors_count(folder, lint) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)

    assert lint("nginx.conf").code == 1
    assert lint("nginx.conf", "--fail-on", "error").code == 0


def test_the_json_report_is_as_its_schema_says(folder, lint) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)

    report = json.loads(lint("nginx.conf", "--format", "json").out)

    assert errors("report", report) == []
    assert report["version"] == 1
    assert report["summary"] == {"files": 1, "errors": 0, "warnings": 1, "infos": 0}
    (finding,) = report["findings"]
    assert finding.pop("message").startswith('"server_tokens on" tells')
    assert finding == {
        "rule": "nginx/server-tokens-on",
        "severity": "warning",
        "path": "nginx.conf",
        "line": 2,
        "column": 19,
        "end_line": 2,
        "end_column": 21,
        "fixable": True,
        "docs": "docs/rules/nginx/server-tokens-on.md",
    }


def test_columns_count_characters(folder, lint) -> None:
    (folder / "nginx.conf").write_text('add_header X-Name "größe 😀"; server_tokens on;\n', encoding="utf-8")

    (finding,) = json.loads(lint("nginx.conf", "--format", "json", "--select", "nginx/server-tokens-on").out)[
        "findings"
    ]

    assert (44, 46) == (finding["column"], finding["end_column"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--format", "yaml"], "argument --format: invalid choice: 'yaml'"),
        (["--no-such-flag"], "unrecognized arguments: --no-such-flag; see fairlead-lint --help"),
        (["--preset", "lax"], "argument --preset: invalid choice: 'lax'"),
        (["nowhere.conf"], "nowhere.conf: no such file or folder"),
        (["--select", "nginx/server-token-on"], 'no rule is called "nginx/server-token-on"; did you mean'),
        (["--ignore", "nginks"], 'no rule is called "nginks"; did you mean "nginx"?'),
        (["--rule", "nginx/nothing-like-it"], 'no rule is called "nginx/nothing-like-it"; '),
        (["--policy", "nowhere.yaml"], "nowhere.yaml: no such file or directory"),
        (["--list-rules", "--format", "sarif"], "--list-rules has --format text and json"),
        (["--stdin-filename", ""], "--stdin-filename is empty"),
        ([], "no files of a stack here or below"),
    ],
)
def test_wrong_use_is_one_line_and_exits_2(lint, arguments: list[str], complaint: str) -> None:
    result = lint(*arguments)

    assert result.code == 2
    assert result.err.startswith(f"fairlead-lint: {complaint}")
    assert result.err.count("\n") == 1


def test_a_file_of_another_kind_exits_2_and_names_the_flag(folder, lint) -> None:
    (folder / "notes.txt").write_text("call mother\n")

    result = lint("notes.txt")

    assert result.code == 2
    assert "notes.txt: neither its name nor its content is of a stack's file; name its kind with --as" in result.err


def test_as_says_what_a_file_is(folder, lint) -> None:
    (folder / "site.vh").write_text("server_tokens on;\n")

    result = lint("site.vh", "--as", "nginx", "--format", "json")

    assert [("nginx/server-tokens-on", "site.vh", 1)] == rules_and_lines(result.out)


def test_path_filters_the_report_and_not_what_is_read(folder, lint) -> None:
    (folder / "nginx.conf").write_text("http {\n    include extra.conf;\n    server_tokens on;\n}\n")
    (folder / "extra.conf").write_text("server_tokens on;\n")

    whole = lint(".", "--format", "json", "--select", "nginx/server-tokens-on")
    part = lint("extra.conf", "--format", "json", "--select", "nginx/server-tokens-on")

    assert {path for _, path, _ in rules_and_lines(whole.out)} == {"nginx.conf", "extra.conf"}
    assert {path for _, path, _ in rules_and_lines(part.out)} == {"extra.conf"}


@pytest.mark.parametrize("name", ["extra.inc", "extra.conf"])
@pytest.mark.parametrize("has_stack", [False, True])
def test_a_main_file_brings_what_it_includes(folder, lint, name: str, has_stack: bool) -> None:
    (folder / "nginx.conf").write_text(f"http {{\n    include parts/{name};\n}}\n")
    (folder / "parts").mkdir()
    (folder / "parts" / name).write_text("server_tokens on;\n")
    if has_stack:
        (folder / "compose.yml").write_text("services:\n  web:\n    image: nginx:1.30.6\n    privileged: true\n")

    result = lint("nginx.conf", "--format", "json", "--select", "nginx/server-tokens-on")

    assert [("nginx/server-tokens-on", f"parts/{name}", 1)] == rules_and_lines(result.out)


def test_paths_outside_the_current_folder_are_absolute(folder, lint, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "nginx.conf"
    elsewhere.write_text(TALKATIVE)

    result = lint(os.fspath(elsewhere), "--format", "json")

    assert [("nginx/server-tokens-on", os.fspath(elsewhere), 2)] == rules_and_lines(result.out)


def test_standard_input_stands_for_a_file(folder, lint) -> None:
    (folder / "nginx.conf").write_text(QUIET)

    result = lint("--stdin-filename", "nginx.conf", "--format", "json", stdin=TALKATIVE)

    assert [("nginx/server-tokens-on", "nginx.conf", 2)] == rules_and_lines(result.out)


def test_fixing_standard_input_prints_the_mended_text(folder, lint) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)

    result = lint("--stdin-filename", "nginx.conf", "--fix", stdin=TALKATIVE)

    assert (0, QUIET) == (result.code, result.out)
    assert (folder / "nginx.conf").read_text() == TALKATIVE


def test_a_file_found_below_a_folder_is_recognised_by_its_content(folder, lint) -> None:
    (folder / "conf.d").mkdir()
    (folder / "conf.d" / "site.conf").write_text("server {\n    server_tokens on;\n}\n")
    (folder / "conf.d" / "redis.conf").write_text("maxmemory 512mb\nappendonly yes\n")
    (folder / "conf.d" / "my.conf").write_text("[mysqld]\nmax_connections = 1000\n")

    report = json.loads(lint("conf.d", "--format", "json", "--select", "nginx/server-tokens-on").out)

    assert report["summary"]["files"] == 1
    assert [it["path"] for it in report["findings"]] == ["conf.d/site.conf"]


def test_list_rules_in_json_has_the_promised_keys(lint) -> None:
    rules = json.loads(lint("--list-rules", "--format", "json").out)["rules"]

    assert {"id", "severity", "preset", "fixable", "covers", "docs"} == {key for rule in rules for key in rule}
    assert len({rule["id"] for rule in rules}) == len(rules)


def test_the_page_of_a_rule_is_its_documentation(lint) -> None:
    result = lint("--rule", "nginx/server-tokens-on")

    assert result.code == 0
    assert result.out.startswith("# nginx/server-tokens-on\n")
    assert "server_tokens off;" in result.out


def test_select_takes_families_and_globs_and_ignore_takes_away(folder, lint) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)

    assert lint("nginx.conf", "--select", "nginx").code == 1
    assert lint("nginx.conf", "--select", "*/server-tokens-*").code == 1
    assert lint("nginx.conf", "--select", "lint,nginx", "--ignore", "nginx/server-tokens-on").code == 0


def test_one_unreadable_file_hides_nothing_of_the_others(folder, lint) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)

    result = lint("nginx.conf", "missing.conf", "--format", "json")

    assert result.code == 2
    assert [("nginx/server-tokens-on", "nginx.conf", 2)] == rules_and_lines(result.out)
    assert result.err == "fairlead-lint: missing.conf: no such file or folder\n"


def test_what_is_no_file_is_refused_at_once(folder, lint) -> None:
    os.mkfifo(folder / "nginx-pipe.conf")
    (folder / "nginx-loop.conf").symlink_to("nginx-loop.conf")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("nginx-socket.conf")

    result = lint("nginx-pipe.conf", "nginx-loop.conf", "nginx-socket.conf", "/dev/null", "--as", "nginx")

    assert result.code == 2
    assert "nginx-pipe.conf: a pipe, not a file" in result.err
    assert "nginx-loop.conf: too many levels of symbolic links" in result.err
    assert "nginx-socket.conf: " in result.err
    assert "/dev/null: a device, not a file" in result.err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbfserver_tokens off;\r\n",
        b"{" * 5000,
        b'"',
        b"}" * 50,
        b"\\",
        b"$\r\r\n{",
    ],
    ids=lambda content: repr(content[:6]),
)
@pytest.mark.parametrize("name", ["nginx.conf", "docker-compose.yml", "Dockerfile", ".env"])
def test_no_content_leads_to_a_traceback(folder, lint, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)

    result = lint(name, "--fix", "--format", "json")

    assert result.code in (0, 1), result.err
    assert "fairlead is at fault" not in result.err
    json.loads(result.out)


def test_a_rule_that_breaks_is_named_and_the_others_run(folder, lint) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "broken.py").write_text(
        "from fairlead.lint.finding import Severity\n"
        "from fairlead.lint.rule import rule\n"
        "@rule('nginx/broken', Severity.ERROR, bad='', good='', source='here')\n"
        "def broken(config):\n"
        "    '''Breaks.'''\n"
        "    yield 1 / 0\n"
    )
    (folder / "fairlead.yaml").write_text("lint: {rules: [rules]}\n")
    (folder / "nginx.conf").write_text(TALKATIVE)

    result = lint("nginx.conf")

    assert result.code == 2
    assert "[nginx/server-tokens-on]" in result.out
    assert result.err == (
        "fairlead-lint: rule nginx/broken on nginx.conf: fairlead is at fault (ZeroDivisionError at broken.py:6); "
        "report it with this line and the file\n"
    )


def linter(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fairlead.lint", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_a_clean_run_imports_nothing_heavy(folder) -> None:
    (folder / "nginx.conf").write_text(QUIET)
    (folder / "docker-compose.yml").write_text("services:\n  web:\n    image: nginx:1.30.6\n")
    code = (
        "import sys; from fairlead.lint.cli import main; main(['nginx.conf', 'docker-compose.yml']);"
        "heavy = {'jsonschema', 'rich', 'httpx', 'fabric', 'asyncio', 'invoke', 'importlib.metadata', 'argparse',"
        " 'ast', 'dataclasses', 'difflib', 'inspect', 'ipaddress', 'pathlib', 'urllib.parse'};"
        "print(sorted(heavy & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error(folder) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE * 2000)
    command = f"{sys.executable} -m fairlead.lint nginx.conf --format json | head -c 1"

    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)

    assert ("{", "") == (result.stdout, result.stderr)


def test_the_module_runs_as_a_program(folder) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)

    result = linter("nginx.conf", cwd=folder)

    assert (1, "") == (result.returncode, result.stderr)
    assert "nginx.conf:2:19: warning: " in result.stdout


def test_a_foreign_locale_garbles_and_does_not_break(folder) -> None:
    (folder / "nginx.conf").write_text("server_tokens on; # größe\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}

    result = linter("nginx.conf", cwd=folder, env=environment)

    assert result.returncode == 1
    assert "gr??e" in result.stdout.replace("\ufffd", "?") or "gr?" in result.stdout


def test_settings_choose_preset_rules_and_threshold(folder: Path, lint) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)
    (folder / "fairlead.yaml").write_text("lint: {ignore: nginx/server-tokens-on}\n")

    assert lint("nginx.conf").code == 0

    (folder / "fairlead.yaml").write_text("lint: {fail_on: error}\n")

    assert lint("nginx.conf").code == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("lint: {preset: lax}\n", 'preset "lax" does not exist; there are recommended, strict, swarm'),
        ("lint: {colour: red}\n", 'fairlead.yaml: lint has no setting "colour"'),
        ("lint: [strict]\n", "fairlead.yaml: lint: not a map of settings"),
        ("lint: {fail_on: never}\n", 'fairlead.yaml: lint.fail_on is "never"; write error, warning or info'),
        ("lint: {rules: [nowhere]}\n", "nowhere: no such folder of rules"),
        ("lint: {\n", "fairlead.yaml:2:1: "),
        ("- a\n", "fairlead.yaml: not a map of settings"),
        ("policy: {gzip: {max_level: eleven}}\n", "fairlead.yaml: policy: gzip.max_level: 'eleven' is not of type"),
        ("policy: {zip: {}}\n", "fairlead.yaml: policy: Additional properties are not allowed ('zip' was unexpected)"),
    ],
)
def test_wrong_settings_are_named_by_their_key(folder: Path, lint, text: str, complaint: str) -> None:
    (folder / "nginx.conf").write_text(TALKATIVE)
    (folder / "fairlead.yaml").write_text(text)

    result = lint("nginx.conf")

    assert result.code == 2
    assert result.err.startswith(f"fairlead-lint: {complaint}")


class Interrupting:
    """Standard input at which the user presses Ctrl-C."""

    @property
    def buffer(self) -> Interrupting:
        return self

    def read(self) -> bytes:
        raise KeyboardInterrupt


def test_an_interrupt_ends_with_130_and_no_word(
    folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fairlead.lint.__main__ import main

    monkeypatch.setattr(sys, "argv", ["fairlead-lint", "--stdin-filename", "nginx.conf"])
    monkeypatch.setattr(sys, "stdin", Interrupting())

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")
