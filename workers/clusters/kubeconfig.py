"""Reads a kubeconfig without trusting it: which contexts there are, and which of them may be used.

Nothing is executed and nothing is contacted here. The official client runs `exec` plugins and reads files as soon as it
loads a configuration, so it only ever sees one context at a time that has passed these rules, with absolute paths.
Format: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from workers.bounded_yaml import LARGEST_BYTES, Unreadable, load
from workers.domain.errors import InvalidConfiguration
from workers.domain.redact import visible
from workers.domain.value import ClusterName

TOP = {"apiVersion", "kind", "preferences", "clusters", "contexts", "users", "current-context", "extensions"}
CLUSTER = {
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority",
    "certificate-authority-data",
    "disable-compression",
    "extensions",
}
USER = {
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "exec",
    "extensions",
}
EXEC = {"apiVersion", "command", "args", "env", "installHint", "provideClusterInfo", "interactiveMode"}
# Variables by which a kubeconfig could turn an allowed plugin into another program.
STEERING = {"PATH", "ENV", "IFS", "GCONV_PATH", "SHELLOPTS"}
STEERING_PREFIXES = ("BASH_", "LD_", "DYLD_", "PYTHON", "PERL", "RUBY", "NODE_", "JAVA_", "GIT_")


@dataclass(frozen=True)
class Context:
    """One context that may be used, or the problem that keeps it from being used."""

    name: ClusterName
    problem: str = ""  # empty: it may be used
    server: str = ""
    authority: str = field(default="", repr=False)  # PEM; empty: the system's own authorities
    token_file: Path | None = None
    plugin: str = ""  # base name of an allowed exec plugin
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)  # holds credentials: never shown


class _Problem(Exception):
    """Why one context may not be used."""


def read(path: Path, allow_exec: frozenset[str], allow_insecure: frozenset[str]) -> tuple[Context, ...]:
    """The contexts in the file's order, usable or not; raises InvalidConfiguration when nothing can be read."""
    raw = _parsed(path)
    clusters, users = (_named(raw, part, path) for part in ("clusters", "users"))
    contexts = _named(raw, "contexts", path)
    if not contexts:
        raise _unusable(path, "it names no context", "add one with kubectl config set-context")
    return tuple(_context(name, body, clusters, users, path, allow_exec, allow_insecure) for name, body in contexts)


def current(path: Path) -> str:
    """The name of the current context, or empty."""
    found = _parsed(path).get("current-context")
    return found if isinstance(found, str) else ""


def _parsed(path: Path) -> dict[str, Any]:
    mend = "check the path and the file, or name another with --kubeconfig or KUBECHAT_KUBECONFIG"
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _unusable(path, f"{error.strerror or error}", mend) from error
    try:
        raw = load(data, aliases=False)  # no tool writes them into a kubeconfig
    except Unreadable as error:
        raise _unusable(path, str(error), mend) from error
    if not isinstance(raw, dict):
        raise _unusable(path, "a mapping is expected at the top", mend)
    if unknown := sorted(str(key) for key in raw if key not in TOP):
        raise _unusable(path, f"unknown fields at the top: {visible(', '.join(unknown[:5]))}", "remove them")
    if raw.get("apiVersion", "v1") != "v1" or raw.get("kind", "Config") != "Config":
        raise _unusable(path, "it is not a `kind: Config` of `apiVersion: v1`", mend)
    return raw


def _named(raw: Mapping[str, Any], part: str, path: Path) -> list[tuple[str, Any]]:
    """The entries of a list of {name, ...}; a name that comes twice is an error of the whole file."""
    entries = raw.get(part) or []
    if not isinstance(entries, list):
        raise _unusable(path, f"`{part}` must be a list", "check the file")
    found: dict[str, Any] = {}
    for number, entry in enumerate(entries, 1):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name or len(name) > 253 or visible(name) != name:
            raise _unusable(path, f"entry {number} of `{part}` has no usable name", "give it a printable name")
        if name in found:
            raise _unusable(path, f"`{part}` names '{name}' twice", "rename or remove one of the two")
        found[name] = entry.get(part.removesuffix("s")) or {}
    return list(found.items())


def _context(
    name: str,
    body: Any,
    clusters: list[tuple[str, Any]],
    users: list[tuple[str, Any]],
    path: Path,
    allow_exec: frozenset[str],
    allow_insecure: frozenset[str],
) -> Context:
    try:
        wanted = body if isinstance(body, dict) else {}
        cluster = dict(_entry(clusters, wanted.get("cluster"), "cluster"))
        user = dict(_entry(users, wanted.get("user"), "user"))
        server = _server(cluster, name in allow_insecure)
        _fields(cluster, CLUSTER, "cluster")
        _fields(user, USER, "user")
        for source, key in (
            (cluster, "certificate-authority"),
            (user, "client-certificate"),
            (user, "client-key"),
            (user, "tokenFile"),
        ):
            if key in source:
                source[key] = str(_inside(source[key], key, path))
        token_file = Path(user["tokenFile"]) if "tokenFile" in user else None
        plugin = _plugin(user["exec"], allow_exec) if "exec" in user else ""
        authority = _authority(cluster)
    except _Problem as problem:
        return Context(ClusterName(name), problem=f"context '{name}' of {path}: {problem}")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": {key: value for key, value in user.items() if key != "tokenFile"}}],
    }
    return Context(ClusterName(name), "", server, authority, token_file, plugin, config)


