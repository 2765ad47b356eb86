"""Files that a template engine makes into a configuration, so that what is not in them may be in the result."""

from __future__ import annotations

from ...nginx.file import NginxFile

_MARKS = ("{%", "{{", "<%")


def is_templated(file: NginxFile) -> bool:
    """Whether marks of Jinja, Go, Helm, ERB or EJS are in it."""
    return any(mark in file.text for mark in _MARKS)
