"""Reads every bomb of a corpus with one of our readers and prints what it cost; run as a process of its own.

python -m tests.security.bombs READER FOLDER
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from workers.bus import ForgedJob, _read
from workers.clusters import kubeconfig
from workers.domain.errors import KubechatError
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.planner.kubectl_patch import patched
from workers.recipes.book import lint
from workers.settings import read_people, read_policy
from workers.verbs import manifests, pairs

TARGET = Target(cluster=ClusterName("dev"), namespace="payments", kind="deployment", name="api")
WIDE = 400_000


def laughs(opening: str = "") -> str:
    """Nine lists of nine, each of the one before: 387 million values in a few lines."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join([*([opening] if opening else []), *lines, "rules: *a8"])


YAML: Mapping[str, str] = {
    "billion laughs": laughs(),
    "laughs in people": laughs("people: {}"),
    "itself": "people: &a [*a]",
    "itself by a key": "a: &a {b: {c: *a}}",
    "merged for ever": "\n".join(["a: &a {b: 1}", *(f"a{n}: {{<<: [{', '.join(['*a'] * 500)}]}}" for n in range(900))]),
    "flow nesting": "[" * WIDE,
    "flow nesting, closed": "[" * 900 + "]" * 900,
    "maps in maps": "{a: " * (WIDE // 4),
    "block nesting": "\n".join(" " * n + "a:" for n in range(1_300)),
    "keys of keys": "? " * WIDE,
    "dashes": "- " * 5_000 + "a",
    "a wide list": "rules: [" + "a," * WIDE + "]",
    "a wide map": "people: {" + "".join(f"p{n}: 1," for n in range(WIDE // 8)) + "}",
    "many documents": "---\n" * (WIDE // 2),
    "two documents": "people: {}\n---\npeople: {}\n",
    "a number of sixties": "version: 1" + ":1" * WIDE,
    "a number of nines": "version: " + "9" * WIDE,
    "a tagged number": "version: !!int '" + "9" * WIDE + "'",
    "a long float": "version: " + "1:" * (WIDE // 2) + "1.5",
    "an impossible date": "version: 2026-99-99",
    "an impossible time": "version: 2026-01-01T99:99:99Z",
    "a python object": "version: !!python/object/apply:os.system ['true']",
    "unhashable keys": "{[a]: 1, {b: c}: 2}",
    "one key very often": "a: 1\n" * (WIDE // 8),
    "tabs": "\t" * WIDE,
    "quotes": "'" * (2 * WIDE + 1),
    "escapes": '"' + "\\x41" * (WIDE // 4),
    "not text": "\x00\x01\x02",
    "stars": "*" * WIDE,
    "larger than a mebibyte": "#" * (3 << 20),
}
JSON: Mapping[str, str] = {
    "lists": "[" * 100_000,
    "lists, closed": "[" * 900 + "]" * 900,
    "maps": '{"a":' * 20_000,
    "maps, closed": '{"a":' * 600 + "1" + "}" * 600,
    "a deep object": '{"metadata":' + '{"a":' * 600 + "1" + "}" * 600 + "}",
    "a deep object of its kind": '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"api","a":'
    + '{"a":' * 600
    + "1"
    + "}" * 602,
    "a number of nines": '{"a": ' + "9" * 100_000 + "}",
    "a wide list": "[" + "1," * 200_000 + "1]",
    "no number": '{"a": NaN, "b": 1e999}',
    "one key very often": "{" + '"a": 1,' * 50_000 + '"a": 1}',
    "escapes": '"' + "\\u0041" * 100_000,
    "halves": '{"a": "\\ud800"}',
}


def _recipe(path: Path) -> None:
    if lint(path)[0] is None:
        raise ValueError("refused")


def _manifest(path: Path) -> None:
    text = path.read_text()
    if why := manifests.why_not_kept(text):
        raise ValueError(why)
    manifests.parsed(text, TARGET)


def _patch(path: Path) -> None:
    if problem := patched(path.read_text())[1]:
        raise ValueError(problem)


READERS: Mapping[str, tuple[Mapping[str, str], Callable[[Path], object]]] = {
    "policy": (YAML, read_policy),
    "people": (YAML, read_people),
    "recipe": (YAML, _recipe),
    "kubeconfig": (YAML, lambda path: kubeconfig.read(path, frozenset(), frozenset())),
    "manifest": (JSON, _manifest),
    "patch": (JSON, _patch),
    "labels": (JSON, lambda path: pairs.parsed(path.read_text())),
    "job": (JSON, lambda path: _read(path.read_bytes())),
}


def main(reader: str, folder: str) -> None:
    corpus, read = READERS[reader]
    files = {name: Path(folder) / f"{number}.yaml" for number, name in enumerate(corpus)}
    for name, file in files.items():
        file.write_text(corpus[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = []
    for name, file in files.items():
        began = time.process_time()
        try:
            read(file)
        except (KubechatError, ForgedJob, ValueError) as error:
            told.append((name, (time.process_time() - began) * 1000, type(error).__name__, str(error)[:300]))
        else:
            told.append((name, (time.process_time() - began) * 1000, "", ""))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"grown_kib": grown, "told": told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
