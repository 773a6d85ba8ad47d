"""Which models there are, in order: off unless named, and none outside this machine unless its host is allowed."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from workers.domain.errors import EgressDenied, InvalidConfiguration
from workers.models.anthropic import Anthropic
from workers.models.gemini import Gemini
from workers.models.ollama import Ollama
from workers.models.openai import OpenAI
from workers.ports import Model

PROVIDERS: Mapping[str, Callable[[str, str, str], Model]] = {
    "ollama": Ollama,
    "openai": OpenAI,
    "anthropic": Anthropic,
    "gemini": Gemini,
}
KEYS = {  # the variable that holds a provider's key, as its own tools call it
    "ollama": "OLLAMA_API_KEY",
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
}
NAMED = re.compile(
    r"(?P<provider>[a-z]+):(?P<version>[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}?)(?:@(?P<url>https?://[^\s@]+))?"
)


def choose(named: Sequence[str], allowed: Collection[str], environment: Mapping[str, str]) -> tuple[Model, ...]:
    """`ollama:qwen3:8b`, `openai:gpt-5@https://proxy.example.com`; raises InvalidConfiguration and EgressDenied."""
    return tuple(_model(one, allowed, environment) for one in named)


def is_here(model: Model) -> bool:
    """Whether what it is told stays on this machine."""
    return _is_loopback(urlsplit(model.url).hostname or "")


def _model(named: str, allowed: Collection[str], environment: Mapping[str, str]) -> Model:
    match = NAMED.fullmatch(named)
    if match is None or match["provider"] not in PROVIDERS:
        raise InvalidConfiguration(
            f"'{named}' names no model",
            now=f"providers: {', '.join(PROVIDERS)}",
            then="write PROVIDER:MODEL, for example ollama:qwen3:8b",
        )
    provider = match["provider"]
    model = PROVIDERS[provider](match["version"], (match["url"] or "").rstrip("/"), environment.get(KEYS[provider], ""))
    address = urlsplit(model.url)
    host = address.hostname or ""
    if not _is_loopback(host):
        if host not in allowed:
            raise EgressDenied(
                f"{named} is not used: it would send text to {host}",
                now=f"hosts that may be sent to: {', '.join(sorted(allowed)) or 'none'}",
                then=f"allow it with KUBECHAT_ALLOW_EGRESS={host}, or take a model on this machine",
            )
        if address.scheme != "https" and (provider != "ollama" or environment.get(KEYS[provider])):
            raise EgressDenied(f"{named} is not used: its key would travel in the clear", then="use https")
    if provider != "ollama" and not environment.get(KEYS[provider]):
        raise InvalidConfiguration(f"{named} needs a key", then=f"set {KEYS[provider]}")
    return model


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
