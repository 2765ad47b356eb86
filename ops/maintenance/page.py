"""The page that visitors get during maintenance, where the stack has none of its own; and what a page may load."""

from __future__ import annotations

import base64
import hashlib
import re

MOST_BYTES = 256 * 1024
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="60">
<title>Back soon</title>
<style>
:root { --ground: #f6f6f3; --ink: #1d1f21; --faint: #5c6166; --mark: #2f6f4f }
@media (prefers-color-scheme: dark) { :root { --ground: #16181a; --ink: #e8e8e4; --faint: #a0a5aa; --mark: #7fc8a0 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif }
main { max-width: 30rem; padding: 2rem; border-left: .25rem solid var(--mark) }
h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2; font-weight: 600 }
p { margin: 0; color: var(--faint) }
</style>
</head>
<body>
<main>
<h1>We will be back soon</h1>
<p>The site is being worked on. Nothing of yours is lost; this page asks again every minute by itself.</p>
</main>
</body>
</html>
"""
JSON = '{"detail": "the site is being worked on; try again in a few minutes"}'


def content_policy(page: str) -> str:
    """A Content-Security-Policy under which *page*, complete in itself, looks as it should, and loads nothing else."""
    rules = ["default-src 'none'", "img-src data:", "font-src data:"]
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        if sources := _sources(page, tag):
            rules.append(f"{kind} {' '.join(sources)}")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])


def _sources(page: str, tag: str) -> list[str]:
    """The digest of each inline element; attributes named style cannot be told by one."""
    if tag == "style" and re.search(r"<[^>]*\sstyle\s*=", page, re.IGNORECASE):
        return ["'unsafe-inline'"]
    inline = re.findall(rf"<{tag}(?:\s[^>]*)?>(.*?)</{tag}\s*>", page, re.IGNORECASE | re.DOTALL)
    digests = (hashlib.sha256(text.replace("\r\n", "\n").encode()).digest() for text in inline if text)
    return list(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))
