"""Gemini: POST /v1beta/models/MODEL:generateContent with a JSON schema (ai.google.dev, structured output)."""

from collections.abc import Mapping
from typing import Any

from workers.domain.errors import ModelUnavailable
from workers.models.exchange import ask
from workers.ports import Completion, Prompt

URL = "https://generativelanguage.googleapis.com"


class Gemini:
    """Implements workers.ports.Model."""

    def __init__(self, version: str, url: str = "", key: str = "") -> None:
        self.name, self.version = "gemini", version
        self.url = url or URL
        self._headers = {"x-goog-api-key": key}

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], seconds: float) -> Completion:
        body = {
            "systemInstruction": {"parts": [{"text": prompt.system}]},
            "contents": [{"role": "user", "parts": [{"text": prompt.user}]}],
            "generationConfig": {
                "temperature": 0,
                "responseMimeType": "application/json",
                "responseJsonSchema": schema,
            },
        }
        url = f"{self.url}/v1beta/models/{self.version}:generateContent"
        found, size = ask(self.name, "POST", url, self._headers, body, seconds=seconds)
        candidates = found.get("candidates")
        first = candidates[0] if isinstance(candidates, list) and candidates else None
        content = first.get("content") if isinstance(first, dict) else None
        parts = content.get("parts") if isinstance(content, dict) else None
        texts = [part.get("text") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        whole = isinstance(first, dict) and first.get("finishReason") in (None, "STOP")
        if not whole or not texts or not all(isinstance(text, str) for text in texts):
            raise ModelUnavailable("gemini gave no whole answer")
        return Completion(text="".join(map(str, texts)), size=size)

    def check(self, seconds: float) -> str:
        """Empty when it accepts the key and has the model."""
        try:
            ask(self.name, "GET", f"{self.url}/v1beta/models/{self.version}", self._headers, None, seconds=seconds)
        except ModelUnavailable as error:
            return error.text
        return ""
