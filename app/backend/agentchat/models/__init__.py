"""Who answers: an OpenAI-compatible API, Anthropic's, or the echo that needs no key."""

from .base import Model, ModelError, Turn
from .choice import choose_model

__all__ = ["Model", "ModelError", "Turn", "choose_model"]
