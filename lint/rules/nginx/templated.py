"""Files that a template engine makes into a configuration, so that what is not in them may be in the result."""

from __future__ import annotations

import re

from ...nginx import Directive
from ...nginx.file import NginxFile

_MARKS = ("{%", "{{", "<%")


def is_templated(file: NginxFile) -> bool:
    """Whether marks of Jinja, Go, Helm, ERB or EJS are in it."""
    return any(mark in file.text for mark in _MARKS)


def is_filled_in(block: Directive) -> bool:
    """Whether *block* may hold more in the result: its file is a template, or a script's mark stands alone in it."""
    if is_templated(block.file):
        return True
    lines = block.file.text.splitlines()[block.place.line - 1 :]
    text = "\n".join(lines).partition("{")[2].partition("}")[0]
    return not block.children and bool(re.sub(r"#.*", "", text).strip())
