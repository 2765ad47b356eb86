"""Mending: what is applied, what is refused, and how files are replaced."""

from __future__ import annotations

import os
import stat

import pytest

from fairlead.lint.finding import Edit
from fairlead.lint.fix import edited
from fairlead.lint.place import Place
from fairlead.lint.replacing import ReplaceError, create_text, replace_text

BEFORE = "http {\n    server_tokens on;  # why not\n}\n"
AFTER = "http {\n    server_tokens off;  # why not\n}\n"

OWN_RULES = '''
from fairlead.lint.finding import Edit, Severity
from fairlead.lint.rule import rule


def made(name, change):
    @rule(f"nginx/{name}", Severity.WARNING, bad="gzip on; # <-", good="gzip off;", source="here", fixed="gzip off;")
    def check(config):
        """Says something."""
        for directive in config.find("gzip"):
            yield directive.arg_place(0), "is wrong; change it", (change(directive),)
    return check


'''


def own_rule(folder, name: str, change: str) -> None:
    """A rule of the user's own whose edit is the expression *change*."""
    (folder / "rules").mkdir()
    (folder / "rules" / "own.py").write_text(OWN_RULES + f"own = made({name!r}, lambda directive: {change})\n")
    (folder / "fairlead.yaml").write_text("lint: {rules: [rules]}\n")


def test_fix_changes_the_token_and_nothing_else(folder, lint) -> None:
    (folder / "nginx.conf").write_text(BEFORE)

    result = lint("nginx.conf", "--fix")

    assert (0, AFTER) == (result.code, (folder / "nginx.conf").read_text())
    assert "fairlead-lint: mended 1 fault in 1 file\n" == result.err


def test_fixing_twice_changes_nothing_more(folder, lint) -> None:
    (folder / "nginx.conf").write_text(BEFORE)
    lint("nginx.conf", "--fix")
    inode = (folder / "nginx.conf").stat().st_ino

    result = lint("nginx.conf", "--fix")

    assert (0, "", inode) == (result.code, result.err, (folder / "nginx.conf").stat().st_ino)


def test_diff_shows_the_change_and_writes_nothing(folder, lint) -> None:
    (folder / "nginx.conf").write_text(BEFORE)

    result = lint("nginx.conf", "--diff")

    assert 1 == result.code
    assert "-    server_tokens on;  # why not\n+    server_tokens off;  # why not\n" in result.out
    assert BEFORE == (folder / "nginx.conf").read_text()


def test_byte_order_mark_and_windows_line_ends_stay(folder, lint) -> None:
    content = b"\xef\xbb\xbf# \xc3\xa9\r\nserver_tokens on;\r\n"
    (folder / "nginx.conf").write_bytes(content)

    lint("nginx.conf", "--fix", "--select", "nginx/server-tokens-on")

    assert content.replace(b"on;", b"off;") == (folder / "nginx.conf").read_bytes()


def test_a_file_that_is_not_utf_8_is_never_written(folder, lint) -> None:
    content = b"# caf\xe9\nserver_tokens on;\n"
    (folder / "nginx.conf").write_bytes(content)

    result = lint("nginx.conf", "--fix")

    assert 1 == result.code
    assert content == (folder / "nginx.conf").read_bytes()


