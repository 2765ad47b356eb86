"""Maintenance as real nginx does it: who gets the page, who gets JSON, who is let in, and what is told where."""

from __future__ import annotations

import re

import pytest

from fairlead.ops import edge
from fairlead.ops.agent.nginx import NginxError
from fairlead.ops.errors import SettingsError, StepFailedError
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.maintenance.cli import Wish, maintenance, order_for
from fairlead.ops.maintenance.local import order_file, wanted_files
from fairlead.ops.maintenance.order import Order, addresses, order_of, order_text
from fairlead.ops.maintenance.page import MOST_BYTES, PAGE, content_policy
from fairlead.ops.maintenance.switching import hsts_in, note_step, order_in, switch_steps
from fairlead.ops.maintenance.texts import CHUNK_BYTES, same_but_for_maintenance, with_maintenance
from fairlead.ops.plan import plan_for
from fairlead.ops.settings import EdgeSettings, load_settings
from fairlead.ops.stack import Stack

FILES = {
    "nginx.conf": "http {\n  include site/visitors.conf; # who\n  server { include 'site/maintenance.conf'; }\n}\n",
    "site/visitors.conf": "# empty\n",
    "site/maintenance.conf": "# empty\n",
}


def _order(**more):
    return Order(**{"who": "ann@laptop", "since": "2026-11-23T03:40:00+00:00", "site": "site", "page": PAGE, **more})


def test_without_an_order_the_files_are_as_they_were():
    assert FILES == with_maintenance(FILES, None)


def test_only_the_two_files_change_and_are_told_apart():
    closed = with_maintenance(FILES, _order())

    assert FILES["nginx.conf"] == closed["nginx.conf"]
    assert same_but_for_maintenance(closed, FILES)
    assert not same_but_for_maintenance({**closed, "nginx.conf": "edited"}, FILES)
    assert not same_but_for_maintenance({**closed, "more.conf": ""}, FILES)
    assert not same_but_for_maintenance({**FILES, "site/visitors.conf": "# edited by hand\n"}, FILES)


def test_headers_are_inherited_by_nobody_where_the_stack_merges_them():
    merging = {**FILES, "site.conf": "add_header_inherit merge;\n"}

    assert "add_header_inherit" not in with_maintenance(FILES, _order())["site/maintenance.conf"]
    assert 2 == with_maintenance(merging, _order())["site/maintenance.conf"].count("add_header_inherit off;")


def test_no_word_of_the_order_gets_into_nginx_unasked():
    order = _order(who="x;\n}\nbad", open=("/a{b;",))
    text = "".join(with_maintenance(FILES, order).values())

    assert "bad" not in text
    assert r'"~^/a\\{b;$" "0";' in text


def test_the_page_is_cut_between_characters_into_words_that_nginx_reads():
    page = 'ü"\\' * 2000
    text = with_maintenance(FILES, _order(page=page))["site/visitors.conf"]
    parts = re.findall(r'geo \$maintenance_\d+ \{\n    default "((?:[^"\\]|\\.)*)";', text)

    assert page == "".join(re.sub(r"\\(.)", r"\1", part) for part in parts)
    assert max(len(part.encode()) for part in parts) <= 2 * CHUNK_BYTES


@pytest.mark.parametrize(
    ("left_out", "says"),
    [
        ("site/visitors.conf", "nginx does not read site/visitors.conf: add `include site/visitors.conf;` to http"),
        (
            "site/maintenance.conf",
            "nginx does not read site/maintenance.conf: add `include site/maintenance.conf;` to each server of",
        ),
    ],
)
def test_a_stack_that_does_not_include_them_is_told_what_to_add(left_out, says):
    files = {**FILES, "nginx.conf": FILES["nginx.conf"].replace("include", "# include", 2)}
    other = ({"site/visitors.conf", "site/maintenance.conf"} - {left_out}).pop()
    files["other.conf"] = f"include {other};\n"

    with pytest.raises(SettingsError) as caught:
        with_maintenance(files, _order())
    assert str(caught.value).startswith(says)
    assert 1 == len(str(caught.value).splitlines())


