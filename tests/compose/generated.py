"""Bases and overrides, put together at random from pieces that Compose treats in different ways."""

from __future__ import annotations

import textwrap

from hypothesis import strategies as st

from .corpus import AROUND, EXTRA_FILES

PIECES: dict[str, tuple[str, ...]] = {
    "annotations": ("{a: x}", "['a=y', 'b=z']"),
    "build": ("./a", "{context: .}", "{args: {A: 1, B: x}}", "{args: ['B=2', C], target: t}", "{labels: {a: 1}}"),
    "cap_add": ("[A, B]", "[B]", "[]"),
    "cap_drop": ("[ALL]", "[A, ALL]"),
    "command": ("a b 'c d'", "[a, b]", "[]", "''", "", "'${SET} x'"),
    "configs": ("[conf]", "[{source: more, target: /etc/m}]", "[{source: more, target: /conf, mode: 0440}]"),
    "cpus": ("1", "0.5", "'0.25'", "${TWO}"),
    "depends_on": (
        "[db]",
        "[db, cache]",
        "{db: {condition: service_healthy}}",
        "{cache: {condition: service_started}}",
    ),
    "deploy": (
        "{replicas: 2}",
        "{labels: {a: 1}}",
        "{labels: ['a=2', 'b=3']}",
        "{resources: {limits: {memory: 1g}}}",
        "{resources: {limits: {pids: 5}, reservations: {memory: 10m}}}",
        "{update_config: {parallelism: 2, delay: 10s}}",
    ),
    "devices": ("['/dev/a:/dev/b']", "['/dev/c:/dev/b:r', '/dev/d']"),
    "dns": ("1.1.1.1", "[8.8.8.8]", "[1.1.1.1, 8.8.8.8]"),
    "dns_search": ("a", "[b, a]"),
    "entrypoint": ("[x]", "y z", "[]", ""),
    "environment": (
        "{A: 1, B: two}",
        "{A: null, C: true, D: 0440}",
        "['A=2', 'B=']",
        "[A, SET, 'E=${SET}']",
        "{E: '${UNSET:-${SET}}', F: '$$x', G: 1.50}",
        "{A: 2024-02-03, H: 22:22, I: yes}",
        "{}",
        "[]",
    ),
    "env_file": ("a.env", "[b.env]", "[{path: none.env, required: false}, a.env]"),
    "expose": ("[80]", "['80', 81]"),
    "external_links": ("[a]", "[b]"),
    "extra_hosts": ("['a:1.1.1.1']", "['a=2.2.2.2', 'b:3.3.3.3']", "{a: 1.1.1.1}", "{c: '::1'}"),
    "healthcheck": ("{test: [CMD, a], interval: 10s}", "{test: b c}", "{retries: '3'}", "{disable: true}"),
    "hostname": ("a", "'b'", "${SET}"),
    "image": ("other:1", "'${SET}:2'"),
    "init": ("true", "false"),
    "labels": ("{a: 1, b: null}", "['a=x', 'c']", "{d.e: '${EMPTY:-q}'}"),
    "links": ("[db]", "['db', 'cache:c']"),
    "logging": ("{driver: json-file, options: {max-size: 1m}}", "{driver: local}", "{options: {max-file: '3'}}"),
    "mem_limit": ("1g", "512m", "1000000"),
    "networks": ("[front]", "[front, back]", "{front: {aliases: [a]}}", "{front: {aliases: [b]}, back: }", "{}"),
    "ports": (
        "['8000:80']",
        "['8001:80', '443']",
        "['127.0.0.1:8000:80']",
        "[{target: 80, published: '8000'}]",
        "[{target: 81, published: 8001, protocol: udp, mode: host}]",
        "['3000-3002:3000-3002']",
        "['3001:3001/udp', 9000]",
        "['${PORT:-8000}:80']",
    ),
    "privileged": ("true", "'yes'", "${YES}"),
    "profiles": ("[]",),
    "restart": ("always", "unless-stopped", "'no'", "no"),
    "secrets": ("[one]", "[{source: two, target: t}]", "[{source: two, target: /run/secrets/one}]"),
    "security_opt": ("[a]", "[b, c]"),
    "shm_size": ("64m", "1gb"),
    "stop_grace_period": ("90s", "1m30s", "1h"),
    "sysctls": ("{a.b: 1}", "['a.b=2', 'c=d']"),
    "tmpfs": ("/run", "['/tmp:size=1m', /run]"),
    "ulimits": ("{nofile: 5}", "{nofile: {soft: 1, hard: 2}}", "{nproc: 3, nofile: {soft: 7, hard: 8}}"),
    "user": ("root", "'1000'", "1000:1000"),
    "volumes": (
        "['data:/a']",
        "['./x:/b:ro', 'other:/a']",
        "[{type: bind, source: ./z, target: /a, read_only: true}]",
        "['/anon', 'data:/c:nocopy']",
        "[{type: tmpfs, target: /t, tmpfs: {size: 10m}}]",
        "['./${SET}/y:/y/']",
    ),
    "volumes_from": ("[db]",),
    "working_dir": ("/srv", "'/x'"),
    "x-note": ("{a: 1}", "{b: 2}", "text"),
}