def test_an_unsafe_edit_waits_for_its_flag(folder, lint) -> None:
    own_rule(folder, "own", 'Edit(directive.arg_place(0), "off", safe=False) if directive.args == ("on",) else None')
    (folder / "rules" / "own.py").write_text(
        (folder / "rules" / "own.py")
        .read_text()
        .replace('config.find("gzip"):', 'config.find("gzip"):\n            if directive.args != ("on",): continue')
    )
    (folder / "nginx.conf").write_text("http {\n    gzip on;\n}\n")

    lint("nginx.conf", "--fix", "--select", "nginx/own")
    assert "http {\n    gzip on;\n}\n" == (folder / "nginx.conf").read_text()

    lint("nginx.conf", "--fix", "--unsafe-fixes", "--select", "nginx/own")
    assert "http {\n    gzip off;\n}\n" == (folder / "nginx.conf").read_text()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ('Edit(directive.arg_place(0), "off")', "the fault would still be there"),
        ('Edit(directive.whole_place, "gzip_ on;")', "it would cause nginx/unknown-directive in nginx.conf"),
        ('Edit(directive.whole_place, "}")', "it would cause nginx/"),
    ],
)
def test_an_edit_that_does_not_mend_is_refused_with_the_reason(folder, lint, change: str, reason: str) -> None:
    own_rule(folder, "own", change)
    (folder / "nginx.conf").write_text("http {\n    gzip on;\n}\n")

    result = lint("nginx.conf", "--fix", "--select", "nginx", "--ignore", "nginx/gzip-*")

    assert f"fairlead-lint: nginx.conf:2:10: not mended: {reason}" in result.err
    assert "http {\n    gzip on;\n}\n" == (folder / "nginx.conf").read_text()


def test_one_refused_edit_does_not_stop_the_others(folder, lint) -> None:
    own_rule(folder, "own", 'Edit(directive.arg_place(0), "off")')
    (folder / "nginx.conf").write_text("gzip on;\nserver_tokens on;\n")

    lint("nginx.conf", "--fix", "--select", "nginx")

    assert "gzip on;\nserver_tokens off;\n" == (folder / "nginx.conf").read_text()


def test_a_fix_follows_links_and_keeps_mode_and_owner(folder, lint) -> None:
    real = folder / "real.conf"
    real.write_text(BEFORE)
    real.chmod(0o640)
    os.chown(real, os.getuid(), 12345 if os.getuid() == 0 else os.getgid())
    before = real.stat()
    (folder / "nginx.conf").symlink_to("real.conf")

    lint("nginx.conf", "--fix")

    after = real.stat()
    assert (folder / "nginx.conf").is_symlink()
    assert AFTER == real.read_text()
    assert (before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)
    assert ["nginx.conf", "real.conf"] == sorted(path.name for path in folder.iterdir())


def test_a_file_with_several_names_is_refused(folder, lint) -> None:
    (folder / "nginx.conf").write_text(BEFORE)
    os.link(folder / "nginx.conf", folder / "other.conf")

    result = lint("nginx.conf", "--fix")

    assert 2 == result.code
    assert "nginx.conf: not mended: the file has several names (hard links)" in result.err
    assert BEFORE == (folder / "nginx.conf").read_text()


def test_a_file_that_changed_since_it_was_read_is_left_alone(folder) -> None:
    (folder / "a.conf").write_text("new")

    with pytest.raises(ReplaceError, match=r"a\.conf: not mended: it changed while it was read; run again"):
        replace_text("a.conf", "old", "mended")

    assert "new" == (folder / "a.conf").read_text()


def test_a_folder_that_cannot_be_written_leaves_the_file_whole(folder) -> None:
    with pytest.raises(ReplaceError, match=r"nowhere/a\.conf: not mended: no such file or directory"):
        replace_text("nowhere/a.conf", "old", "new")


def test_a_new_file_is_its_owners_alone_and_never_replaces_one(folder) -> None:
    create_text(".env", "A=1\n")

    assert 0o600 == stat.S_IMODE((folder / ".env").stat().st_mode)
    with pytest.raises(ReplaceError, match=r"\.env: not made: file exists"):
        create_text(".env", "A=2\n")


def test_edits_apply_from_the_end_and_end_lines_as_the_file_does() -> None:
    text = "one\r\ntwo\r\nthree"
    edits = [
        Edit(Place("a", 1, 1, 1, 4), "1"),
        Edit(Place("a", 2, 4, 2, 4), "\nmore"),
        Edit(Place("a", 3, 1, 3, 6), ""),
    ]

    assert "1\r\ntwo\r\nmore\r\n" == edited(text, edits)
