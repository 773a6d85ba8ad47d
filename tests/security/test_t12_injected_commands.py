"""No shell anywhere, and no text of anybody in a path that it does not belong in."""

import ast
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.architecture.pages import ROOT
from tests.unit.domain.making import ALICE
from workers.clusters.asking import request_for
from workers.domain.call import Call
from workers.domain.errors import KubechatError
from workers.domain.value import ClusterName

CODE = sorted(file for package in ("bot", "workers") for file in (ROOT / package).rglob("*.py"))
FORBIDDEN = {
    "os.system", "os.popen", "pty.spawn",
    "asyncio.create_subprocess_shell", "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput",
    "eval", "exec", "compile", "__import__", "pickle.loads", "pickle.load", "marshal.loads", "shelve.open",
    "yaml.load", "yaml.unsafe_load", "yaml.full_load",
}  # fmt: skip
STARTERS = {
    *(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_output", "check_call")),
    *(f"os.{name}" for name in ("execl", "execv", "execve", "execvp", "execvpe", "spawnl", "spawnv", "posix_spawn")),
}
# Programs of ours with words of ours: our own interpreter, and the queue server that comes with the product.
MAY_START = {"bot/children.py", "bot/cli_instance.py", "workers/demo/process.py", "workers/embedded.py"}
NASTY = st.text(max_size=40) | st.lists(
    st.sampled_from(
        ["..", "/", "%2e", "%2f", "?", "#", "&", "=", ";", "\n", "\r\n", " ", "$(id)", "`id`", "'", '"', "\\", "\x00",
         "web", "api", "-", ".", ":", "system:", "é", "\u202e", "Host: x", "*", "~"]
    ),
    max_size=6,
).map("".join)  # fmt: skip


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_t12_nothing_in_the_product_starts_a_shell_or_runs_text() -> None:
    """Held over the syntax tree, whatever the lines look like."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno} {name}"
        for file in CODE
        for name, node in calls(ast.parse(file.read_text(encoding="utf-8")))
        if name in FORBIDDEN or any(one.arg == "shell" for one in node.keywords)
    ]

    assert found == []


def test_t12_processes_are_started_in_few_places_with_words_of_our_own() -> None:
    """None of them starts what a person, a model or a cluster has said."""
    found = {
        file.relative_to(ROOT).as_posix()
        for file in CODE
        for name, _ in calls(ast.parse(file.read_text(encoding="utf-8")))
        if name in STARTERS
    }

    assert found <= MAY_START


@given(NASTY, NASTY, NASTY, NASTY)
@example("payments", "../../secrets", "x", "")
@example("payments", "web?dryRun=All", "x", "scale")
@example("payments", "web", "app=x&fieldManager=other", "")
def test_t12_no_text_leaves_its_place_in_a_request(namespace: str, name: str, selector: str, subresource: str) -> None:
    """It is refused, or the path has exactly the parts that it was given, and the query says what was meant."""
    given_query = {"labelSelector": selector}
    try:
        call = Call(
            method="GET", group="apps", version="v1", resource="deployments", namespace=namespace, name=name,
            subresource=subresource, query=given_query,
        )  # fmt: skip
        sent = request_for(ClusterName("dev"), call, ALICE)
    except (KubechatError, ValidationError, ValueError):
        return

    path, _, query = sent.path.partition("?")
    parts = path.split("/")
    wanted = ["", "apis", "apps", "v1", "namespaces", namespace, "deployments", name]
    assert [unquote(part) for part in parts] == wanted + ([subresource] if subresource else [])
    assert ".." not in parts
    assert "." not in parts
    assert parse_qs(query, keep_blank_values=True)["labelSelector"] == [selector]
    assert set(parse_qs(query, keep_blank_values=True)) == {"labelSelector"}
    assert urlsplit(sent.path).fragment == ""
    assert all("\n" not in line and "\r" not in line for pair in sent.headers.iteritems() for line in pair)


@pytest.mark.parametrize("part", ["namespace", "name", "subresource", "resource", "version", "group"])
@given(text=NASTY)
def test_t12_every_part_of_a_call_is_held_to_its_grammar(part: str, text: str) -> None:
    """One strange part at a time: no slash, no space, no percent sign and no control character is ever sent."""
    usual = {"group": "apps", "version": "v1", "resource": "deployments", "namespace": "payments", "name": "web"}
    try:
        sent = request_for(ClusterName("dev"), Call.model_validate({"method": "GET", **usual, part: text}), ALICE)
    except (KubechatError, ValidationError, ValueError):
        return

    assert set(sent.path) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-/?=&")
    assert "//" not in sent.path
    assert "/../" not in f"{sent.path}/"
