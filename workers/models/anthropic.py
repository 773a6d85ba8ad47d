"""Claude: POST /v1/messages with one tool that must be used; its input is the answer (docs.anthropic.com, tool use)."""

import json
from collections.abc import Mapping
from typing import Any

from workers.domain.errors import ModelUnavailable
from workers.models.exchange import ask
from workers.ports import Completion, Prompt

URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
MOST_TOKENS = 2048
TOOL = "plan"


class Anthropic:
    """Implements workers.ports.Model."""

    def __init__(self, version: str, url: str = "", key: str = "") -> None:
        self.name, self.version = "anthropic", version
        self.url = url or URL
        self._headers = {"x-api-key": key, "anthropic-version": VERSION}

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], seconds: float) -> Completion:
        body = {
            "model": self.version,
            "max_tokens": MOST_TOKENS,
            "system": prompt.system,
            "messages": [{"role": "user", "content": prompt.user}],
            "tools": [{"name": TOOL, "description": "The request as typed slots.", "input_schema": schema}],
            "tool_choice": {"type": "tool", "name": TOOL},
        }
        found, size = ask(self.name, "POST", f"{self.url}/v1/messages", self._headers, body, seconds=seconds)
        blocks = found.get("content")
        used = [
            block["input"]
            for block in (blocks if isinstance(blocks, list) else ())
            if isinstance(block, dict) and block.get("type") == "tool_use" and isinstance(block.get("input"), dict)
        ]
        if len(used) != 1 or found.get("stop_reason") == "max_tokens":
            raise ModelUnavailable("anthropic gave no whole answer")
        return Completion(text=json.dumps(used[0]), size=size)

    def check(self, seconds: float) -> str:
        """Empty when it accepts the key and has the model."""
        try:
            ask(self.name, "GET", f"{self.url}/v1/models/{self.version}", self._headers, None, seconds=seconds)
        except ModelUnavailable as error:
            return error.text
        return ""
