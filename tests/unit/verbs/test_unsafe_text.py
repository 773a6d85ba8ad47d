"""Threat T12: text from models and people never reaches a path or a command line unvalidated."""

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.verbs.driving import action, target
from workers.domain.action import Action, Effect, Verb
from workers.domain.errors import InvalidParameter, PolicyRefused
from workers.domain.kind import KINDS
from workers.verbs import grammar
from workers.verbs.registry import SPECS, spec, validated

SAFE_PATH = re.compile(r"[a-z0-9.-]{1,253}")
SHELL = set("`$;|&<>\"'\\\n\r\t*?[]{}~#")
NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["--all", "-A", "a/../b", "..", "$(id)", "x;y", "a b", "a\x00b", "a\u202eb", "-l", "%2e%2e", ""]),
    st.text(alphabet="abc0-9./:=,!() _@$;`'\"\n", max_size=40),
)
QUOTED = ("grep", "command", "data", "manifest", "annotations", "value")  # any text; wherever it is shown it is quoted
TEXTS = [
    (verb, name)
    for verb, one in SPECS.items()
    for name, field in one.params.model_fields.items()
    if "str" in str(field.annotation) and name not in QUOTED
]


GIVEN: dict[Verb, dict[str, Any]] = {
    Verb.SCALE: {"replicas": 3},
    Verb.SET_IMAGE: {"image": "a/b:1"},
    Verb.APPLY: {"filename": "a/b.yaml"},
    Verb.RUN: {"image": "a/b:1"},
    Verb.PATCH: {"field": "replicas", "value": "3"},
    Verb.LABEL: {"labels": "a=b"},
    Verb.ANNOTATE: {"annotations": "a=b"},
    Verb.AUTOSCALE: {"max": 5},
}


def sample(verb: Verb, **more: Any) -> Action:
    """A valid action of the verb, with changes."""
    kind = (spec(verb).kinds or ("deployment",))[0]
    params = GIVEN.get(verb, {})
    where = target(kind, **more)
    return action(verb, where, **params)


@pytest.mark.parametrize("verb", SPECS)
@given(text=NASTY)
def test_a_name_that_gets_through_is_a_name(verb: Verb, text: str):
    """Whatever is asked for as a name is refused, or is one safe segment of a path and one plain argument."""
    for part in ("name", "namespace"):
        if part == "namespace" and not KINDS[sample(verb).target.kind].namespaced:
            continue
        try:
            good = validated(sample(verb, **{part: text}))
        except InvalidParameter:
            continue
        value = str(getattr(good.target, part))
        assert value == "*" or (SAFE_PATH.fullmatch(value) and not value.startswith(("-", ".")))
        assert all(safe(word) for word in spec(verb).kubectl(good))


@given(text=NASTY)
def test_a_selector_that_gets_through_is_a_selector(text: str):
    """A selector holds label requirements only, and is no option of a command."""
    try:
        good = validated(action(Verb.GET, target("pod", None, selector=text)))
    except InvalidParameter:
        return
    assert set(str(good.target.selector)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=!,() "
    )
    assert not str(good.target.selector).startswith("-")


@pytest.mark.parametrize(("verb", "name"), TEXTS, ids=[f"{verb}-{name}" for verb, name in TEXTS])
@given(text=NASTY)
def test_a_text_that_gets_through_is_a_plain_word(verb: Verb, name: str, text: str):
    """Images, tags, containers, spans and the like match their grammar, or are refused."""
    asked = sample(verb)
    params = {key: value for key, value in asked.params.items() if verb not in (Verb.SET_IMAGE, Verb.APPLY)}
    try:
        good = validated(asked.model_copy(update={"params": {**params, name: text}}))
        words = spec(verb).kubectl(good)
    except (InvalidParameter, PolicyRefused):  # a field that patch does not know has no command line
        return
    assert all(safe(word) for word in words)


def safe(word: str) -> bool:
    """Nothing that a shell or a terminal would act on; JSON of ours is one quoted word wherever it is shown."""
    if grammar.HIDDEN.search(word):
        return False
    start = min((word.find(c) for c in "{[" if c in word), default=-1)
    if start >= 0 and word[:start] in ("", "--overrides=", "--patch="):
        with suppress(ValueError):
            json.loads(word[start:])
            return True
    return not SHELL & set(word)


def test_every_change_is_sampled():
    """The properties above cover each verb that changes something."""
    changing = {verb for verb in SPECS if verb.effect is not Effect.READ}
    assert all(validated(sample(verb)) for verb in changing)


@pytest.mark.parametrize(
    "pattern", [grammar.SELECTOR, grammar.IMAGE, grammar.SUBDOMAIN], ids=["selector", "image", "name"]
)
@pytest.mark.parametrize(
    "text", ["a" * 500 + "!", "a." * 250 + "!", "a-" * 250 + "!", "a in (" + "b," * 240 + ";", "a/" * 250]
)
def test_a_grammar_is_quick_about_hostile_text(pattern: re.Pattern[str], text: str):
    """No pattern backtracks without bound: a hostile text is refused at once."""
    assert pattern.fullmatch(text) is None or pattern is grammar.IMAGE
