"""Ollama, the default: a model in one's own network. POST /api/chat with `format` (docs/api.md, 0.9 and later)."""

from collections.abc import Mapping
from typing import Any

from workers.domain.errors import ModelUnavailable
from workers.models.exchange import ask
from workers.ports import Completion, Prompt

URL = "http://127.0.0.1:11434"


class Ollama:
    """Implements workers.ports.Model."""

    def __init__(self, version: str, url: str = "", key: str = "") -> None:
        self.name, self.version = "ollama", version
        self.url = url or URL
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], seconds: float) -> Completion:
        body = {
            "model": self.version,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            "format": schema,
            "stream": False,
            "think": False,
            "options": {"temperature": 0, "seed": 7},
        }
        found, size = ask(self.name, "POST", f"{self.url}/api/chat", self._headers, body, seconds=seconds)
        message = found.get("message")
        text = message.get("content") if isinstance(message, dict) else None
        if not isinstance(text, str) or found.get("done_reason") == "length":
            raise ModelUnavailable("ollama gave no whole answer")
        return Completion(text=text, size=size)

    def check(self, seconds: float) -> str:
        """Empty when it is there and has the model."""
        try:
            found, _ = ask(self.name, "GET", f"{self.url}/api/tags", self._headers, None, seconds=seconds)
        except ModelUnavailable as error:
            return error.text
        models = found.get("models")
        names = [one.get("name", "") for one in models if isinstance(one, dict)] if isinstance(models, list) else []
        wanted = self.version if ":" in self.version else f"{self.version}:latest"
        return "" if wanted in names else f"it has no model '{self.version}'; `ollama pull {self.version}` brings it"
