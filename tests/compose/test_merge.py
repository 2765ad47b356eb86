"""Merging: what each value comes from, in which file and place. What it is, tests/system holds to the real Compose."""

from __future__ import annotations

import pytest

from fairlead.lint.compose import Project, Unknown, parse


def merged(base: str, over: str) -> Project:
    """A project of one service ``web`` with the keys of both."""
    return parse(
        {
            "base.yaml": f"services:\n  web:\n    image: x\n    {base}\n",
            "over.yaml": f"services:\n  web:\n    {over}\n",
        }
    )


def test_a_replaced_value_has_the_place_of_the_override_and_a_kept_one_that_of_the_base() -> None:
    project = merged("user: a", "hostname: h")
    web = project.services["web"]
    user, hostname = web.get("user"), web.get("hostname")

    assert user is not None
    assert hostname is not None
    assert "base.yaml:4:11" == str(user.place)
    assert "over.yaml:3:15" == str(hostname.place)
    assert "base.yaml:2:3" == str(web.place)


def test_a_key_in_both_has_the_key_place_of_the_file_that_won() -> None:
    user = merged("user: a", "user: b").services["web"].get("user")

    assert user is not None
    assert "over.yaml:3:5" == str(user.key_place)


def test_appended_entries_keep_their_own_places() -> None:
    ports = merged("ports: ['8000:80']", "ports: ['8001:80']").services["web"].ports

    assert ["base.yaml:4:13", "over.yaml:3:13"] == [str(port.place) for port in ports]


def test_variables_keep_their_places_when_a_map_becomes_a_list() -> None:
    environment = merged("environment: {A: 1, B: 2}", "environment: ['B=3', C]").services["web"].environment

    assert {"A": "1", "B": "3", "C": None} == {name: each.value for name, each in environment.items()}
    assert "base.yaml:4:19" == str(environment["A"].place)
    assert "base.yaml:4:22" == str(environment["A"].value_place)
    assert "over.yaml:3:20" == str(environment["B"].place)
    assert "over.yaml:3:22" == str(environment["B"].value_place)
    assert environment["C"].handed_through


def test_what_cannot_be_merged_is_told_with_both_places_and_the_base_stays() -> None:
    project = merged("ports: ['80:80']", "ports: {a: 1}")

    message = "map cannot be merged into the list of base.yaml:4; write it in the same form"
    assert ("compose/cannot-merge", message) in [(rule, text) for rule, _, text in project.problems]
    assert 1 == len(project.services["web"].ports)


def test_an_override_alone_need_not_be_complete() -> None:
    assert () == merged("user: a", "ports: ['80:80']").problems


def test_a_fault_of_the_override_is_reported_in_the_override_once() -> None:
    project = merged("user: a", "restrat: no")

    assert ["over.yaml:3:5"] == [str(place) for _, place, _ in project.problems]


def test_extended_values_have_the_places_of_the_extended_file() -> None:
    project = parse(
        {
            "compose.yaml": "services:\n  web:\n    extends: {file: sub/common.yml, service: base}\n    user: a\n",
            "sub/common.yml": "services:\n  base:\n    image: x\n    build: ./here\n",
        },
    )
    project = _only_first(project)
    web = project.services["web"]
    image = web.get("image")

    assert image is not None
    assert "sub/common.yml:3:12" == str(image.place)
    assert web.build is not None
    assert "sub/here" == web.build.folder


def _only_first(project: Project) -> Project:
    from fairlead.lint.compose import load_project

    return load_project([project.paths[0]], project.reader)


def test_what_is_added_to_an_extended_service_goes_into_the_file_that_extends() -> None:
    from fairlead.lint.compose.edits import added

    texts = {
        "c.yml": "services:\n  web:\n    extends: {file: sub/c.yml, service: base}\n",
        "sub/c.yml": "services:\n  base:\n    image: x\n    build: {args: {A: 1}}\n",
    }
    web = _only_first(parse(texts)).services["web"]
    edit = added(web.value, "init: true")

    assert edit is not None
    assert ("c.yml", 3, "\n    init: true") == (edit.place.path, edit.place.line, edit.text)
    assert web.build is not None
    assert "." == web.build.folder


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("nobody", 'there is no service "nobody" in c.yml to extend'),
        ("{file: no.yml, service: a}", 'file "no.yml" to extend from cannot be read: no such file'),
        ("web", 'service "web" extends itself by way of "web"'),
    ],
)
def test_an_extends_that_leads_nowhere_is_told(extends: str, message: str) -> None:
    project = parse(f"services:\n  web:\n    image: x\n    extends: {extends}\n", path="c.yml")

    assert [message] == [text for _, _, text in project.problems]
    assert "web" in project.services


