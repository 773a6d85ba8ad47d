"""The shape of the tree: one arrow between packages, small modules, plain names, nothing of this machine."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.pages import ROOT

# house.md, "Top level"; files that begin with a dot and requirements files come with the tools that read them
TOP = {
    "bot", "workers", "recipes", "templates", "chart", "tests", "docs", "pyproject.toml", "Procfile", "README.md",
    "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "alembic.ini", "requirements.txt",
    "requirements-test.txt",
}  # fmt: skip
MODULES = sorted(file for package in ("bot", "workers") for file in (ROOT / package).rglob("*.py"))
DRAWERS = {"utils", "helpers", "common", "base", "manager", "misc", "types"}
HERE = Path(__file__)
WORDS = {  # not to be found in a Python file: pattern -> the files that may have it, and why
    r"\b(?:TODO|FIXME)\b": (),
    r"\bmock\.patch\b|\bMagicMock\b|\bmonkeypatch\.setattr\b": (),
    r"\bNotImplementedError\b": ("workers/store/migrations/",),  # a downgrade that is refused on purpose
    r"shell=True|\bos\.system\(|\bcreate_subprocess_shell\b": ("tests/security/test_t12",),  # which names it
}


def committed() -> list[Path]:
    """The files of the commit, or, outside of a clone, all that are not made by tools."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [file for name in listed.stdout.split("\0") if name and (file := ROOT / name).is_file()]
    return [file for name in TOP for file in (ROOT / name, *(ROOT / name).rglob("*")) if file.is_file()]


def texts() -> list[tuple[str, str]]:
    return [
        (file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8", errors="replace"))
        for file in committed()
        if file != HERE
    ]


def test_the_import_contracts_hold() -> None:
    """What may know what is written in .importlinter, and is true."""
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))",
        ],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("limit", [400])
def test_no_module_is_long(limit: int) -> None:
    """One idea per module: look again at 300 lines, split at 400."""
    long = {str(file.relative_to(ROOT)): count for file in MODULES if (count := len(_lines(file))) > limit}

    assert long == {}


def test_no_module_is_a_drawer() -> None:
    """A module is named for its idea."""
    assert [str(file) for file in MODULES if {file.stem, file.parent.name} & DRAWERS] == []


def test_an_init_file_holds_a_docstring_at_most() -> None:
    """Importing a package does nothing."""
    busy = [
        str(file.relative_to(ROOT))
        for file in [*MODULES, *(ROOT / "tests").rglob("*.py")]
        if file.name == "__init__.py"
        if [node for node in ast.parse(file.read_text(encoding="utf-8")).body if not _is_docstring(node)]
    ]

    assert busy == []


def test_the_top_level_is_what_the_house_allows() -> None:
    """Whoever opens the repository sees every name explained by its place."""
    found = {file.relative_to(ROOT).parts[0] for file in committed()}

    assert set() == {name for name in found if name not in TOP and not name.startswith(".")}


@pytest.mark.parametrize("pattern", WORDS, ids=["unfinished", "patched", "not implemented", "shell"])
def test_the_tree_has_none_of(pattern: str) -> None:
    """Nothing is left for later, our own code is never patched, and no shell is started."""
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        if name.endswith(".py") and not name.startswith(WORDS[pattern])
        for match in re.finditer(pattern, text)
    ]

    assert found == []


def test_no_file_names_this_machine() -> None:
    """A clone elsewhere works the same: no path of ours, no package registry of ours."""
    registry = re.compile(
        r"--(?:extra-)?index-url|--find-links|https?://[^/\s\"']*(?:pypi|pythonhosted|npmjs|registry|artifactory|devpi)"
    )
    found = [name for name, text in texts() if str(ROOT) in text or registry.search(text)]

    assert found == []


def test_no_test_module_shares_its_name() -> None:
    """Test folders are no packages, so a name is used once."""
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]

    assert sorted(set(names)) == sorted(names)


def test_every_test_says_which_rule_it_protects() -> None:
    """One sentence in each test's docstring."""
    silent = [
        f"{name}: {node.name}"
        for name, text in texts()
        if name.startswith("tests/") and Path(name).name.startswith("test_")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
