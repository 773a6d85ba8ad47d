"""Every provider against a server that speaks its protocol: the same answers, the same errors, the same bounds."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.servers.providers import PROTOCOLS, Provider, provider
from workers.domain.errors import EgressDenied, InvalidConfiguration, ModelUnavailable
from workers.models.choosing import KEYS, PROVIDERS, choose, is_here
from workers.planner import slots
from workers.ports import Model, Prompt

PROMPT = Prompt(system="Fill in the slots.", user="Names: web\n\nTyped: the logs that web writes")
SCHEMA = slots.schema(["web"])
GOOD = json.dumps({"steps": [{"verb": "logs", "kind": "", "name": "web", "params": []}]})


@pytest.fixture(params=sorted(PROVIDERS))
def served(request: pytest.FixtureRequest) -> Iterator[Provider]:
    with provider(request.param) as made:
        yield made


@pytest.fixture
def model(served: Provider) -> Model:
    return choose([f"{served.name}:m@{served.url}"], (), {KEYS[served.name]: served.key})[0]


def test_every_provider_is_spoken_here() -> None:
    """A new provider comes with its protocol."""
    assert set(PROTOCOLS) == set(PROVIDERS)


def test_a_good_answer_is_the_text_that_was_meant(served: Provider, model: Model) -> None:
    """The question carries schema, words and key as the provider wants them."""
    served.text = GOOD

    found = model.complete(PROMPT, SCHEMA, 3)

    protocol = PROTOCOLS[served.name]
    assert json.loads(found.text) == json.loads(GOOD)
    assert found.size > len(GOOD)
    assert protocol.schema(served.asked[0]) == SCHEMA
    assert protocol.said(served.asked[0]) == PROMPT.user


@pytest.mark.parametrize(
    "mood",
    ["broken json", "another shape", "a list", "10 MB", "cut", "cut short", "429", "500", "redirect"],
)
def test_anything_else_is_an_error_that_quotes_nothing(served: Provider, model: Model, mood: str) -> None:
    """At once, once, and without a word of what came."""
    served.mood, served.text = mood, GOOD
    began = time.monotonic()

    with pytest.raises(ModelUnavailable) as error:
        model.complete(PROMPT, SCHEMA, 3)

    assert time.monotonic() - began < 3
    assert len(served.asked) == 1
    assert "web" not in error.value.text
    assert model.name in error.value.text


@pytest.mark.parametrize("mood", ["hang", "drip"])
def test_time_is_a_wall_clocks(served: Provider, model: Model, mood: str) -> None:
    """Silent, or a byte now and then: half a second is half a second."""
    served.mood = mood
    began = time.monotonic()

    with pytest.raises(ModelUnavailable, match=r"within 0\.5 s"):
        model.complete(PROMPT, SCHEMA, 0.5)

    assert time.monotonic() - began < 2  # the server would go on for ten


def test_a_wrong_key_is_said(served: Provider) -> None:
    """And the key is not."""
    if served.name == "ollama":
        pytest.skip("Ollama has no keys")
    (model,) = choose([f"{served.name}:m@{served.url}"], (), {KEYS[served.name]: "another-key"})

    with pytest.raises(ModelUnavailable) as error:
        model.complete(PROMPT, SCHEMA, 3)

    assert "does not accept the key" in error.value.text
    assert "another-key" not in error.value.text


def test_nobody_there_is_said_at_once(served: Provider) -> None:
    """A closed port is no reason to wait."""
    (model,) = choose([f"{served.name}:m@http://127.0.0.1:9"], (), {KEYS[served.name]: "k"})
    began = time.monotonic()

    with pytest.raises(ModelUnavailable):
        model.complete(PROMPT, SCHEMA, 3)

    assert time.monotonic() - began < 1
    assert model.check(1) != ""


def test_check_tells_well_from_not(served: Provider, model: Model) -> None:
    """As the prober and the doctor ask."""
    assert model.check(2) == ""
    assert is_here(model)


@pytest.mark.parametrize("name", sorted(set(PROVIDERS) - {"ollama"}))
def test_hosted_models_refuse_to_load_unless_their_host_is_allowed(name: str) -> None:
    """Named in the settings is not enough: sending text away is allowed host by host."""
    with pytest.raises(EgressDenied) as error:
        choose([f"{name}:m"], (), {KEYS[name]: "k"})
    host = error.value.then.partition("KUBECHAT_ALLOW_EGRESS=")[2].partition(",")[0]
    (model,) = choose([f"{name}:m"], (host,), {KEYS[name]: "k"})

    assert not is_here(model)
    with pytest.raises(InvalidConfiguration, match="needs a key"):
        choose([f"{name}:m"], (host,), {})
    with pytest.raises(EgressDenied, match="in the clear"):
        choose([f"{name}:m@http://{host}"], (host,), {KEYS[name]: "k"})


def test_ollama_elsewhere_must_be_allowed_too() -> None:
    """One's own network is another machine."""
    with pytest.raises(EgressDenied):
        choose(["ollama:m@http://ollama.internal:11434"], (), {})

    (model,) = choose(["ollama:m@http://ollama.internal:11434"], ("ollama.internal",), {})
    assert not is_here(model)
    with pytest.raises(EgressDenied, match="in the clear"):
        choose(["ollama:m@http://ollama.internal:11434"], ("ollama.internal",), {"OLLAMA_API_KEY": "k"})


@pytest.mark.parametrize("named", ["", "ollama", "llama:m", "openai:", "openai:m@ftp://x", "ollama:a b"])
def test_what_names_no_model_is_said(named: str) -> None:
    """With the providers there are."""
    with pytest.raises(InvalidConfiguration, match="names no model"):
        choose([named], (), {})
