"""The simulated fleet as a child process, for synchronous callers: tests, the demo, `kubechat up`."""

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


class FleetDied(RuntimeError):
    """The fleet's process ended, or was not ready in time; the message ends with what it wrote."""


@dataclass(frozen=True)
class FleetProcess:
    """A running fleet. `kubeconfig` holds the bot's account, `admin_kubeconfig` the administrator's."""

    process: subprocess.Popen[bytes]
    kubeconfig: Path
    admin_kubeconfig: Path
    admin_token: str
    ca_pem: str
    control_url: str
    urls: Mapping[str, str]  # cluster -> https://127.0.0.1:port
    seconds: float  # from the start of its main function to ready

    def kubeconfig_of(self, person: str) -> Path:
        """The file with the person's own account."""
        return self.kubeconfig.with_name(f"{person}.kubeconfig")

    @property
    def pid(self) -> int:
        return self.process.pid

    def faults(self, cluster: str, change: Mapping[str, Any]) -> Json:
        """Sets faults of one cluster's API server (`apiserver/faults.py` names them); all that are set now."""
        return dict(self._control("POST", f"/{cluster}/faults", change))

    def heal(self, cluster: str) -> None:
        """Clears every fault of the cluster; a dead one listens again, on the same port."""
        self._control("DELETE", f"/{cluster}/faults")

    def requests(self, cluster: str) -> list[Json]:
        """What the cluster's API server was asked, oldest first."""
        return list(self._control("GET", f"/{cluster}/requests")["items"])

    def forget_requests(self, cluster: str) -> None:
        """Empties the cluster's list of requests."""
        self._control("DELETE", f"/{cluster}/requests")

    def patch(self, cluster: str, path: str, change: Mapping[str, Any]) -> None:
        """A merge patch by the administrator, as somebody with kubectl would send it."""
        context = ssl.create_default_context(cadata=self.ca_pem)
        connection = http.client.HTTPSConnection(urlsplit(self.urls[cluster]).netloc, timeout=10, context=context)
        self._answer(connection, "PATCH", path, change, "application/merge-patch+json")

    def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.control_url).netloc, timeout=10)
        return self._answer(connection, method, path, body)

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        content_type: str = "application/json",
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.admin_token}", "Content-Type": content_type}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    def stop(self, timeout_seconds: float = 5.0) -> int:
        """Ends the process and waits for it; its exit code."""
        self.process.terminate()  # before its stdin is closed: one request to end is enough, two may cross
        try:
            return self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                if pipe:
                    pipe.close()


def start_fleet(
    folder: Path, *, incident: bool = True, speed: float = 1.0, timeout_seconds: float = 20.0
) -> FleetProcess:
    """Starts the fleet and waits until it is ready; FleetDied if that takes too long."""
    story = "--incident" if incident else "--no-incident"
    command = [sys.executable, "-m", "workers.demo.fleet", "--dir", str(folder), story, "--speed", str(speed)]
    errors = folder / "fleet.log"
    folder.mkdir(parents=True, exist_ok=True)
    with errors.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    said = _first_line(process, timeout_seconds)
    if not said:
        process.kill()
        process.communicate()
        raise FleetDied(f"the fleet was not ready within {timeout_seconds:g} s: {errors.read_text()}")
    facts = json.loads(said)
    return FleetProcess(
        process,
        Path(facts["kubeconfig"]),
        Path(facts["admin_kubeconfig"]),
        facts["admin_token"],
        facts["ca"],
        facts["control"],
        facts["urls"],
        facts["seconds"],
    )


@contextmanager
def running_fleet(folder: Path, *, incident: bool = True, speed: float = 1.0) -> Iterator[FleetProcess]:
    """A fleet that runs inside the `with` block."""
    fleet = start_fleet(folder, incident=incident, speed=speed)
    try:
        yield fleet
    finally:
        fleet.stop()


def _first_line(process: subprocess.Popen[bytes], timeout_seconds: float) -> bytes:
    """What the process says when it is ready, b"" if it ends or stays silent."""
    if process.stdout is None:
        return b""
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        return process.stdout.readline() if selector.select(timeout_seconds) else b""
