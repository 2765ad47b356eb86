"""The model without a key: it says back what was said, word by word."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence

from .base import Turn

PAUSE_S = 0.04


class EchoModel:
    def __init__(self, pause_s: float = PAUSE_S) -> None:
        self.pause_s = pause_s

    async def answer(self, turns: Sequence[Turn]) -> AsyncIterator[str]:
        for word in re.findall(r"\S+\s*|\s+", f"You said: {turns[-1].text}"):
            yield word
            await asyncio.sleep(self.pause_s)
