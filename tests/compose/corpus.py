"""
Sets of compose files, each for a clause of how Compose reads and merges; held against the real one in tests/system.

`SERVICE_LAYERS` are bodies of one service, base first; `FILE_SETS` whole files by name, in the order of merging.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

AROUND = """
  db: {image: "db:1"}
  cache: {image: "cache:1"}
networks: {front: {}, back: {driver: bridge}}
volumes: {data: {}, other: {driver: local}}
secrets: {one: {file: ./one.txt}, two: {file: ./two.txt}}
configs: {conf: {file: ./conf.txt}, more: {content: text}}
"""

SERVICE_LAYERS: dict[str, tuple[str, ...]] = {
    # scalars and maps
    "scalar replaced": ("restart: always", "restart: unless-stopped"),
    "null keeps the base": ("hostname: a", "hostname:"),
    "image replaced": ("user: '1'", "image: other:2"),
    "new key": ("{}", "working_dir: /srv"),
    "three layers": ("user: a", "user: b", "user: c"),
    "flags": ("privileged: true\nread_only: false\ninit: false\ntty: true", "stdin_open: true\nread_only: true"),
    "x- keys replaced": ("x-a: {b: 1}", "x-a: {c: 2}"),
    # sequences
    "command replaced": ("command: [a, b]", "command: [c]"),
    "command text replaced": ("command: a b 'c d'", "command: e"),
    "command emptied": ("command: [a, b]", "command: []"),
    "command nulled": ("command: [a, b]", "command:"),
    "command text over list": ("command: [a]", "command: run it"),
    "command with operators": ("command: a && b", "entrypoint: x 'a | b' 2>c"),
    "command quotes": ("command: a \"b 'c\" d\\ e '' \"x\\ny\" 'b\\c' # d",),
    "command with a shell's signs": ("command: a `b c` $$(d e) f=$${G}",),
    "command unbalanced": ("command: a 'b",),
    "command with brackets": ("command: a (b)",),
    "command over lines": ("command: |\n  a b\n  c \\\n    d",),
    "wrong size": ("mem_limit: 1g0",),
    "wrong duration": ("stop_grace_period: 10 s",),
    "wrong interval": ("healthcheck: {test: x, interval: '10'}",),
    "wrong cpus": ("deploy: {resources: {limits: {cpus: half}}}",),
    "wrong port": ("ports: ['80:http']",),
    "wrong port range": ("ports: ['8000-8001:80-85']",),
    "wrong address": ("ports: ['localhost:80:80']",),
    "wrong volume": ("volumes: ['a:b:c:d']",),
    "host without address": ("extra_hosts: ['a:1.1.1.1', b]",),
    "wrong build flag": ("build: {context: ., pull: often}",),
    "wrong flag": ("privileged: maybe",),
    "unknown key": ("restrat: always",),
    "list and map": ("ports: ['80:80']", "ports: {a: 1}"),
    "text and map": ("logging: {driver: a}", "logging: text"),
    "required and missing": ("hostname: ${UNSET:?set it}",),
    "invalid interpolation": ("hostname: ${-x}",),
    "entrypoint replaced": ("entrypoint: [a]", "entrypoint: b c"),
    "entrypoint emptied": ("entrypoint: [a]", "entrypoint: ''"),
    "healthcheck test replaced": (
        "healthcheck: {test: [CMD, a], interval: 10s, retries: 3}",
        "healthcheck: {test: b c, timeout: 1m30s}",
    ),
    "healthcheck disabled": ("healthcheck: {test: [CMD, a], interval: 10s}", "healthcheck: {disable: true}"),
    "ports appended": ("ports: ['8000:80']", "ports: ['8001:80']"),
    "ports same": ("ports: ['8000:80']", "ports: ['8000:80']"),
    "ports long over short": ("ports: ['8000:80']", "ports: [{target: 80, published: '8000', protocol: tcp}]"),
    "ports with ip": ("ports: ['127.0.0.1:8000:80']", "ports: ['0.0.0.0:8000:80', '8000:80/udp']"),
    "ports number": ("ports: [80, 443]", "ports: ['80']"),
    "ports range": ("ports: ['8000-8002:80-82']", "ports: ['8001:81']"),
    "ports host range": ("ports: ['8000-8010:80']",),
    "ports container range": ("ports: ['3000-3005']",),
    "ports ipv6": ("ports: ['[::1]:80:80']",),
    "ports long": ("ports: [{target: 80, host_ip: 127.0.0.1, mode: host, name: web, app_protocol: http}]",),
    "ports many digits sorted": ("ports: ['8-11:8-11/udp']",),
    "expose": ("expose: [80, '81']", "expose: ['80', 82]"),
    "cap_add unique": ("cap_add: [A, B]", "cap_add: [B, C]"),
    "cap_drop": ("cap_drop: [ALL]", "cap_drop: [ALL]"),
    "security_opt kept twice": ("security_opt: [a, b]", "security_opt: [b]"),
    "volumes by target": ("volumes: ['data:/a', './x:/b']", "volumes: ['other:/a', './y:/c:ro']"),
    "volumes long over short": (
        "volumes: ['data:/a']",
        "volumes: [{type: bind, source: ./z, target: /a, read_only: true}]",
    ),
    "volumes options": ("volumes: ['./x:/b:ro,z,rshared', 'data:/a:nocopy', '/anon', '/tmp/../q:/w//e/']",),
    "volumes tmpfs": ("volumes: [{type: tmpfs, target: /t, tmpfs: {size: 10m, mode: 0700}}]",),
    "devices by target": ("devices: ['/dev/a:/dev/b']", "devices: ['/dev/c:/dev/b:r', '/dev/d']"),
    "secrets": ("secrets: [one]", "secrets: [one, {source: two, target: t, mode: 0440}]"),
    "secrets same target": ("secrets: [one]", "secrets: [{source: two, target: /run/secrets/one}]"),
    "configs": ("configs: [conf]", "configs: [{source: more, target: /etc/m, uid: '1'}, conf]"),
    "profiles": ("profiles: [a]", "profiles: [a, b]"),
    "links": ("links: [db]", "links: ['db', 'cache:c']"),
    "group_add": ("group_add: [a]", "group_add: [a, b]"),
    "external_links": ("external_links: [a]", "external_links: [a]"),
    "device_cgroup_rules": ("device_cgroup_rules: ['c 1:3 mr']", "device_cgroup_rules: ['a 7:* rmw']"),
    "volumes_from": ("volumes_from: [db]", "volumes_from: ['cache:ro']"),
    # pairs
    "environment maps": ("environment: {A: 1, B: two}", "environment: {B: 3, C: null}"),
    "environment list over map": ("environment: {A: 1, B: x}", "environment: ['B=2', 'C=3', D]"),
    "environment map over list": ("environment: ['A=1', B]", "environment: {B: 2, C: true}"),
    "environment lists": ("environment: ['A=1', 'B=2']", "environment: ['A=', 'C=a=b']"),
    "environment scalars": (
        "environment: {A: 0440, B: yes, C: 1.50, D: 1e3, E: 0x1F, F: ~, G: '', H: 1_000, I: 22:22}",
    ),
    "environment more scalars": ("environment: {A: 1234567.0, B: 0.1, C: 0o17, D: -0, E: .5, F: +1, G: 08, H: 1e-7}",),
    "environment dates": ("environment: {A: 2024-02-03, B: 2024-02-03T04:05:06Z, C: !!str 2024-02-03}",),
    "labels": ("labels: {a: 1, b: null}", "labels: ['b=x', 'c']"),
    "labels with dots": ("labels: {a.b: x}", "labels: {a.b: y, c.d: true}"),
    "annotations": ("annotations: {a: x}", "annotations: ['a=y', 'b=z']"),
    "sysctls": ("sysctls: {net.core.somaxconn: 1024}", "sysctls: ['net.core.somaxconn=2048', 'a=b']"),
    "dns": ("dns: 1.1.1.1", "dns: [8.8.8.8, 1.1.1.1]"),
    "dns empty": ("dns: ['', 1.1.1.1]",),
    "dns_search": ("dns_search: a", "dns_search: [b, a]"),
    "dns_opt": ("dns_opt: [a]", "dns_opt: [b, a]"),
    "tmpfs": ("tmpfs: /run", "tmpfs: ['/tmp:size=1m', /run]"),
    "extra_hosts": ("extra_hosts: ['a:1.1.1.1']", "extra_hosts: ['a:1.1.1.1', 'b=2.2.2.2']"),
    "extra_hosts map": ("extra_hosts: {a: 1.1.1.1}", "extra_hosts: {a: 2.2.2.2, b: '[::1]'}"),
    "env_file": ("env_file: a.env", "env_file: [b.env, {path: none.env, required: false}]"),
    "env_file and environment": ("env_file: [a.env, b.env]", "environment: {FROM_B: mine}"),
    # maps that lists become
    "depends_on lists": ("depends_on: [db]", "depends_on: [cache]"),
    "depends_on map over list": ("depends_on: [db, cache]", "depends_on: {db: {condition: service_healthy}}"),
    "depends_on list over map": ("depends_on: {db: {condition: service_healthy, restart: true}}", "depends_on: [db]"),
    "depends_on optional": ("depends_on: {db: {condition: service_started, required: false}}",),
    "networks lists": ("networks: [front]", "networks: [back]"),
    "networks map over list": ("networks: [front]", "networks: {front: {aliases: [a, b]}, back: }"),
    "networks aliases": ("networks: {front: {aliases: [a]}}", "networks: {front: {aliases: [a, b], priority: 3}}"),
    "networks addresses": ("networks: {front: {ipv4_address: 1.2.3.4, link_local_ips: [5.6.7.8]}}",),
    "networks empty": ("networks: {}",),
    "network_mode": ("network_mode: host",),
    "network_mode of service": ("network_mode: 'service:db'\nipc: 'service:cache'",),
    # sections
    "logging same driver": (
        "logging: {driver: json-file, options: {max-size: 1m}}",
        "logging: {driver: json-file, options: {max-file: '3'}}",
    ),
    "logging other driver": ("logging: {driver: json-file, options: {max-size: 1m}}", "logging: {driver: local}"),
    "logging driver unset": ("logging: {options: {a: 1}}", "logging: {driver: syslog, options: {b: 2.5}}"),
    "ulimits number over map": ("ulimits: {nofile: {soft: 1, hard: 2}}", "ulimits: {nofile: 3}"),
    "ulimits map over map": (
        "ulimits: {nofile: {soft: 1, hard: 2}, nproc: 4}",
        "ulimits: {nofile: {soft: 5, hard: 6}}",
    ),
    "ulimits map over number": ("ulimits: {nofile: 9}", "ulimits: {nofile: {soft: 5, hard: 6}}"),
    "build text over map": ("build: {context: ./a, args: {X: 1}}", "build: ./b"),
    "build map over text": ("build: ./a", "build: {dockerfile: D, target: t, args: ['X=1']}"),
    "build args": ("build: {context: ., args: {A: 1, B: 2}}", "build: {args: ['B=3', 'C=4', GONE]}"),
    "build labels": ("build: {context: ., labels: {a: 1}}", "build: {labels: ['a=2', 'b=3']}"),
    "build lists": (
        "build: {context: ., cache_from: [a], tags: ['x:1'], platforms: [linux/amd64]}",
        "build: {cache_from: [a], tags: ['x:1', 'y:1'], no_cache: true, pull: true}",
    ),
    "build contexts": ("build: {context: ., additional_contexts: {a: ./a}}", "build: {additional_contexts: ['b=./b']}"),
    "build secrets": ("build: {context: ., secrets: [one]}", "build: {secrets: [{source: two, target: t}]}"),
    "build hosts": (
        "build: {context: ., extra_hosts: ['a:1.1.1.1']}",
        "build: {extra_hosts: ['a:1.1.1.1', 'b:2.2.2.2']}",
    ),
    "build inline": ("build: {context: ., dockerfile_inline: FROM a}",),
    "build remote": ("build: https://example.com/a.git",),
    "build size": ("build: {context: ., shm_size: 1g, ulimits: {nofile: 5}, network: host, isolation: a}",),
    "deploy": (
        "deploy: {replicas: 2, resources: {limits: {cpus: '0.50', memory: 512M, pids: 9}}}",
        "deploy: {resources: {limits: {memory: 1g}, reservations: {memory: 100k}}, labels: {a: 1}}",
    ),
    "deploy labels": ("deploy: {labels: {a: 1}}", "deploy: {labels: ['a=2', 'b=3']}"),
    "deploy rollout": (
        "deploy: {update_config: {parallelism: 2, delay: 10s, order: start-first}, restart_policy: {delay: 5s}}",
        "deploy: {rollback_config: {parallelism: 0}, restart_policy: {condition: on-failure, max_attempts: 3}}",
    ),
    "deploy placement": (
        "deploy: {placement: {constraints: [a], preferences: [{spread: x}]}}",
        "deploy: {placement: {constraints: [b], max_replicas_per_node: 2}, mode: replicated, endpoint_mode: vip}",
    ),
    "deploy devices": (
        "deploy: {resources: {reservations: {devices: [{capabilities: [gpu], driver: nvidia}]}}}",
        "deploy: {resources: {reservations: {devices: [{capabilities: [tpu], device_ids: ['1']}]}}}",
    ),
    "blkio": (
        "blkio_config: {weight: 300, device_read_bps: [{path: /dev/a, rate: 12mb}]}",
        "blkio_config: {weight: 5}",
    ),
    "credential_spec": ("credential_spec: {file: a.json}",),
    "develop": ("develop: {watch: [{path: ./src, action: sync, target: /src, ignore: [a/]}]}",),
    "sizes": ("mem_limit: 1.5g\nmem_reservation: 256m\nmemswap_limit: 2gb\nshm_size: 64Mi\nmem_swappiness: 5",),
    "size numbers": ("mem_limit: 1000000000\nshm_size: 5",),
    "cpus": ("cpus: 0.5\ncpu_shares: 5\ncpuset: '0,1'\ncpu_quota: 5\ncpu_count: 2", "cpus: 1.5"),
    "grace": ("stop_grace_period: 90s", "stop_grace_period: 1h0m2.5s"),
    "signals": ("stop_signal: SIGINT\npids_limit: 9\noom_score_adj: -5\noom_kill_disable: true\nscale: 2",),
    "names": (
        "container_name: ab\ndomainname: b.c\nmac_address: 02:42:ac:11:00:02\nplatform: linux/amd64",
        "hostname: h",
    ),
    "modes": ("pid: host\nipc: host\nuts: host\nuserns_mode: host\ncgroup: private\nruntime: runc",),
    "pull_policy": ("pull_policy: if_not_present",),
    "storage": ("storage_opt: {size: 1G}\nisolation: default",),
    "attach": ("attach: false", "attach: true"),
    # texts that are numbers and truths
    "casts": ("privileged: 'yes'\nscale: '2'\ncpus: '0.25'\noom_score_adj: '-3'\npids_limit: '77'",),
    "casts in lists": ("healthcheck: {test: x, retries: '5'}\nulimits: {nofile: '7', nproc: {soft: '1', hard: '2'}}",),
    "casts of variables": ("privileged: ${YES}\nscale: ${TWO}\nread_only: ${EMPTY:-true}",),
    # tags
    "reset a list": ("ports: ['80:80']\nuser: a", "ports: !reset []"),
    "reset a scalar": ("user: a\nhostname: h", "user: !reset null"),
    "reset a bare key": ("user: a", "user: !reset"),
    "reset inside": ("environment: {A: 1, B: 2}", "environment: {A: !reset null, C: 3}"),
    "reset inside a list": ("deploy: {replicas: 3, labels: {a: 1}}", "deploy: {replicas: !reset 0}"),
    "override a list": ("ports: ['80:80', '81:81']", "ports: !override ['82:82']"),
    "override a map": ("environment: {A: 1, B: 2}", "environment: !override {C: 3}"),
    "override inside": ("build: {context: ., args: {A: 1}}", "build: {args: !override {B: 2}}"),
    "override volumes": ("volumes: ['data:/a']", "volumes: !override ['other:/b']"),
    "override in the base": ("ports: !override ['80:80']",),
    "reset in the base": ("ports: !reset ['80:80']\nuser: a",),
    "reset then set again": ("ports: ['80:80']", "ports: !reset []", "ports: ['81:81']"),
    # interpolation
    "variables": ("labels: {a: '$SET', b: '${SET}', c: 'x${SET}y', d: '$$SET', e: '$1 $ $', f: '${UNSET}'}",),
    "defaults": ("labels: {a: '${UNSET:-d}', b: '${UNSET-d}', c: '${EMPTY:-d}', d: '${EMPTY-d}', e: '${SET:-d}'}",),
    "alternatives": ("labels: {a: '${UNSET:+r}', b: '${UNSET+r}', c: '${EMPTY:+r}', d: '${EMPTY+r}', e: '${SET:+r}'}",),
    "required": ("labels: {a: '${SET:?no}', b: '${SET?no}', c: '${EMPTY?no}'}",),
    "nested": ("labels: {a: '${UNSET:-${SET}}', b: '${UNSET:-${UNSET2:-x}y}', c: '${SET:+${EMPTY:-q}}'}",),
    "several": ("labels: {a: '${UNSET:-a}b${SET}c${UNSET:-d}', b: '${UNSET:-{x}}', c: '${UNSET:-a$$b}'}",),
    "braces": ("labels: {a: '${UNSET:-{}}', b: '{${SET}}', c: '${UNSET:-a}}', d: '${UNSET:-{a}{b}}'}",),
    "operators inside": ("labels: {a: '${UNSET:-a:-b}', b: '${UNSET-a?b}', c: '${UNSET:-a+b-c}', d: '${SET+a:-b}'}",),
    "image by variable": ("image: ${REGISTRY:-}app:${SET}",),
    "ports by variable": ("ports: ['${IP:-127.0.0.1}:${PORT:-8080}:80']",),
    "multi line": ("labels:\n  a: |\n    ${SET}\n    ${UNSET:-x}\n  b: >-\n    one\n    ${SET}",),
    "name case": ("labels: {a: '${lower:-l}', b: '$_UNDER', c: '${MiXed1:-m}'}",),
    "handed through": ("environment: [SET, UNSET, 'A=$SET']", "environment: {EMPTY: }"),
    # YAML
    "anchors": ("x-e: &e {A: 1}\nenvironment: *e\nlabels: *e",),
    "merge key": ("x-l: &l {driver: local, options: {a: 1}}\nlogging:\n  <<: *l\n  options: {b: 2}",),
    "merge key list": ("x-a: &a {A: 1, B: 1}\nx-b: &b {B: 2, C: 2}\nenvironment:\n  <<: [*a, *b]\n  C: 3",),
    "merge key with reset": ("user: a\nhostname: h", "x-r: &r {user: !reset null}\n<<: *r"),
    "merge key with override": ("ports: ['80:80']", "x-r: &r {ports: !override ['81:81']}\n<<: *r"),
    "colons in flow lists": ("command: [http://a:1/b, a:b]\nports: [8080:80]",),
    "quotes": ("labels: {a: 'it''s', b: \"tab\\tx\\u00e9\", c: plain # no\n  , d: a#b}",),
    "block texts": ("labels:\n  a: |\n    x\n      y\n\n  b: |-\n    x\n  c: >+\n    x\n    y\n\n  d: >\n    z",),
    "tags": ("labels: {a: !!str 1, b: !mine x, c: !!int '5', d: !!binary aGk=}",),
    "unicode": ("labels: {a: grüße, b: 日本}",),
    "windows paths": ("volumes: ['C:\\\\data:/d', 'x:/n']",),
    "home-less path": ("volumes: ['../up:/u', './a/../b:/c']",),
    "gpus": ("gpus: all",),
    "hooks": ("post_start: [{command: [a, b], user: root}]\npre_stop: [{command: c d}]",),
}

FILE_SETS: dict[str, dict[str, str]] = {
    "top level sections": {
        "compose.yaml": """
            name: My.Project
            services: {web: {image: a, networks: [n], volumes: ['v:/v'], secrets: [s], configs: [c]}}
            networks: {n: {driver: bridge, labels: {a: 1}, driver_opts: {x: 1}}}
            volumes: {v: {driver_opts: {o: bind}, labels: [a=1]}}
            secrets: {s: {environment: SET}}
            configs: {c: {environment: SET}}
            x-any: {a: 1}
            """,
        "over.yaml": """
            networks: {n: {internal: true, labels: {a: 2, b: 3}, ipam: {driver: default}}}
            volumes: {v: {labels: [b=2]}}
            """,
    },
    "pools by subnet": {
        "compose.yaml": """
            services: {web: {image: a, networks: [n]}}
            networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}, {subnet: 10.1.0.0/24}]}}}
            """,
        "over.yaml": "networks: {n: {ipam: {config: [{subnet: 10.1.0.0/24, gateway: 10.1.0.9}]}}}",
    },
    "pools of another subnet": {
        "compose.yaml": """
            services: {web: {image: a, networks: [n]}}
            networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}
            """,
        "over.yaml": "networks: {n: {ipam: {config: [{subnet: 10.1.0.0/24}, {subnet: 10.2.0.0/24}]}}}",
    },
    "external resources": {
        "compose.yaml": """
            services: {web: {image: a, networks: [n, o], volumes: ['v:/v'], secrets: [s]}}
            networks: {n: {external: true}, o: {external: true, name: real}}
            volumes: {v: {external: true}}
            secrets: {s: {external: true, name: there}}
            """,
    },
    "name and profiles in the env file": {
        "compose.yaml": "services: {a: {image: a}, b: {image: b, profiles: [x]}, c: {image: c, profiles: [y]}}",
        "-.env": "COMPOSE_PROJECT_NAME=named\nCOMPOSE_PROFILES=x,z\n",
    },
    "several documents": {
        "compose.yaml": """
            services: {web: {image: a, environment: {A: 1}}}
            ---
            services: {web: {environment: {B: 2}}, db: {image: d}}
            """,
    },
    "new services": {
        "compose.yaml": "services: {a: {image: a}}",
        "over.yaml": "services: {b: {image: b, depends_on: [a]}}",
    },
    "version is dropped": {"compose.yaml": "version: '3.8'\nservices: {a: {image: a}}"},
    "name by variable": {"compose.yaml": "name: ${SET}-x\nservices: {a: {image: a}}"},
    "name in override": {
        "compose.yaml": "name: first\nservices: {a: {image: a}}",
        "over.yaml": "name: second",
    },
    "network named default": {
        "compose.yaml": "services: {a: {image: a}, b: {image: b, networks: [default, n]}}\n"
        "networks: {default: {driver: overlay}, n: }",
    },
    "extends same file": {
        "compose.yaml": """
            services:
              base: {image: a, environment: {A: 1, B: 2}, ports: ['80:80'], depends_on: [db]}
              web: {extends: base, environment: [B=3], ports: ['81:81']}
              admin: {extends: {service: web}, user: root}
              db: {image: d}
            """,
    },
    "extends other file": {
        "compose.yaml": """
            services:
              web: {extends: {file: sub/common.yaml, service: base}, volumes: ['./own:/own']}
            """,
        "-sub/common.yaml": """
            services:
              root: {image: r, env_file: common.env, volumes: ['./far:/far']}
              base: {extends: root, build: ., volumes: ['./data:/data'], command: [x]}
            """,
        "-sub/common.env": "FROM_COMMON=1\n",
    },
    "extends file of a file": {
        "compose.yaml": "services: {web: {extends: {file: a/one.yaml, service: one}}}",
        "-a/one.yaml": "services: {one: {extends: {file: ../b/two.yaml, service: two}, volumes: ['./one:/one']}}",
        "-b/two.yaml": "services: {two: {image: t, volumes: ['./two:/two']}}",
    },
    "extends a build without context": {
        "compose.yaml": "services: {web: {extends: {file: sub/common.yaml, service: base}}}",
        "-sub/common.yaml": "services: {base: {build: {args: {A: 1}}}}",
    },
    "extends and reset": {
        "compose.yaml": """
            services:
              base: {image: a, ports: ['80:80'], labels: {a: 1}}
              web: {extends: base, ports: !reset [], labels: !override {b: 2}}
            """,
    },
    "extends then override": {
        "compose.yaml": """
            services:
              base: {image: a, environment: {A: 1}}
              web: {extends: base, command: x}
            """,
        "over.yaml": "services: {web: {environment: {A: 2}}, base: {environment: {B: 3}}}",
    },
    "extends in override": {
        "compose.yaml": "services: {web: {image: w, environment: {A: 1}}, other: {image: o, user: u}}",
        "over.yaml": "services: {web: {extends: base}, base: {image: b, user: v}}",
    },
    "include": {
        "compose.yaml": "include: [sub/compose.yaml]\nservices: {web: {image: w, depends_on: [db]}}",
        "-sub/compose.yaml": """
            services: {db: {image: "d:${TAG:-none}", volumes: ['./data:/data', 'v:/v'], build: ., env_file: x.env}}
            volumes: {v: }
            networks: {unused: }
            """,
        "-sub/.env": "TAG=from-sub\n",
        "-sub/x.env": "X=1\n",
    },
    "include long": {
        "compose.yaml": """
            include:
              - path: [sub/a.yaml, sub/b.yaml]
                project_directory: other
                env_file: sub/inc.env
            services: {web: {image: w}}
            """,
        "-sub/a.yaml": "services: {db: {image: 'd:$TAG', volumes: ['./data:/data']}}",
        "-sub/b.yaml": "services: {db: {environment: {B: 1}}}",
        "-sub/inc.env": "TAG=t1\nSET=ignored\n",
    },
    "include in a folder": {
        "compose.yaml": "include: [{path: sub/a.yaml, project_directory: other}]\nservices: {web: {image: w}}",
        "-sub/a.yaml": "services: {db: {image: 'd:$TAG', volumes: ['./data:/data']}}",
        "-other/.env": "TAG=t2\n",
    },
    "include of include": {
        "compose.yaml": "include: [{path: a/compose.yaml}]\nservices: {web: {image: w}}",
        "-a/compose.yaml": "include: [b/compose.yaml]\nservices: {one: {image: o, build: ./x}}",
        "-a/b/compose.yaml": "services: {two: {image: t, volumes: ['./y:/y']}}",
    },
    "include then override": {
        "compose.yaml": "include: [sub/compose.yaml]\nservices: {web: {image: w}}",
        "over.yaml": "services: {db: {environment: {A: 2}, ports: !override ['1:1']}}",
        "-sub/compose.yaml": "services: {db: {image: d, environment: {A: 1}, ports: ['2:2']}}",
    },
    "reset a service": {
        "compose.yaml": "services: {web: {image: w}, gone: {image: g}}",
        "over.yaml": "services: {gone: !reset null}",
    },
    "reset a section": {
        "compose.yaml": "services: {web: {image: w}}\nvolumes: {v: }",
        "over.yaml": "volumes: !reset {}",
    },
    "override a service": {
        "compose.yaml": "services: {web: {image: w, user: u, ports: ['1:1']}}",
        "over.yaml": "services: {web: !override {image: x}}",
    },
    "anchor across services": {
        "compose.yaml": """
            x-common: &common
              restart: always
              logging: &log {driver: local}
            services:
              a: {<<: *common, image: a}
              b:
                <<: *common
                image: b
                logging:
                  <<: *log
                  options: {max-size: 1m}
            """,
    },
    "byte order mark and windows lines": {
        "compose.yaml": "\ufeffservices:\r\n  a:\r\n    image: a\r\n    user: '1'\r\n"
    },
    "comments everywhere": {
        "compose.yaml": "# top\nservices: # s\n  # a\n  a: # b\n    image: a # c\n    labels: # d\n      - x=1 # e\n",
    },
    "profiles hide": {
        "compose.yaml": "services: {a: {image: a}, b: {image: b, profiles: [x], volumes: ['v:/v']}}\nvolumes: {v: }",
    },
    "relative base": {
        "deploy/compose.yaml": "services: {a: {image: a, build: ., volumes: ['./x:/x'], env_file: e.env}}",
        "deploy/over.yaml": "services: {a: {volumes: ['../y:/y']}}",
        "-deploy/e.env": "E=1\n",
    },
    "override elsewhere": {
        "compose.yaml": "services: {a: {image: a, volumes: ['./x:/x']}}",
        "prod/over.yaml": "services: {a: {volumes: ['./y:/y'], build: ./z}}",
    },
}

ENVIRONMENT = "SET=value\nEMPTY=\nYES=yes\nTWO=2\n_UNDER=u\n"
"""The ``.env`` file beside each set."""

EXTRA_FILES = {
    ".env": ENVIRONMENT,
    "a.env": "FROM_A=1\nBOTH=a\nQUOTED='x y'\n",
    "b.env": "FROM_B=2\nBOTH=b\nUSES=${FROM_A}-${SET}\n",
}


def file_sets() -> Iterator[tuple[str, dict[str, str]]]:
    """
    Every set: its name, and its files by name in the order of merging.

    A name that starts with ``-`` is of a file that is not merged but named by others.
    """
    for name, bodies in SERVICE_LAYERS.items():
        files = {}
        for index, body in enumerate(bodies):
            files[f"layer{index}.yaml"] = _layer(body, is_base=index == 0)
        yield name, files
    for name, texts in FILE_SETS.items():
        yield name, {path: textwrap.dedent(text).lstrip("\n") for path, text in texts.items()}


def merged_names(files: Mapping[str, str]) -> list[str]:
    """Those of *files* that are merged."""
    return [name for name in files if not name.startswith("-")]


def on_disk(files: Mapping[str, str]) -> dict[str, str]:
    """All that must exist for *files* to be read, by path."""
    folders = {name.rpartition("/")[0] for name in merged_names(files)[:1]}
    env = {f"{folder}/{name}".lstrip("/"): text for folder in folders for name, text in EXTRA_FILES.items()}
    return {**env, **{name.removeprefix("-"): text for name, text in files.items()}}


def _layer(body: str, *, is_base: bool) -> str:
    image = "    image: app:1\n" if is_base and "image:" not in body.partition("\n")[0] else ""
    service = "" if body == "{}" else textwrap.indent(body, "    ") + "\n"
    return f"services:\n  web:\n{image}{service}" + (AROUND.lstrip("\n") if is_base else "")
