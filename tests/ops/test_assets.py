"""The hashed assets of a release: how they are listed, and what of their volume stays when releases go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from fairlead.ops.agent.assets import Assets, Stay, assets_data, assets_of, what_stays
from fairlead.ops.agent.bundle import bundle_of
from fairlead.ops.agent.record import Records, State
from fairlead.ops.agent.removing import remove_assets
from fairlead.ops.agent.sweep import sweep
from fairlead.ops.agent.sweeping import END_TITLE, LABEL, TITLE
from fairlead.ops.agent.switch import START, Switch
from fairlead.ops.command import Command, Result
from fairlead.ops.deploy.assets import AssetError, assets_in, check_volume, files_in
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.errors import SettingsError, StepFailedError
from fairlead.ops.settings import AssetSettings, load_settings

ROOT = Path(__file__).parents[2]
LAYOUT = Layout("shop", "/srv/shop")
TOLD = AssetSettings("web", "/page/assets", "assets")
NOW = 1_900_000_000.0
MANIFEST = {
    "version": 1,
    "stack": "shop",
    "services": {"edge": ["nginx"], "data": [], "app": ["web"], "job": []},
    "networks": {},
    "volumes": {"shop_assets": {}},
    "images": {},
    "edge": "nginx",
    "mount": "/etc/nginx/edge",
    "probes": [],
    "smoke": [],
    "drain_s": 1,
    "watch_s": 1,
}


def _listed(*names):
    return Assets("shop_assets", dict.fromkeys(names, 1))


def _filled(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (NOW, NOW))


def _names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def test_a_list_that_was_written_is_read_again_and_an_older_release_has_none():
    assets = Assets("shop_assets", {"a.js": 7, "fonts/b.woff2": 9})

    assert assets == assets_of({"assets": assets_data(assets)})
    assert (None, None) == (assets_of({}), assets_of({"assets": assets_data(None)}))


def test_what_any_release_lists_stays_and_that_of_the_one_that_serves_is_known():
    releases = {"r1": _listed("a.js", "old.js"), "r3": _listed("a.js", "new.js"), "r4": _listed("next.js")}

    stay = what_stays(releases, "r3")

    files = frozenset({"a.js", "old.js", "new.js", "next.js"})
    assert Stay("shop_assets", files, frozenset({"a.js", "new.js"})) == stay


def test_files_of_another_volume_are_not_those_of_this_one():
    stay = what_stays({"r1": Assets("shop_static", {"a.js": 1}), "r2": _listed("b.js")}, "r2")

    assert Stay("shop_assets", frozenset({"b.js"}), frozenset({"b.js"})) == stay


@pytest.mark.parametrize(
    ("releases", "current", "silent"),
    [
        ({"r1": None, "r2": _listed("a.js")}, "r2", ("r1",)),
        ({"r1": None, "r2": _listed("a.js")}, "r1", ("r1",)),
        ({"r1": _listed("a.js"), "r2": None, "r3": None}, "r1", ("r2", "r3")),
    ],
)
def test_a_release_that_lists_nothing_keeps_everything(releases, current, silent):
    stay = what_stays(releases, current)

    assert stay is not None
    assert silent == stay.silent


@pytest.mark.parametrize(("releases", "current"), [({}, ""), ({"r1": None}, "r1"), ({"r1": _listed("a.js")}, "")])
def test_nothing_is_looked_at_where_no_release_serves_or_none_has_assets(releases, current):
    assert what_stays(releases, current) is None


def test_a_sweep_leaves_what_is_listed_and_what_is_being_copied_right_now(tmp_path):
    _filled(tmp_path, "a.js", "a.js.gz", "old.js", "old.js.gz", "fonts/b.woff2", "fonts/c.woff2", ".old.js.Xy12")
    _filled(tmp_path, ".a.js.Zz99")
    os.utime(tmp_path / ".old.js.Xy12", (NOW - 4000, NOW - 4000))
    (tmp_path / "link").symlink_to(tmp_path.parent)

    told = sweep(tmp_path, {"a.js", "a.js.gz", "fonts/b.woff2", "gone.js"}, {"a.js"}, NOW)

    assert [".a.js.Zz99", "a.js", "a.js.gz", "fonts/b.woff2"] == _names(tmp_path)
    assert tmp_path.parent.exists()
    size = len("old.js" + "old.js.gz" + "fonts/c.woff2" + ".old.js.Xy12") + len(str(tmp_path.parent))
    assert {"wrong": False, "removed": 5, "bytes": size, "stay": 4} == told


@pytest.mark.parametrize(
    "gone", [subset for size in range(4) for subset in combinations(("x.js", "x.js.gz", "y.js"), size)]
)
def test_a_sweep_that_was_cut_off_is_finished_by_the_next_one(tmp_path, gone):
    _filled(tmp_path, *({"a.js", "x.js", "x.js.gz", "y.js"} - set(gone)))

    sweep(tmp_path, {"a.js"}, {"a.js"}, NOW)

    assert ["a.js"] == _names(tmp_path)


def test_a_file_goes_before_its_compressed_twin_and_two_sweeps_do_not_disturb_each_other(tmp_path, monkeypatch):
    _filled(tmp_path, "a.js", "x.js.gz", "x.js", "y.js")
    seen, unlink = [], Path.unlink

    def unlinked(path):
        seen.append(path.name)
        unlink(path)
        (tmp_path / "y.js").unlink(missing_ok=True) if path.name == "x.js" else None

    monkeypatch.setattr(
        Path, "unlink", lambda path, missing_ok=False: unlink(path, missing_ok) if missing_ok else unlinked(path)
    )
    told = sweep(tmp_path, {"a.js"}, {"a.js"}, NOW)

    assert ["x.js", "x.js.gz"] == seen
    assert ["a.js"] == _names(tmp_path)
    assert len("x.js" + "x.js.gz") == told["bytes"]


def test_a_folder_without_any_asset_of_the_release_that_serves_is_left_alone(tmp_path):
    _filled(tmp_path, "photo-of-a-customer.jpg")

    told = sweep(tmp_path, {"a.js"}, {"a.js"}, NOW)

    assert ({"wrong": True, "removed": 0, "bytes": 0, "stay": 1}, 1) == (told, len(_names(tmp_path)))


def test_a_list_that_was_cut_off_removes_nothing(tmp_path):
    _filled(tmp_path, "a.js", "b.js")
    text = json.dumps({"files": ["a.js", "b.js"], "serving": ["a.js"]})

    ended = [_swept(tmp_path, text[:end]).returncode for end in range(0, len(text), 7)]

    assert {1} == set(ended)
    assert ["a.js", "b.js"] == _names(tmp_path)
    assert 0 == _swept(tmp_path, text).returncode


def _swept(folder, text):
    program = [sys.executable, str(ROOT / "ops" / "agent" / "sweep.py"), str(folder)]
    return subprocess.run(program, input=text, capture_output=True, text=True, check=False)


class Engine:
    """A host whose engine has one volume, in a folder, and runs the real sweep on it."""

    def __init__(self, volume: Path, left: tuple[str, ...] = ()) -> None:
        self.name = "localhost"
        self.volume = volume
        self.left = list(left)
        self.seen: list[str] = []
        self.sticks = False

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """Answers docker commands."""
        assert timeout_s
        words = command.argv
        self.seen.append(" ".join(words[1:3]))
        match words[1:3]:
            case ("volume", "inspect"):
                return Result(0 if self.volume.is_dir() else 1)
            case ("container", "inspect"):
                assert "shop-agent" == words[-1]
                return Result(0, "sha256:feed\n")
            case ("ps", _):
                return Result(0, "\n".join(self.left) if f"label={LABEL}=shop" == words[-1] else "")
            case ("rm", "--force"):
                self.left = self.left if self.sticks else [name for name in self.left if name != words[-1]]
                return Result(0)
        assert ("--network", "none") == words[words.index("--network") :][:2]
        assert "type=volume,source=shop_assets,target=/srv/assets" in words
        assert ("sha256:feed", "-m", "fairlead.ops.agent.sweep", "/srv/assets") == words[-4:]
        done = _swept(self.volume, command.stdin)
        return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def host(tmp_path):
    """A host with two releases, the second of which serves, and a volume with the files of three."""
    volume = tmp_path / "volume"
    _filled(volume, "one.js", "two.js", "three.js", "all.js")
    _release(tmp_path, "r2", _listed("two.js", "all.js"))
    _release(tmp_path, "r3", _listed("three.js", "all.js"))
    Records(tmp_path / "state").write_state(State("r3", "g3", ("r2",)))
    return Engine(volume)


def _release(root, name, assets):
    folder = root / "releases" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "release.json").write_text(json.dumps(MANIFEST | {"name": name, "assets": assets_data(assets)}))


def _told(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_gc_removes_what_is_of_a_release_that_is_gone(host, tmp_path, capsys):
    host.left = ["cut-off"]

    remove_assets(str(tmp_path), host, Records(tmp_path / "state"))

    assert ["all.js", "three.js", "two.js"] == _names(host.volume)
    assert [] == host.left
    notes = [line["text"] for line in _told(capsys) if line["event"] == "note"]
    assert ["shop_assets: 1 files removed (0.0 MB), 3 stay"] == notes
    journal = (tmp_path / "state" / "journal" / "r3.jsonl").read_text().splitlines()
    begun = [json.loads(line)["step"] for line in journal if json.loads(line)["event"] == "start"]
    assert [END_TITLE, TITLE] == begun


def test_a_gc_says_which_release_without_a_list_keeps_all(host, tmp_path, capsys):
    _release(tmp_path, "r2", None)
    (tmp_path / "releases" / "r4").mkdir()

    remove_assets(str(tmp_path), host, Records(tmp_path / "state"))

    assert 4 == len(_names(host.volume))
    said = "shop_assets: nothing removed: r2, r4 came without a list of assets"
    assert [said] == [line["text"] for line in _told(capsys)]
    assert [] == host.seen


def test_a_gc_says_that_a_volume_is_not_the_one_of_the_assets(host, tmp_path, capsys):
    _release(tmp_path, "r3", _listed("elsewhere.js"))

    remove_assets(str(tmp_path), host, Records(tmp_path / "state"))

    assert 4 == len(_names(host.volume))
    notes = [line["text"] for line in _told(capsys) if line["event"] == "note"]
    assert notes[0].startswith("shop_assets: nothing removed: no asset of the release that serves is there")


def test_a_gc_does_nothing_about_assets_where_no_release_lists_any(host, tmp_path, capsys):
    for name in ("r2", "r3"):
        _release(tmp_path, name, None)

    remove_assets(str(tmp_path), host, Records(tmp_path / "state"))

    assert ([], [], 4) == (_told(capsys), host.seen, len(_names(host.volume)))


def test_a_gc_makes_no_volume_where_there_is_none(host, tmp_path):
    host.volume = tmp_path / "nowhere"

    remove_assets(str(tmp_path), host, Records(tmp_path / "state"))

    assert "run --rm" not in host.seen


def test_a_removal_that_cannot_be_ended_stops_what_comes_next(host, tmp_path):
    host.left, host.sticks = ["cut-off"], True

    with pytest.raises(StepFailedError, match="cut-off is still there"):
        remove_assets(str(tmp_path), host, Records(tmp_path / "state"))

    assert "run --rm" not in host.seen


@pytest.mark.parametrize(("assets", "ends"), [(_listed("a.js"), [END_TITLE]), (None, [])])
def test_a_release_with_assets_starts_only_when_nothing_removes_them_any_more(host, tmp_path, assets, ends):
    bundle = bundle_of(MANIFEST | {"name": "r4", "assets": assets_data(assets)}, str(tmp_path))

    plan = Switch(host, bundle, Records(tmp_path / "state"), State("r3")).until_serving()

    titles = [step.title for _, step in plan.steps]
    assert ends == titles[titles.index(START) - len(ends) : titles.index(START)]
    assert (END_TITLE in titles) == bool(ends)


VOLUME = {"type": "volume", "source": "assets", "target": "/srv/assets"}
SERVICES = {
    "nginx": {
        "x-fairlead-tier": "edge",
        "volumes": [{**VOLUME, "read_only": True}, {"type": "bind", "source": "assets"}],
    },
    "web": {
        "x-fairlead-tier": "app",
        "image": "shop/web:r1",
        "volumes": [VOLUME],
    },
    "api": {"x-fairlead-tier": "app"},
    "db": {"x-fairlead-tier": "data", "volumes": [{**VOLUME, "source": "data"}]},
}


MODEL = {"name": "shop", "services": SERVICES, "volumes": {"assets": {"name": "shop_assets"}}}


def test_a_volume_that_one_service_fills_and_others_read_is_one_of_assets():
    check_volume(TOLD, MODEL)


@pytest.mark.parametrize(
    ("told", "services", "says"),
    [
        (
            AssetSettings("nginx", "/x", "assets"),
            SERVICES,
            "fairlead.yaml: deploy.assets.service: nginx: no service of tier app; there are web, api",
        ),
        (
            AssetSettings("api", "/x", "assets"),
            SERVICES,
            "fairlead.yaml: deploy.assets.volume: assets: api does not mount that volume to write there",
        ),
        (
            TOLD,
            {**SERVICES, "api": {"x-fairlead-tier": "app", "volumes": [VOLUME]}},
            "fairlead.yaml: deploy.assets.volume: assets: api can write there too, and inv gc removes what is no "
            "asset; say read_only: true, or keep the assets in a volume of their own",
        ),
    ],
)
def test_a_volume_in_which_there_could_be_anything_else_is_refused(told, services, says):
    with pytest.raises(SettingsError) as caught:
        check_volume(told, {**MODEL, "services": services})

    assert says == str(caught.value)


@pytest.mark.parametrize("options", [{"external": True, "name": "shop_assets"}, {"name": "pages"}])
def test_a_volume_that_another_stack_may_know_is_refused(options):
    with pytest.raises(
        SettingsError, match="volume: assets: external, or with a name of its own, so another stack may"
    ):
        check_volume(TOLD, {**MODEL, "volumes": {"assets": options}})


CLIENT = """#!/bin/sh
echo "$*" >>{folder}/asked
case $1 in
    ps) [ ! -e {folder}/left ] || cat {folder}/left ;;
    create) echo made ;;
    cp) [ -d "{folder}/image${{3#made:}}" ] || {{ echo "no such folder" >&2; exit 1; }}
        cd "{folder}/image$(dirname "${{3#made:}}")" && tar -c "$(basename "${{3#made:}}")" ;;
esac
"""


@pytest.fixture
def client(tmp_path):
    """A docker client whose engine has one image."""
    _filled(tmp_path / "image" / "page" / "assets", "index-1a.js", "index-1a.js.gz", "fonts/f-2b.woff2")
    (tmp_path / "image" / "empty").mkdir()
    script = tmp_path / "docker"
    script.write_text(CLIENT.format(folder=tmp_path))
    script.chmod(0o755)
    return str(script)


def test_the_assets_of_a_release_are_what_is_in_the_folder_of_its_image(client, tmp_path):
    (tmp_path / "left").write_text("killed\n")

    assets = assets_in(client, TOLD, {"shop/web:r1": "sha256:1234"}, LAYOUT, MODEL)

    assert Assets("shop_assets", {"index-1a.js": 11, "index-1a.js.gz": 14, "fonts/f-2b.woff2": 16}) == assets
    ps, remove, create, _, end = (tmp_path / "asked").read_text().splitlines()
    assert ("ps --all --quiet --filter label=fairlead.assets=shop", "rm --force killed") == (ps, remove)
    assert " sha256:1234 " in create
    assert "rm --force made" == end


def test_a_stack_that_tells_of_no_assets_has_none_and_its_image_is_not_looked_at(client, tmp_path):
    assert assets_in(client, None, {}, LAYOUT, MODEL) is None
    assert not (tmp_path / "asked").exists()


def test_a_folder_that_is_not_in_the_image_is_said_and_nothing_is_left(client, tmp_path):
    with pytest.raises(AssetError) as caught:
        files_in(client, "sha256:1234", "/page/asets", "shop")

    assert "fairlead.yaml: deploy.assets.folder: /page/asets: no such folder" == str(caught.value)
    assert "rm --force made" == (tmp_path / "asked").read_text().splitlines()[-1]
    with pytest.raises(SettingsError, match="/empty: no file there in shop/web:r1; say where its assets are"):
        assets_in(client, AssetSettings("web", "/empty", "assets"), {"shop/web:r1": "x"}, LAYOUT, MODEL)


def test_this_stack_tells_of_the_folder_that_its_front_end_copies():
    told = load_settings(ROOT / "fairlead.yaml").deploy.assets

    assert AssetSettings("frontend", "/srv/page/assets", "assets") == told
    entrypoint = (ROOT / "docker" / "frontend-entrypoint.sh").read_text()
    assert "page=${FRONTEND_PAGE:-/srv/page}\n" in entrypoint
    assert 'for asset in "$page"/assets/*.gz "$page"/assets/*; do' in entrypoint
