"""The bot's own account at one cluster, by the official client's loader: address, certificates, bearer token.

Loading is left to the first call, because it may run an allowed exec plugin. Credentials that expire are read again:
a token file every ten seconds, a plugin when its expiry nears or the server says 401.
"""

import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes.client.configuration import Configuration
from kubernetes.config import ConfigException, load_kube_config_from_dict

from workers.clusters.kubeconfig import Context
from workers.clusters.scratch import scratch
from workers.domain.errors import ClusterUnreachable, Unavailable

PLUGIN_SECONDS = 30.0
TOKEN_FILE_SECONDS = 10.0
POOL = 16  # connections kept per cluster; more are opened and closed again


class Account:
    def __init__(self, context: Context, data: Path) -> None:
        self._context = context
        self.data = data
        self._lock = threading.Lock()
        self._loaded: Any = None
        self._token = ""
        self._token_until = 0.0

    def configuration(self) -> Any:
        """The official client's configuration, loaded on the first call; raises Unavailable."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._configured()
            return self._loaded

    def authorization(self) -> str:
        """The header's value, or empty when certificates speak for the account."""
        configuration = self.configuration()
        if self._context.token_file is not None:
            return f"Bearer {self._file_token()}"
        found: list[str] = []
        with self._lock:
            self._load(lambda: found.append(configuration.get_api_key_with_prefix("BearerToken") or ""))
        return found[0]

    def forget(self) -> None:
        """After a 401: the next call loads everything again."""
        with self._lock:
            self._token_until = 0.0
            if self._context.plugin:
                self._loaded = None

    def _configured(self) -> Any:
        configuration = Configuration()
        folder = scratch(self.data)

        def load() -> None:
            load_kube_config_from_dict(
                self._context.config, client_configuration=configuration, temp_file_path=str(folder)
            )

        self._load(load)
        configuration.retries = False
        configuration.connection_pool_maxsize = POOL
        if _is_loopback(self._context.server):
            configuration.proxy = None  # as Go's and curl's clients do; the official one would ask the proxy
        if self._context.plugin and not (configuration.api_key or configuration.cert_file):
            # The official loader logs a plugin's failure and goes on as nobody.
            raise self._unusable(f"'{self._context.plugin}' gave no credentials")
        return configuration

    def _load(self, load: Callable[[], object]) -> None:
        """Runs the official loader, which runs a plugin at the first call and again near its expiry."""
        try:
            _bounded(load) if self._context.plugin else load()
        except (ConfigException, ValueError, OSError, TypeError, AttributeError) as error:
            raise self._unusable(f"{type(error).__name__} while reading its credentials") from error

    def _file_token(self) -> str:
        with self._lock:
            file = self._context.token_file
            if file is not None and time.monotonic() >= self._token_until:
                try:
                    self._token = file.read_text(encoding="ascii").strip()
                except (OSError, ValueError) as error:
                    raise self._unusable(f"its token file {file} cannot be read") from error
                self._token_until = time.monotonic() + TOKEN_FILE_SECONDS
            return self._token

    def _unusable(self, why: str) -> Unavailable:
        return ClusterUnreachable(
            f"{self._context.name} was not asked: {why}", then="check the kubeconfig's user, then ask again"
        )


def _bounded(load: Callable[[], object]) -> None:
    """Waits for a plugin no longer than PLUGIN_SECONDS; the loader has no bound of its own."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            load()
        except BaseException as error:  # noqa: BLE001  # raised again below, in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, name="kubeconfig", daemon=True)
    thread.start()
    thread.join(PLUGIN_SECONDS)
    if thread.is_alive():
        raise OSError("the exec plugin did not answer")
    if failed:
        raise failed[0]


def _is_loopback(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
