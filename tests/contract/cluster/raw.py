"""A second way to the same clusters, which shares nothing with the port: the prelude's own hands.

It uses the kubeconfig's own credentials and impersonates nobody, or group system:masters when that is refused.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes.client.configuration import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import load_kube_config_from_dict

FILES = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}


class Refused(Exception):
    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {json.dumps(body)[:500]}")
        self.status, self.body = status, body


class Raw:
    """One cluster."""

    def __init__(self, config: Mapping[str, Any], context: str) -> None:
        configuration = Configuration()
        load_kube_config_from_dict(config, context=context, client_configuration=configuration)
        configuration.proxy = None
        self._configuration = configuration
        self._pool = RESTClientObject(configuration).pool_manager
        self._masters = False

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """The decoded answer; raises Refused."""
        status, _, answer = self.exchange(method, path, body, content_type)
        if status == 403 and not self._masters:
            self._masters = True
            status, _, answer = self.exchange(method, path, body, content_type)
        if status >= 300:
            raise Refused(status, answer)
        return answer

    def exchange(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> tuple[int, Mapping[str, str], Any]:
        headers = urllib3.HTTPHeaderDict({"Accept": "application/json", "Content-Type": content_type})
        token = self._configuration.get_api_key_with_prefix("BearerToken")
        if token:
            headers["Authorization"] = token
        if self._masters:
            headers["Impersonate-User"], headers["Impersonate-Group"] = "kubechat-contract", "system:masters"
        data = None if body is None else json.dumps(body).encode()
        answer = self._pool.urlopen(
            method,
            self._configuration.host + path,
            body=data,
            headers=headers,
            timeout=urllib3.Timeout(connect=5, read=20),
            retries=False,
        )
        text = answer.data.decode(errors="replace")
        try:
            return answer.status, answer.headers, json.loads(text) if text else None
        except ValueError:
            return answer.status, answer.headers, text

    def find(self, path: str) -> Any | None:
        """The object, or None when there is none."""
        try:
            return self.call("GET", path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def close(self) -> None:
        self._pool.clear()


def flattened(path: Path) -> dict[str, Any]:
    """The kubeconfig with the contents of the files it names, as `kubectl config view --flatten` gives it."""
    config: dict[str, Any] = yaml.safe_load(path.read_text())
    for part, key in (("clusters", "cluster"), ("users", "user")):
        for entry in config.get(part) or []:
            body = entry[key]
            for file, data in FILES.items():
                if file in body:
                    content = (path.parent / body.pop(file)).read_bytes()
                    body.setdefault(data, base64.b64encode(content).decode())
            if "tokenFile" in body:
                body["token"] = (path.parent / body.pop("tokenFile")).read_text().strip()
    return config
