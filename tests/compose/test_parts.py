"""The typed parts of services: nothing is left for a rule to take apart."""

from __future__ import annotations

import pytest

from fairlead.lint.compose import Service, Unknown, byte_size, duration, parse
from fairlead.lint.compose.scalars import spelled
from fairlead.lint.compose.words import UnbalancedError, split


def service(body: str, env: str = "") -> Service:
    """The service whose keys are *body*."""
    texts = {"c.yml": f"services:\n  a:\n    {body}\n", ".env": env, "x.env": "FROM=file\nBOTH=file\nBARE\n"}
    return parse(texts).services["a"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginx", (None, "nginx", "nginx", None, None)),
        ("nginx:1.27", (None, "nginx", "nginx", "1.27", None)),
        ("library/nginx:1", (None, "library/nginx", "nginx", "1", None)),
        ("ghcr.io/a/b:c", ("ghcr.io", "a/b", "b", "c", None)),
        ("localhost/a", ("localhost", "a", "a", None, None)),
        ("localhost:5000/a/b", ("localhost:5000", "a/b", "b", None, None)),
        ("a@sha256:0", (None, "a", "a", None, "sha256:0")),
        ("r.io/a:1@sha256:0", ("r.io", "a", "a", "1", "sha256:0")),
        ("a:${T:-2}", (None, "a", "a", "2", None)),
        ("a:${T}", (None, "a", "a", "?", None)),
        ("${R}/a:1", ("?", "?", "a", "1", None)),
        ("${R:-}a:1", (None, "a", "a", "1", None)),
        ("${I}", ("?", "?", "?", "?", "?")),
        ("a${S}:1", (None, "?", "?", "1", None)),
        ("a:1-${S}", (None, "a", "a", "?", None)),
    ],
)
def test_an_image_has_its_parts(image: str, expected: tuple[str | None, ...]) -> None:
    found = service(f"image: '{image}'").image

    assert found is not None
    name = found.name
    parts = (name.registry, name.repository, name.basename, name.tag, name.digest)
    assert expected == tuple("?" if isinstance(part, Unknown) else part for part in parts)


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("'80'", (None, None, "80", "tcp")),
        ("80", (None, None, "80", "tcp")),
        ("'8080:80/udp'", (None, "8080", "80", "udp")),
        ("'127.0.0.1:8080:80'", ("127.0.0.1", "8080", "80", "tcp")),
        ("'127.0.0.1::80'", ("127.0.0.1", None, "80", "tcp")),
        ("'[::1]:8080:80'", ("::1", "8080", "80", "tcp")),
        ("'8000-8010:80'", (None, "8000-8010", "80", "tcp")),
        ("'8000-8001:80-81'", (None, "8000-8001", "80-81", "tcp")),
        ("'${BIND:-127.0.0.1}:90:90'", ("127.0.0.1", "90", "90", "tcp")),
        ("'${BIND}:90:90'", ("?", "90", "90", "tcp")),
        ("'${P:-8080}:80'", (None, "8080", "80", "tcp")),
        ("{target: 80, published: 8080, host_ip: 10.0.0.5, protocol: udp}", ("10.0.0.5", "8080", "80", "udp")),
        ("{target: 80, published: '8080-8090'}", (None, "8080-8090", "80", "tcp")),
    ],
)
def test_a_port_has_its_parts(port: str, expected: tuple[str | None, ...]) -> None:
    (found,) = service(f"ports: [{port}]").ports
    parts = (found.host_ip, found.published, found.target, found.protocol)

    assert expected == tuple("?" if isinstance(part, Unknown) else part and str(part) for part in parts)


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ("/data", ("volume", None, "/data", False, ())),
        ("data:/data", ("volume", "data", "/data", False, ())),
        ("./x:/data:ro", ("bind", "./x", "/data", True, ("ro",))),
        (
            "/var/run/docker.sock:/var/run/docker.sock:ro,z",
            ("bind", "/var/run/docker.sock", "/var/run/docker.sock", True, ("ro", "z")),
        ),
        ("~/x:/data", ("bind", "~/x", "/data", False, ())),
        ("${D:-./x}:/data", ("bind", "./x", "/data", False, ())),
        ("${D}:/data", ("?", "?", "/data", False, ())),
        ("./${D}/x:/data", ("bind", "?", "/data", False, ())),
    ],
)
def test_a_mount_has_its_parts(volume: str, expected: tuple[object, ...]) -> None:
    (found,) = service(f"volumes: ['{volume}']").mounts
    parts = (found.type, found.source, found.target, found.read_only, found.options)

    assert expected == tuple("?" if isinstance(part, Unknown) else part for part in parts)
    assert volume == found.text


def test_a_bind_has_its_path_from_the_current_folder() -> None:
    project = parse("services: {a: {volumes: ['../x:/x', '~/y:/y', '/z:/z', 'v:/v']}}", path="deploy/c.yml")

    assert ["x", "~/y", "/z", None] == [mount.path for mount in project.services["a"].mounts]


def test_the_environment_is_that_of_the_env_files_below_the_own() -> None:
    found = service(
        "env_file: x.env\n    environment: {BOTH: own, PASSED: , NUMBER: 0440}", "PASSED=through\n"
    ).environment

    assert {"FROM": "file", "BOTH": "own", "BARE": None, "PASSED": "through", "NUMBER": "288"} == {
        name: each.value for name, each in found.items()
    }
    assert ["env_file", "environment"] == [found["FROM"].origin, found["BOTH"].origin]
    assert "x.env:1:1" == str(found["FROM"].place)
    assert ("0440", True) == (found["NUMBER"].text, found["PASSED"].handed_through)


