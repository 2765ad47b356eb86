"""Whether every user of the machine can read a file."""

from __future__ import annotations

from pathlib import Path

from fairlead.lint.files import Files
from fairlead.lint.permissions import is_open_to_all


def kept(folder: Path, mode: int) -> str:
    path = folder / ".env"
    path.write_text("PASSWORD=1\n")
    path.chmod(mode)
    return str(path)


def test_a_folder_that_others_cannot_enter_guards_its_files(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    assert not is_open_to_all(kept(tmp_path, 0o644), Files())


def test_the_mode_decides_where_the_folders_let_others_in(tmp_path: Path) -> None:
    modes = {str(folder): 0o755 for folder in (tmp_path, *tmp_path.parents)}
    path = kept(tmp_path, 0o644)

    assert is_open_to_all(path, Files({path: ""}, only_overlay=True, modes={**modes, path: 0o644}))
    assert not is_open_to_all(path, Files({path: ""}, only_overlay=True, modes={**modes, path: 0o640}))
    assert not is_open_to_all(path, Files({path: ""}, only_overlay=True, modes={path: 0o644, str(tmp_path): 0o750}))


def test_a_text_that_is_no_file_has_no_mode(tmp_path: Path) -> None:
    path = kept(tmp_path, 0o644)

    assert Files().mode(path) == 0o644
    assert Files({path: ""}).mode(path) is None
    assert Files(absent=frozenset([path])).mode(path) is None
    assert Files().mode(f"{path}/nothing") is None
    assert not is_open_to_all(path, Files({path: ""}))
