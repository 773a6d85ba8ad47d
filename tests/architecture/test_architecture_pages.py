"""The documents agree with the code."""

import ast
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture import pages
from tests.architecture.pages import DOCS, ROOT
from workers.domain.action import Effect, Verb
from workers.domain.matching import Match
from workers.domain.policy import Outcome, Rule
from workers.planner.forbid import CONTROL, DESTRUCTION
from workers.settings import Settings

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\b(?:KUBECHAT_[A-Z_]*[A-Z]|DATABASE_URL|REDIS_URL)\b")
MARKDOWN = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def compare(request: pytest.FixtureRequest, file: Path, text: str) -> None:
    """With --goldens the page is written again, otherwise it must be as it would be written."""
    if request.config.getoption("--goldens"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, f"{file.name} is out of date: run `make goldens` and review it"


def test_the_page_of_states_is_the_table(request: pytest.FixtureRequest) -> None:
    """The picture of the state machine is made from the table that runs it."""
    compare(request, DOCS / "states.md", pages.states())


def test_the_page_of_errors_is_the_classes(request: pytest.FixtureRequest) -> None:
    """Every code that a person may see can be looked up."""
    compare(request, DOCS / "errors.md", pages.errors())


def test_the_list_of_modules_is_their_docstrings(request: pytest.FixtureRequest) -> None:
    """Every module is in the picture of the architecture, with its own words."""
    file = DOCS / "architecture.md"
    compare(request, file, pages.with_modules(file.read_text(encoding="utf-8")))


def test_the_schema_of_recipes_is_the_model(request: pytest.FixtureRequest) -> None:
    """An editor checks a recipe by the same rules as Kubechat does."""
    compare(request, DOCS / "recipe.schema.json", pages.recipe_schema())


def test_the_page_of_recipes_lists_what_is_shipped(request: pytest.FixtureRequest) -> None:
    """Recipes and guards, each with its own words."""
    file = DOCS / "recipes.md"
    compare(request, file, pages.with_recipes(file.read_text(encoding="utf-8")))


def test_every_module_says_what_it_is_for() -> None:
    """One sentence at the top of each file that has code."""
    silent = [
        str(file.relative_to(ROOT))
        for room in pages.rooms()
        for file in room.glob("*.py")
        if file.name != "__init__.py" and not pages._sentence(file)
    ]

    assert silent == []


def test_every_error_has_a_message_and_a_code_of_its_own() -> None:
    """The docstring is the default message; the code is kebab-case and names one class."""
    classes = pages.error_classes()
    codes = Counter(error.code for error in classes)

    assert [error.__name__ for error in classes if not error.__dict__.get("__doc__")] == []
    assert [error.__name__ for error in classes if "code" not in error.__dict__] == []
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []
    assert [code for code, count in codes.items() if count > 1] == []


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    """The page of settings is complete, and promises nothing more."""
    said = (DOCS / "settings.md").read_text(encoding="utf-8")
    sources = [
        file.read_text(encoding="utf-8") for package in ("bot", "workers") for file in (ROOT / package).rglob("*.py")
    ]
    in_code = {name for source in sources for name in VARIABLE.findall(source)}
    plain = Settings.read({}, Path("/data"))
    in_code |= set(plain.environment())
    for name in Settings.model_fields:  # which of them the environment can set
        variable = f"KUBECHAT_{name.upper()}"
        if Settings.read({variable: "7"}, None if name == "data" else Path("/data")) != plain:
            in_code.add(variable)

    assert in_code == set(VARIABLE.findall(said))
    assert [name for name in Settings.model_fields if f"`{name}`" not in said] == []


def test_the_procfile_starts_commands_that_exist() -> None:
    """What the Procfile names is what the command line has."""
    from typer.main import get_command

    from bot.cli import app

    known = set(getattr(get_command(app), "commands", {}))
    named = [line.split() for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if line]

    assert [line for line in named if line[1] != "kubechat" or line[2] not in known] == []


def test_every_word_of_a_policy_is_explained() -> None:
    """Whoever writes a rule finds every word that it may use."""
    said = (DOCS / "policy.md").read_text(encoding="utf-8")
    words = [*Verb, *Effect, *(outcome.name.lower() for outcome in Outcome), *Match.model_fields, *Rule.model_fields]

    assert [word for word in words if f"`{word}`" not in said] == []


def test_every_code_is_on_the_page_of_errors() -> None:
    """What stands as `code` on a card or in JSON can be looked up."""
    said = (DOCS / "errors.md").read_text(encoding="utf-8")
    files = [file for room in ("bot", "workers") for file in sorted((ROOT / room).rglob("*.py"))]
    calls = [
        node
        for file in files
        if "demo" not in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Problem", "refuse")
    ]
    given = [
        *(keyword.value for call in calls for keyword in call.keywords if keyword.arg == "code"),
        *(call.args[0] for call in calls if call.args),
    ]
    codes = {node.value for node in given if isinstance(node, ast.Constant)}

    assert len(codes) > 10
    assert sorted(code for code in codes if f"`{code}`" not in said) == []


def test_every_rule_about_words_is_explained() -> None:
    """The name of a rule on a refusal can be looked up."""
    said = (DOCS / "policy.md").read_text(encoding="utf-8")

    assert [rule.name for rule in (*CONTROL, *DESTRUCTION) if f"`{rule.name}`" not in said] == []


def test_every_public_class_of_the_domain_is_in_the_glossary() -> None:
    """One word per idea, and each word can be looked up."""
    said = (DOCS / "glossary.md").read_text(encoding="utf-8")
    files = sorted((ROOT / "workers" / "domain").glob("*.py"))
    names = [
        node.name
        for file in files
        if file.name != "errors.py"  # they have a page of their own
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]

    assert [name for name in names if f"`{name}`" not in said] == []


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links to files resolve, and links to headings too."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        to = Path(os.path.normpath(page.parent / path)) if path else page
        if not to.exists() or (anchor and anchor not in _anchors(to)):
            broken.append(link)

    assert broken == []


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_decisions_are_numbered_and_complete() -> None:
    """Each decision says its status, what led to it, what was decided and what follows."""
    files = sorted((DOCS / "adr").glob("*.md"))

    assert [f"{number:04}" for number in range(1, len(files) + 1)] == [file.name[:4] for file in files]
    for file in files:
        heads = re.findall(r"^## (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert heads == ["Status", "Context", "Decision", "Consequences"], file.name
