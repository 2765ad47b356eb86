"""A generation that nginx would not start with, or read past, is refused at the place in the stack's own file."""

from __future__ import annotations

import pytest

from fairlead.ops.deploy.whole import GenerationError, check_generation, mounts_of
from fairlead.ops.edge import generation_files
from fairlead.ops.settings import EdgeSettings

MAIN = "events {}\nhttp {\n    include /etc/nginx/mime.types;\n    %s\n}\n"
APP = "upstream pool { server app:8000 resolve; }\n"
CONF_D = "/etc/nginx/conf.d"


class Project:
    """A checkout with nginx's files in a folder, as most have them."""

    def __init__(self, root, main, *others, **files):
        self.root = root
        (root / "web/conf.d").mkdir(parents=True)
        (root / "web/nginx.conf").write_text(MAIN % main)
        for name, text in files.items():
            (root / f"web/conf.d/{name}.conf").write_text(text)
        paths = tuple(root / path for path in ("web/nginx.conf", *others))
        self.edge = EdgeSettings("web", root / ".fairlead/edge", "/etc/nginx/edge", paths)

    def check(self, mounts=None):
        check_generation(generation_files(self.edge), self.edge, self.root, mounts or {}, ["app"])

    def refused(self, **mounts):
        with pytest.raises(GenerationError) as caught:
            self.check(**mounts)
        return str(caught.value)


def test_a_generation_that_brings_all_it_names_is_fine(tmp_path):
    Project(tmp_path, "include conf.d/*.conf;", "web/conf.d", site=APP).check()


def test_a_part_of_a_configuration_is_no_main_file(tmp_path):
    project = Project(tmp_path, "", site=APP)
    part = EdgeSettings("web", project.edge.folder, project.edge.mount, (tmp_path / "web/conf.d/site.conf",))

    with pytest.raises(
        GenerationError, match=r"web/conf\.d/site\.conf: the first of edge\.files .* a part of one; name a"
    ):
        check_generation(generation_files(part), part, tmp_path, {}, ["app"])


def test_what_is_included_and_not_named_has_to_be_named(tmp_path):
    assert (
        "web/nginx.conf:4: include conf.d/*.conf: not part of a generation; add web/conf.d to edge.files in "
        "fairlead.yaml" == Project(tmp_path, "include conf.d/*.conf;", site=APP).refused()
    )


@pytest.mark.parametrize(
    "line",
    ["include fastcgi_params;", "server { auth_basic_user_file .htpasswd; }", "server { ssl_dhparam tls/dh.pem; }"],
)
def test_a_relative_path_to_a_file_of_the_image_is_refused(tmp_path, line):
    said = Project(tmp_path, line).refused()

    assert "begins in the folder of a generation, which has no such file; write /etc/nginx/" in said


@pytest.mark.parametrize(
    "line",
    [
        "include modules-enabled/*.conf;",
        "include /etc/nginx/fastcgi_params;",
        "include /etc/nginx/conf.d/*.conf;",
        "include /etc/nginx/edge/live/conf.d/site.conf;",
        "server { ssl_certificate $name.pem; }",
        "include conf.d/site.conf;",
    ],
)
def test_what_nginx_finds_or_may_lack_is_left_alone(tmp_path, line):
    others = ["web/conf.d"] if line == "include conf.d/site.conf;" else []

    Project(tmp_path, line, *others, site=APP).check()


def test_a_whole_path_past_the_generations_own_files_is_refused(tmp_path):
    project = Project(tmp_path, f"include {CONF_D}/*.conf;", "web/conf.d", site=APP)

    assert (
        f"web/nginx.conf:4: include {CONF_D}/*.conf: reads the container's files and not the generation's own; write "
        "`include conf.d/*.conf;`" == project.refused()
    )


@pytest.mark.parametrize(
    ("target", "source", "name"),
    [
        (CONF_D, "web/conf.d", "site"),
        (f"{CONF_D}/default.conf", "web/conf.d/site.conf", "site"),
        ("/etc/nginx/templates", "web/conf.d", "site.conf.template"),
    ],
)
def test_a_mount_by_which_nginx_would_ask_the_app_tier_is_refused(tmp_path, target, source, name):
    project = Project(tmp_path, f"include {CONF_D}/*.conf;", **{"site": APP})
    if name != "site":
        (tmp_path / "web/conf.d/site.conf").rename(tmp_path / f"web/conf.d/{name}")

    assert (
        " asks app, and nginx reads that file from a mount, which no release changes; add web/conf.d to edge.files in "
        "fairlead.yaml, and include it by a path in there, as by `include conf.d/*.conf;`"
    ) in project.refused(mounts={target: str(tmp_path / source)})


def test_a_mount_that_names_no_release_may_stay(tmp_path):
    project = Project(tmp_path, f"include {CONF_D}/*.conf;", site="upstream db { server db:5432; }\n")

    project.check({CONF_D: str(tmp_path / "web/conf.d"), "/etc/other": str(tmp_path)})


def test_only_what_is_mounted_of_the_checkout_is_looked_at(tmp_path):
    def bind(source, target):
        return {"type": "bind", "source": str(source), "target": target}

    edge = tmp_path / ".fairlead/edge"
    volumes = [bind(tmp_path / "conf.d", "/a"), bind(edge, "/b"), bind("/etc/ssl", "/c"), {"type": "volume"}]

    assert {"/a": str(tmp_path / "conf.d")} == mounts_of({"volumes": volumes}, tmp_path, [str(edge)])