@pytest.mark.parametrize(
    ("body", "words", "dropped"),
    [
        ("command: a 'b c' d", ("a", "b c", "d"), ""),
        ("command: [a, b c]", ("a", "b c"), ""),
        ("command: npm start && echo", ("npm", "start"), "&& echo"),
        ("command: sh -c 'a && b'", ("sh", "-c", "a && b"), ""),
        ("command: a 2>&1", ("a",), ">&1"),
        ("command: ''", (), ""),
    ],
)
def test_a_command_is_split_as_compose_splits_it(body: str, words: tuple[str, ...], dropped: str) -> None:
    found = service(body).command

    assert found is not None
    assert (words, dropped) == (found.words, found.dropped)


@pytest.mark.parametrize("text", ["a 'b", 'a "b', "a (b)", "a $(b", "a `b", "a )b"])
def test_what_does_not_pair_is_not_split(text: str) -> None:
    with pytest.raises(UnbalancedError):
        split(text)


def test_a_health_check_has_typed_parts() -> None:
    text = "healthcheck: {test: curl x, interval: 1m30s, timeout: '5', retries: '3', start_period: 10s}"
    found = service(text).healthcheck

    assert found is not None
    assert ("CMD-SHELL", ("curl x",), False, 3) == (found.kind, found.words, found.disabled, found.retries)
    assert found.interval is not None
    assert 90.0 == found.interval.seconds
    assert found.timeout is None


@pytest.mark.parametrize("text", ["{disable: true}", "{test: [NONE]}"])
def test_a_health_check_can_be_switched_off(text: str) -> None:
    found = service(f"healthcheck: {text}").healthcheck

    assert found is not None
    assert found.disabled


def test_dependencies_say_how_they_were_written() -> None:
    short = service("depends_on: [db]").depends_on["db"]
    long = service("depends_on: {db: {condition: service_healthy, required: false}}").depends_on["db"]

    assert ("service_started", True, True) == (short.condition, short.required, short.is_short)
    assert ("service_healthy", False, False) == (long.condition, long.required, long.is_short)


def test_a_dependency_with_nothing_but_its_condition_is_long() -> None:
    project = parse("services: {a: {depends_on: {b: {condition: service_started}}}}\n")

    assert not project.services["a"].depends_on["b"].is_short


def test_secrets_are_files_in_the_container() -> None:
    found = service("secrets: [one, {source: two, target: other, mode: 0400}, {source: x, target: /abs}]").secrets

    assert [("/run/secrets/one", None), ("/run/secrets/other", 0o400), ("/abs", None)] == [
        (each.target, each.mode) for each in found
    ]
    assert [True, False, False] == [each.is_short for each in found]


def test_limits_are_read_from_either_place_with_the_place_of_the_one_that_counts() -> None:
    both = service("mem_limit: 1g\n    deploy: {resources: {limits: {memory: 512m, cpus: '0.5', pids: 10}}}")

    assert both.memory_limit is not None
    assert both.cpu_limit is not None
    assert both.pids_limit is not None
    assert (512 * 1024**2, 0.5, 10) == (both.memory_limit.amount.bytes, both.cpu_limit.amount, both.pids_limit.amount)  # type: ignore[union-attr]
    assert "deploy.resources.limits.memory" == both.memory_limit.key
    assert None is service("image: x").memory_limit


def test_a_build_has_its_folder_and_arguments() -> None:
    found = service("build: {context: ./app, target: prod, args: ['A=1', B]}").build

    assert found is not None
    assert ("app", None, "prod") == (found.folder, found.dockerfile, found.target)
    assert {"A": "1", "B": None} == {name: each.value for name, each in found.args.items()}
    remote = service("build: https://example.com/x.git").build
    assert remote is not None
    assert remote.folder is None


def test_generic_access_goes_down_by_dots_or_by_keys() -> None:
    found = service("labels: {a.b: x}\n    deploy: {replicas: 2}\n    x-note: {k: [1, {m: n}]}")
    label, note = found.get("labels", "a.b"), found.get("x-note")

    assert label is not None
    assert note is not None
    assert ("x", 2, None) == (label.data, found.data("deploy.replicas"), found.get("no.such"))
    assert {"k": [1, {"m": "n"}]} == note.data
    assert 2 == found.replicas


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1m30s", 90), ("1h", 3600), ("1.5h", 5400), ("500ms", 0.5), ("0", 0), ("-1s", -1), (".5s", 0.5)],
)
def test_durations_are_those_of_go(text: str, seconds: float) -> None:
    found = duration(text)

    assert found is not None
    assert pytest.approx(seconds) == found.seconds


@pytest.mark.parametrize("text", ["10", "10 s", "1d", "", "s", "1h 2m", "1_0s"])
def test_other_durations_are_none(text: str) -> None:
    assert None is duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("512m", 512 * 1024**2), ("1g", 1024**3), ("1GB", 1024**3), ("1.5 KiB", 1536), ("7", 7), (7, 7), ("1b", 1)],
)
def test_sizes_are_powers_of_1024(text: str | int, size: int) -> None:
    found = byte_size(text)

    assert found is not None
    assert size == found.bytes


@pytest.mark.parametrize("text", ["1g0", "g", "", "-1", "1 000", "1,5g", "1..5g"])
def test_other_sizes_are_none(text: str) -> None:
    assert None is byte_size(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (1234567.0, "1.234567e+06"),
        (1e-7, "1e-07"),
        (True, "true"),
        (12, "12"),
        (1e20, "1e+20"),
    ],
)
def test_numbers_become_texts_as_in_go(value: float, text: str) -> None:
    assert text == spelled(value)
