"""Chat completions as OpenAI speaks them; Qwen and many others do too."""

from collections.abc import AsyncIterator, Sequence

import httpx

from .base import ModelError, Turn, streamed_events


class OpenAIModel:
    def __init__(self, http: httpx.AsyncClient, key: str, base_url: str, model: str) -> None:
        self.http = http
        self.url = f"{base_url}/chat/completions"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.model = model

    async def answer(self, turns: Sequence[Turn]) -> AsyncIterator[str]:
        messages = [{"role": turn.role, "content": turn.text} for turn in turns]
        body = {"model": self.model, "stream": True, "messages": messages}
        finished = False
        async for event in streamed_events(self.http, self.url, self.headers, body):
            for choice in event.get("choices") or ():
                finished = finished or choice.get("finish_reason") is not None
                text = (choice.get("delta") or {}).get("content")
                if text:
                    yield text
        if not finished:
            raise ModelError("the model broke off its answer; try again")