def _entry(entries: list[tuple[str, Any]], name: Any, part: str) -> Mapping[str, Any]:
    found = dict(entries).get(name) if isinstance(name, str) else None
    if not isinstance(found, dict):
        raise _Problem(f"its {part} {visible(repr(name))} is not in the file")
    return found


def _server(cluster: Mapping[str, Any], insecure_allowed: bool) -> str:
    if "proxy-url" in cluster:
        raise _Problem("`proxy-url` is refused: it could send credentials elsewhere")
    server = cluster.get("server")
    try:
        url = urlsplit(server if isinstance(server, str) else "")
        port_is_valid = url.port != 0
    except ValueError as error:
        raise _Problem("`server` is not an address") from error
    if url.scheme not in ("https", "http") or not url.hostname or not port_is_valid:
        raise _Problem("`server` must be https://host[:port]")
    if (
        url.username is not None
        or url.password is not None
        or url.query
        or url.fragment
        or visible(url.geturl()) != server
    ):
        raise _Problem("`server` must be a plain address, without account, query or fragment")
    if not insecure_allowed and url.scheme == "http":
        raise _Problem("`server` is plain http; allow the context with KUBECHAT_ALLOW_INSECURE, or use https")
    skip = cluster.get("insecure-skip-tls-verify", False)
    if not isinstance(skip, bool):
        raise _Problem("`insecure-skip-tls-verify` must be true or false")
    if not insecure_allowed and skip:
        raise _Problem(
            "`insecure-skip-tls-verify` is refused; add the certificate authority, "
            "or allow the context with KUBECHAT_ALLOW_INSECURE"
        )
    return str(server).rstrip("/")


def _fields(body: Mapping[str, Any], known: set[str], part: str) -> None:
    for name, why in (
        ("auth-provider", "was removed from Kubernetes in 1.26 and may run commands; use exec or a token"),
        ("username", "basic authentication was removed from Kubernetes in 1.19"),
        ("as", "impersonation is Kubechat's own; use the account itself"),
    ):
        if name in body:
            raise _Problem(f"`{name}` of the user is refused: {why}")
    if unknown := sorted(str(key) for key in body if key not in known):
        raise _Problem(f"unknown field of the {part}: {visible(unknown[0])}")
    for key, value in body.items():
        if key not in ("exec", "extensions", "insecure-skip-tls-verify", "disable-compression") and not (
            isinstance(value, str) and value
        ):
            raise _Problem(f"`{key}` of the {part} must be text")


def _inside(value: str, key: str, kubeconfig: Path) -> Path:
    """The file, which must be in the kubeconfig's own directory tree, whatever links lead there."""
    tree = kubeconfig.absolute().parent.resolve()
    place = (tree / value).resolve()
    if ".." in PurePath(value).parts or not place.is_relative_to(tree):
        raise _Problem(f"`{key}` points outside {tree}; put the file next to the kubeconfig")
    if not place.is_file():
        raise _Problem(f"`{key}` names no file: {place}")
    return tree / value  # not resolved: mounted secrets are swapped by moving a link


def _plugin(body: Any, allow_exec: frozenset[str]) -> str:
    command = body.get("command") if isinstance(body, dict) else None
    if not isinstance(command, str) or not command or visible(command) != command:
        raise _Problem("`exec` names no command")
    base = PurePath(command).name
    if base not in allow_exec:
        raise _Problem(f"`exec` would run '{base}'; allow it with KUBECHAT_ALLOW_EXEC={base}, or use a token")
    if "/" in command and not PurePath(command).is_absolute():
        raise _Problem(f"`exec` names '{command}' by a relative path")
    if unknown := sorted(str(key) for key in body if key not in EXEC):
        raise _Problem(f"unknown field of `exec`: {visible(unknown[0])}")
    if not str(body.get("apiVersion", "")).startswith("client.authentication.k8s.io/v1"):
        raise _Problem("`exec` needs apiVersion client.authentication.k8s.io/v1 or v1beta1")
    for entry in body.get("env") or ():
        variable = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(variable, str) or not isinstance(entry.get("value"), str):
            raise _Problem("`exec.env` must be a list of names and values")
        if variable.upper() in STEERING or variable.upper().startswith(STEERING_PREFIXES):
            raise _Problem(f"`exec.env` sets {visible(variable)}, which could make another program of '{base}'")
    if not all(isinstance(argument, str) for argument in body.get("args") or ()):
        raise _Problem("`exec.args` must be text")
    return base


def _authority(cluster: Mapping[str, Any]) -> str:
    """The certificate authority as PEM, with at least one certificate, or empty."""
    try:
        if data := cluster.get("certificate-authority-data"):
            pem = base64.b64decode(data, validate=False).decode()
        elif file := cluster.get("certificate-authority"):
            pem = Path(file).read_text()
        else:
            return ""
    except (binascii.Error, ValueError, OSError) as error:
        raise _Problem(f"its certificate authority cannot be read: {type(error).__name__}") from error
    if len(pem) > LARGEST_BYTES or "-----BEGIN CERTIFICATE-----" not in pem:
        raise _Problem("its certificate authority holds no certificate")
    return pem


def _unusable(path: Path, problem: str, then: str) -> InvalidConfiguration:
    return InvalidConfiguration(f"reading the kubeconfig {path}: {problem}", then=then)
