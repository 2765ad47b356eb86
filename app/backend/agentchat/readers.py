"""How the text of a setting becomes its value; a ValueError says what it has to be."""

import ipaddress
from urllib.parse import urlsplit

HIGHEST_PORT = 65535
SHORTEST_SIGNING_KEY = 32


def port(text: str) -> int:
    number = int(text)
    if not 0 < number <= HIGHEST_PORT:
        raise ValueError(f"a port between 1 and {HIGHEST_PORT}")
    return number


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("a whole number of at least 1")
    return number


def switch(text: str) -> bool:
    answers = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in answers:
        raise ValueError("true or false")
    return answers[text.lower()]


def level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def address(text: str) -> str:
    if text and not is_web_address(text):
        raise ValueError("an address that begins with http:// or https://")
    return text.rstrip("/")


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def addresses(text: str) -> tuple[str, ...]:
    return tuple(address(part) for part in listed(text))


def networks(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(part)) for part in listed(text))
    except ValueError:
        raise ValueError("networks such as 10.0.0.0/8, separated by commas") from None


def listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def provider(text: str) -> str:
    if text not in ("auto", "echo", "openai", "qwen", "anthropic"):
        raise ValueError("auto, echo, openai, qwen or anthropic")
    return text


def signing_key(text: str) -> str:
    if text and len(text) < SHORTEST_SIGNING_KEY:
        raise ValueError(f"at least {SHORTEST_SIGNING_KEY} characters")
    return text
