"""What to do, said for a laptop's stack, as it is done for a host."""

from __future__ import annotations

import re

UP = re.compile(r"\binv up\b")
FIX = re.compile(r"(?:\./)?\binv doctor --fix\b")
TASK = re.compile(r"\binv (deploy|logs|exec|status|doctor|verify|rollback|certbot(?:\.[a-z-]+)?)(?![.\w-])(?! --host)")


def there(text: str, host: str) -> str:
    """*text*, its commands for *host*: a deploy there is what `inv up` is here."""
    text = FIX.sub(f"inv provision --host {host}", text)
    return TASK.sub(rf"inv \1 --host {host}", UP.sub("inv deploy", text))
