"""Elements of HTML and SVG as text."""

from __future__ import annotations

from html import escape


def tag(name: str, *inner: str, **attributes: str | float) -> str:
    """An element; *inner* is markup, attributes are text; ``class_`` is written for ``class``, ``_`` for ``-``."""
    held = "".join(f' {_name(key)}="{escape(str(value), quote=True)}"' for key, value in attributes.items())
    return f"<{name}{held}>{''.join(inner)}</{name}>"


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