TOP: tuple[str, ...] = (
    "networks: {front: {labels: {a: 1}}}",
    "networks: {front: {labels: ['a=2'], internal: true}, back: {driver_opts: {x: 1}}}",
    "networks: {front: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}",
    "volumes: {data: {labels: {a: 1}}}",
    "volumes: {data: {labels: ['b=2'], driver_opts: {a: 5}}}",
    "secrets: {one: {file: ./else.txt}}",
    "configs: {more: {content: other}}",
    "name: named",
)


FAR = "extends: {file: far/common.yaml, service: far}\n"
EXTENDS = (
    "",
    "",
    "",
    "extends: base\n",
    "extends: {service: base}\n",
    "extends: {file: far/common.yaml, service: far}\n",
)
EMPTY_IN_OVERRIDES = frozenset(
    (
        "command",
        "entrypoint",
        "hostname",
        "image",
        "restart",
        "user",
        "working_dir",
        "mem_limit",
        "shm_size",
        "cpus",
        "privileged",
        "init",
    )
)
"""Keys that are scalars: an empty one keeps the base. In Compose 2.26 an empty ``logging`` over one is a crash."""

INSIDE = """networks: {front: {}, back: {driver: bridge}}
volumes: {data: {}, other: {driver: local}}
"""


@st.composite
def _service(draw: st.DrawFn, *, may_tag: bool) -> str:
    keys = draw(st.lists(st.sampled_from(sorted(PIECES)), max_size=7, unique=True))
    lines = []
    for key in keys:
        tag = draw(st.sampled_from(("", "", "", "", "!override ", "!reset "))) if may_tag else ""
        is_empty = may_tag and not tag and key in EMPTY_IN_OVERRIDES and draw(st.integers(0, 9)) == 0
        lines.append(f"{key}: {tag}{'' if is_empty else draw(st.sampled_from(PIECES[key]))}")
    return "\n".join(lines)


@st.composite
def pairs(draw: st.DrawFn) -> dict[str, str]:
    """A base and one or two overrides, by name in the order of merging, and what the base may extend and include."""
    base = draw(_service(may_tag=False))
    extends = draw(st.sampled_from(EXTENDS))
    parent = draw(_service(may_tag=False))
    common = draw(_service(may_tag=False)) if draw(st.booleans()) else ""
    files = {
        "base.yaml": (f"x-common: &common\n{textwrap.indent(common, '  ')}\n" if common else "")
        + ("include: [sub/included.yaml]\n" if draw(st.integers(0, 3)) == 0 else "")
        + "services:\n"
        + _named("web", ("<<: *common\n" if common else "") + extends + _with_image(base))
        + _named("base", _with_image(parent))
        + AROUND.lstrip("\n")
    }
    if "include:" in files["base.yaml"]:
        included = draw(_service(may_tag=False))
        files["-sub/included.yaml"] = "services:\n" + _named("extra", _with_image(included)) + INSIDE
        files["-sub/.env"] = "SET=inner\nUNSET=inner\n"
    if "file:" in extends:
        files["-far/common.yaml"] = "services:\n" + _named("far", draw(_service(may_tag=False)) or "user: far")
    for path in ("sub", "far"):
        files.update({f"-{path}/{name}": text for name, text in EXTRA_FILES.items() if name != ".env"})
    for index in range(draw(st.integers(1, 2))):
        body = draw(_service(may_tag=True))
        top = draw(st.sampled_from(("", "", *TOP)))
        files[f"over{index}.yaml"] = ("services:\n" + _named("web", body) if body else "services: {}\n") + top + "\n"
    return files


def _with_image(body: str) -> str:
    return body if "\nimage:" in f"\n{body}" else f"image: app:1\n{body}"


def _named(name: str, body: str) -> str:
    return f"  {name}:\n" + textwrap.indent(body.strip("\n"), "    ") + "\n"
