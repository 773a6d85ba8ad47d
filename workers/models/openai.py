"""GPT: POST /v1/chat/completions with a strict JSON schema (platform.openai.com, structured outputs)."""

from collections.abc import Mapping
from typing import Any

from workers.domain.errors import ModelUnavailable
from workers.models.exchange import ask
from workers.ports import Completion, Prompt

URL = "https://api.openai.com"


class OpenAI:
    """Implements workers.ports.Model."""

    def __init__(self, version: str, url: str = "", key: str = "") -> None:
        self.name, self.version = "openai", version
        self.url = url or URL
        self._headers = {"Authorization": f"Bearer {key}"}

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], seconds: float) -> Completion:
        body = {
            "model": self.version,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "plan", "strict": True, "schema": schema},
            },
        }
        found, size = ask(self.name, "POST", f"{self.url}/v1/chat/completions", self._headers, body, seconds=seconds)
        choices = found.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        message = first.get("message") if isinstance(first, dict) else None
        text = message.get("content") if isinstance(message, dict) else None
        if not isinstance(first, dict) or first.get("finish_reason") != "stop" or not isinstance(text, str):
            raise ModelUnavailable("openai gave no whole answer")
        return Completion(text=text, size=size)

    def check(self, seconds: float) -> str:
        """Empty when it accepts the key and has the model."""
        try:
            ask(self.name, "GET", f"{self.url}/v1/models/{self.version}", self._headers, None, seconds=seconds)
        except ModelUnavailable as error:
            return error.text
        return ""
