"""Anthropic's Messages API."""

from collections.abc import AsyncIterator, Sequence

import httpx

from .base import ModelError, Turn, streamed_events

API_VERSION = "2023-06-01"
LONGEST_ANSWER_TOKENS = 4096


class AnthropicModel:
    def __init__(self, http: httpx.AsyncClient, key: str, base_url: str, model: str) -> None:
        self.http = http
        self.url = f"{base_url}/v1/messages"
        self.headers = {"x-api-key": key, "anthropic-version": API_VERSION}
        self.model = model

    async def answer(self, turns: Sequence[Turn]) -> AsyncIterator[str]:
        finished = False
        async for event in streamed_events(self.http, self.url, self.headers, self.body(turns)):
            if event.get("type") == "content_block_delta" and event.get("delta", {}).get("type") == "text_delta":
                yield event["delta"]["text"]
            finished = finished or event.get("type") == "message_stop"
        if not finished:
            raise ModelError("the model broke off its answer; try again")

    def body(self, turns: Sequence[Turn]) -> dict[str, object]:
        """Here the instructions stand beside the messages, not among them."""
        body: dict[str, object] = {
            "model": self.model,
            "max_tokens": LONGEST_ANSWER_TOKENS,
            "stream": True,
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns if turn.role != "system"],
        }
        instructions = "\n\n".join(turn.text for turn in turns if turn.role == "system")
        return body | ({"system": instructions} if instructions else {})