def test_extends_in_a_circle_over_files_is_told() -> None:
    from fairlead.lint.compose import load_project
    from fairlead.lint.files import Files

    texts = {
        "a.yml": "services: {web: {image: x, extends: {file: b.yml, service: web}}}",
        "b.yml": "services: {web: {extends: {file: a.yml, service: web}}}",
    }
    project = load_project(["a.yml"], Files(texts, only_overlay=True))

    assert ["compose/extends-unresolved"] == [rule for rule, _, _ in project.problems]


def test_included_services_have_their_own_folder_and_env_file() -> None:
    from fairlead.lint.compose import load_project
    from fairlead.lint.files import Files

    texts = {
        "c.yml": "include: [sub/c.yml]\nservices: {web: {image: w}}\n",
        "sub/c.yml": "services: {db: {image: 'd:${TAG}', volumes: ['./data:/d']}}\n",
        "sub/.env": "TAG=7\n",
    }
    project = load_project(["c.yml"], Files(texts, only_overlay=True))
    database = project.services["db"]

    assert database.image is not None
    assert "d:7" == database.image.full
    assert "sub/data" == database.mounts[0].path
    assert "sub/c.yml" == database.place.path


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        ({"c.yml": "include: [no.yml]\nservices: {}"}, "compose/include-unresolved"),
        ({"c.yml": "include: [d.yml]", "d.yml": "include: [c.yml]"}, "compose/include-unresolved"),
        (
            {"c.yml": "include: [d.yml]\nservices: {a: {image: x}}", "d.yml": "services: {a: {image: y}}"},
            "compose/include-unresolved",
        ),
    ],
)
def test_an_include_that_cannot_be_is_told(texts: dict[str, str], rule: str) -> None:
    from fairlead.lint.compose import load_project
    from fairlead.lint.files import Files

    project = load_project(["c.yml"], Files(texts, only_overlay=True))

    assert rule in [name for name, _, _ in project.problems]


def test_a_variable_nobody_gave_is_unknown_and_no_fault() -> None:
    project = parse("services: {a: {image: '${I}', privileged: '${P}', ports: ['${H}:80', '$ALL'], mem_limit: '$M'}}")
    service = project.services["a"]

    assert () == project.problems
    assert isinstance(service.data("privileged"), Unknown)
    assert isinstance(service.ports[0].published, Unknown)
    assert 80 in service.ports[0].target  # type: ignore[operator]
    assert isinstance(service.ports[1].target, Unknown)
    assert service.memory_limit is not None
    assert isinstance(service.memory_limit.amount, Unknown)


def test_the_env_file_beside_the_base_gives_values_and_the_process_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_PROCESS", "leak")
    project = parse({"c.yml": "services: {a: {image: 'x:${TAG}', user: '${FROM_PROCESS}'}}", ".env": "TAG=5\n"})
    service = project.services["a"]

    assert service.image is not None
    assert "5" == service.image.name.tag
    assert isinstance(service.data("user"), Unknown)


def test_every_use_of_a_variable_is_known_with_its_place() -> None:
    project = parse("services:\n  a:\n    image: '${R}/x:${T:-1}'\n    labels: {k: \"a\\t${L:?${E}}\"}\n")

    assert [("R", 3, 13), ("T", 3, 20), ("L", 4, 21), ("E", 4, 26)] == [
        (use.name, use.place.line, use.place.column) for use in project.uses
    ]
    assert [None, "1", None, None] == [use.default for use in project.uses]
    assert ["L"] == [use.name for use in project.missing]


def test_no_value_of_the_env_file_is_in_a_message() -> None:
    keys = "privileged: $S\n    ports: ['$S:80', '${S}x']\n    volumes: ['a:$S:c:d']\n    devices: ['$S:b:c:d']\n"
    more = '    mem_limit: $S\n    stop_grace_period: $S\n    cpus: $S\n    command: "$S \'"\n    init: $S\n'
    more += "    pull_policy: $S\n"
    project = parse({"c.yml": f"services:\n  a:\n    image: x\n    {keys}{more}", ".env": "S=hunter2-secret\n"})

    assert 10 <= len(project.problems)
    assert not [message for _, _, message in project.problems if "hunter2" in message]
