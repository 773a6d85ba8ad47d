"""Kubeconfig files for the simulated clusters."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

import yaml


def kubeconfig(urls: Mapping[str, str], ca_pem: bytes, account: str, token: str) -> str:
    """A kubeconfig with one context for each cluster, named like the cluster; the first is current."""
    authority = base64.b64encode(ca_pem).decode()
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": next(iter(urls)),
            "clusters": [
                {"name": name, "cluster": {"server": url, "certificate-authority-data": authority}}
                for name, url in urls.items()
            ],
            "users": [{"name": account, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": account}} for name in urls],
        },
        sort_keys=False,
    )


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read; it appears whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
