"""Which model answers."""

import httpx

from ..settings import Settings
from .anthropic import AnthropicModel
from .base import Model
from .echo import EchoModel
from .openai import OpenAIModel


def choose_model(settings: Settings, http: httpx.AsyncClient) -> Model:
    """The model MODEL_PROVIDER names; with auto the first that has a key, and the echo where none has."""
    name = settings.model_provider
    keys = {"openai": settings.openai_api_key, "qwen": settings.qwen_api_key, "anthropic": settings.anthropic_api_key}
    if name == "auto":
        name = next((candidate for candidate, key in keys.items() if key), "echo")
    if name == "openai":
        return OpenAIModel(http, settings.openai_api_key, settings.openai_base_url, settings.openai_model)
    if name == "qwen":
        return OpenAIModel(http, settings.qwen_api_key, settings.qwen_base_url, settings.qwen_model)
    if name == "anthropic":
        return AnthropicModel(http, settings.anthropic_api_key, settings.anthropic_base_url, settings.anthropic_model)
    return EchoModel()
