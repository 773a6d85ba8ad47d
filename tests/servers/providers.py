"""Small servers that speak the protocols of the model providers, well or badly."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Protocol:
    """How one provider is asked, and how it answers."""

    path: str  # of a question, with the model's name in it where the provider wants it there
    key: Callable[[Mapping[str, str]], str]  # the key in the headers
    schema: Callable[[Json], Any]  # the schema that came with the question
    said: Callable[[Json], str]  # what the person typed
    answer: Callable[[str], Json]  # around the text of a good answer
    cut_short: Callable[[str], Json]  # around an answer that hit the limit of tokens


PROTOCOLS: Mapping[str, Protocol] = {
    "ollama": Protocol(
        path="/api/chat",
        key=lambda headers: headers.get("Authorization", "").removeprefix("Bearer "),
        schema=lambda body: body["format"],
        said=lambda body: body["messages"][1]["content"],
        answer=lambda text: {
            "model": "m", "message": {"role": "assistant", "content": text}, "done": True, "done_reason": "stop"},
        cut_short=lambda text: {
            "model": "m", "message": {"role": "assistant", "content": text}, "done": True, "done_reason": "length"},
    ),
    "openai": Protocol(
        path="/v1/chat/completions",
        key=lambda headers: headers.get("Authorization", "").removeprefix("Bearer "),
        schema=lambda body: body["response_format"]["json_schema"]["schema"],
        said=lambda body: body["messages"][1]["content"],
        answer=lambda text: {
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]},
        cut_short=lambda text: {
            "choices": [{"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": text}}]},
    ),
    "anthropic": Protocol(
        path="/v1/messages",
        key=lambda headers: headers.get("x-api-key", ""),
        schema=lambda body: body["tools"][0]["input_schema"],
        said=lambda body: body["messages"][0]["content"],
        answer=lambda text: {
            "type": "message", "stop_reason": "tool_use",
            "content": [{"type": "tool_use", "id": "t", "name": "plan", "input": json.loads(text)}]},
        cut_short=lambda text: {
            "type": "message", "stop_reason": "max_tokens",
            "content": [{"type": "tool_use", "id": "t", "name": "plan", "input": {}}]},
    ),
    "gemini": Protocol(
        path="/v1beta/models/m:generateContent",
        key=lambda headers: headers.get("x-goog-api-key", ""),
        schema=lambda body: body["generationConfig"]["responseJsonSchema"],
        said=lambda body: body["contents"][0]["parts"][0]["text"],
        answer=lambda text: {
            "candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": [{"text": text}]}}]},
        cut_short=lambda text: {
            "candidates": [{"finishReason": "MAX_TOKENS", "content": {"role": "model", "parts": [{"text": text}]}}]},
    ),
}  # fmt: skip


@dataclass
class Provider:
    """One server; `mood` says how it behaves, `text` what a good answer holds."""

    name: str
    url: str = ""
    mood: str = "good"
    text: str = '{"steps": []}'
    key: str = "a-key"
    asked: list[Json] = field(default_factory=list)

    def reply(self, handler: BaseHTTPRequestHandler, body: Json) -> None:
        protocol = PROTOCOLS[self.name]
        if handler.command == "POST" and handler.path != protocol.path:
            _send(handler, 404, {"error": "no such path"})
        elif self.name != "ollama" and protocol.key(dict(handler.headers.items())) != self.key:
            _send(handler, 401, {"error": "no such key"})
        elif handler.command == "GET":
            _send(handler, 200, {"models": [{"name": "m:latest"}], "id": "m", "name": "models/m"})
        else:
            self.asked.append(body)
            _MOODS[self.mood](handler, protocol, self.text)


def _send(handler: BaseHTTPRequestHandler, status: int, body: Json, **headers: str) -> None:
    _raw(handler, status, json.dumps(body).encode(), **headers)


def _raw(handler: BaseHTTPRequestHandler, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = length is not None  # less than was promised: cut off here


def _drip(handler: BaseHTTPRequestHandler, _protocol: Protocol, _text: str) -> None:
    """A byte now and then: never silent, never done."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


_MOODS: Mapping[str, Callable[[BaseHTTPRequestHandler, Protocol, str], None]] = {
    "good": lambda handler, protocol, text: _send(handler, 200, protocol.answer(text)),
    "cut short": lambda handler, protocol, text: _send(handler, 200, protocol.cut_short(text)),
    "broken json": lambda handler, protocol, text: _raw(handler, 200, b'{"message": {"con'),
    "another shape": lambda handler, protocol, text: _send(handler, 200, {"hello": ["world"]}),
    "a list": lambda handler, protocol, text: _raw(handler, 200, b"[1, 2, 3]"),
    "10 MB": lambda handler, protocol, text: _raw(handler, 200, b'"' + b"x" * (10 << 20) + b'"'),
    "hang": lambda handler, protocol, text: time.sleep(10),
    "drip": _drip,
    "cut": lambda handler, protocol, text: _raw(handler, 200, b'{"message"', length=5000),
    "429": lambda handler, protocol, text: _send(handler, 429, {"error": "slow down"}, **{"Retry-After": "60"}),
    "500": lambda handler, protocol, text: _send(handler, 500, {"error": "oops"}),
    "redirect": lambda handler, protocol, text: _send(handler, 307, {}, Location="http://192.0.2.1/elsewhere"),
}


@contextmanager
def provider(name: str) -> Iterator[Provider]:
    """On a free port of this machine."""
    made = Provider(name)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            size = int(self.headers.get("Content-Length") or 0)
            with_trouble_expected(lambda: made.reply(self, json.loads(self.rfile.read(size))))

        def do_GET(self) -> None:  # the library's name
            with_trouble_expected(lambda: made.reply(self, {}))

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def with_trouble_expected(work: Callable[[], None]) -> None:
    """Whoever asked may have gone."""
    try:
        work()
    except (BrokenPipeError, ConnectionResetError):
        return