def test_an_include_by_its_whole_path_is_one_too():
    files = {**FILES, "nginx.conf": FILES["nginx.conf"].replace("include site", "include /etc/nginx/edge/live/site")}

    assert files["site/visitors.conf"] != with_maintenance(files, _order())["site/visitors.conf"]


def test_an_order_that_was_kept_is_read_again_and_tells_who_and_since_when(tmp_path):
    order = _order(allow=("203.0.113.5",), open=("/health",))
    path = tmp_path / "state" / "maintenance.json"
    step = note_step(path, order)
    step.run(LocalHost(), lambda _: None)

    assert order == order_in(path) == order_of(order_text(order))
    assert "maintenance is on since 2026-11-23 03:40:00 UTC, by ann@laptop; let in: 203.0.113.5" == str(order)
    step.undo(LocalHost())
    assert order_in(path) is None
    with pytest.raises(SettingsError, match=r"maintenance\.json: not what this tool writes"):
        order_of("[]")


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["203.0.113.5"], ("203.0.113.5",)),
        (["203.0.113.77/24, 2001:db8::1", "203.0.113.0/24"], ("203.0.113.0/24", "2001:db8::1")),
        (["10.0.0.0/32"], ("10.0.0.0",)),
    ],
)
def test_addresses_are_taken_as_nginx_takes_them(given, taken):
    assert taken == addresses(given)


@pytest.mark.parametrize("given", ["office", "203.0.113", "203.0.113.5/99", "1.2.3.4; return 200"])
def test_what_is_no_address_is_refused(given):
    with pytest.raises(SettingsError, match="no address; write one such as"):
        addresses([given])


def test_flags_that_make_no_sense_together_are_refused():
    with pytest.raises(SettingsError, match="--on and --off contradict"):
        maintenance([], on=True, off=True, allow=[], dry=False)
    with pytest.raises(SettingsError, match="--allow goes with --on"):
        maintenance([], on=False, off=True, allow=["203.0.113.5"], dry=False)


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("<p>plain</p>", "default-src 'none'; img-src data:; font-src data:; base-uri"),
        (PAGE, "style-src 'sha256-"),
        ("<p style='color: red'>x</p><style>p {}</style>", "style-src 'unsafe-inline';"),
        ("<script type=module>a()</script>", "script-src 'sha256-"),
    ],
)
def test_a_page_may_use_what_stands_in_it_and_nothing_else(page, wanted):
    assert wanted in content_policy(page)


# ---- the stack on this machine

SETTINGS = """\
name: shop
compose: {files: [compose.yml]}
edge: {service: nginx, folder: edge, mount: /e, files: [nginx.conf, site], site: site}
addresses: {page: "http://localhost:8090", health: "http://localhost:8090/health", version: "http://localhost/about/v"}
doctor: {api: /rest/me}
"""


def _stack(folder):
    for path, text in {**FILES, "fairlead.yaml": SETTINGS, "compose.yml": ""}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    return Stack(load_settings(folder / "fairlead.yaml"), LocalHost(), {}, None, development=False)


def test_an_order_is_made_of_the_settings_and_of_a_page_of_ones_own(tmp_path):
    stack = _stack(tmp_path)
    wish = Wish(on=True, off=False, allow=("203.0.113.5",))
    order = order_for(stack, wish)

    assert (("/health", "/about/v"), ("/rest",), "site", PAGE) == (order.open, order.api, order.site, order.page)
    (tmp_path / "site" / "maintenance.html").write_text("<h1>Zu</h1>")
    assert "<h1>Zu</h1>" == order_for(stack, wish).page
    (tmp_path / "site" / "maintenance.html").write_text("x" * (MOST_BYTES + 1))
    with pytest.raises(SettingsError, match=r"maintenance\.html: a page of at most 256 KiB"):
        order_for(stack, wish)
    assert order_for(stack, Wish(on=False, off=True, allow=())) is None


def test_a_stack_without_a_folder_for_our_files_is_told_so(tmp_path):
    stack = _stack(tmp_path)
    path = tmp_path / "fairlead.yaml"
    path.write_text(SETTINGS.replace(", site: site", ""))

    with pytest.raises(SettingsError, match=r"edge\.site is not set"):
        order_for(Stack(load_settings(path), stack.host, {}, None, development=False), Wish(True, False, ()))


def test_maintenance_outlasts_whoever_writes_the_next_generation(tmp_path):
    stack = _stack(tmp_path)
    before = wanted_files(stack, stack.settings.edge)
    note_step(order_file(stack.settings), _order()).run(stack.host, lambda _: None)
    during = wanted_files(stack, stack.settings.edge)

    assert FILES == before
    assert same_but_for_maintenance(during, FILES)
    assert during != FILES


class Nginx:
    """nginx that takes or refuses a generation, and counts reloads."""

    def __init__(self, refuses=False, stays=False, busy=()):
        self.refuses, self.stays, self.reloads, self.busy = refuses, stays, 0, list(busy)

    def leaving(self):
        return self.busy.pop(0) if self.busy else set()

    def test(self, generation):
        if self.refuses:
            raise NginxError("nginx -t: [emerg] no")

    def reload(self):
        self.reloads += 1
        if self.stays and self.reloads == 1:
            raise NginxError("nginx goes on with the old configuration")


@pytest.mark.parametrize(("nginx", "reloads"), [(Nginx(refuses=True), 0), (Nginx(stays=True), 2)])
def test_what_nginx_does_not_take_is_taken_back_with_the_order(tmp_path, nginx, reloads):
    settings = EdgeSettings("nginx", tmp_path / "edge", "/e", ())
    for step in edge.edge_steps(settings, FILES):
        step.run(LocalHost(), lambda _: None)
    path = tmp_path / "maintenance.json"
    steps = [note_step(path, _order()), *switch_steps(settings, nginx, with_maintenance(FILES, _order()), 0)]

    with pytest.raises(StepFailedError, match="switch nginx: nginx"):
        execute(plan_for("here", *steps), {"here": LocalHost()}, lambda *_: None)

    assert (FILES, None, reloads) == (edge.live_files(settings), order_in(path), nginx.reloads)


def test_on_and_off_again_leave_the_files_that_were(tmp_path):
    settings = EdgeSettings("nginx", tmp_path / "edge", "/e", ())
    nginx, seen = Nginx(), []
    for files in (FILES, with_maintenance(FILES, _order()), FILES):
        steps = switch_steps(settings, nginx, files, 0, lambda: seen.append(edge.live_generation(settings)))
        execute(plan_for("here", *steps), {"here": LocalHost()}, lambda *_: None)

    assert (FILES, ["g1", "g2", "g3"], 3) == (edge.live_files(settings), seen, nginx.reloads)


def test_it_is_over_when_no_old_worker_is_left_or_the_time_is(tmp_path):
    settings = EdgeSettings("nginx", tmp_path / "edge", "/e", ())
    for drain_s, left in ((60, []), (-1, [{"8"}])):
        nginx, said = Nginx(busy=[{"7", "8"}, {"8"}]), []
        *_, drain = switch_steps(settings, nginx, FILES, drain_s)
        drain.run(LocalHost(), said.append)

        assert (left, "2 still at work") == (nginx.busy, said[0])


def test_hsts_is_that_of_the_live_certificate(tmp_path):
    assert "" == hsts_in(tmp_path)
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "hsts.conf").write_text('add_header Strict-Transport-Security "max-age=63072000" always;\n')
    assert "max-age=63072000" == hsts_in(tmp_path)
