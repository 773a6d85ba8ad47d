"""Where everything is, read once from the environment and the command line, then passed down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field, ValidationError

from workers.bounded_yaml import LARGEST_BYTES, Unreadable, load
from workers.domain.canonical import digest
from workers.domain.errors import InvalidConfiguration
from workers.domain.people import People
from workers.domain.policy import Outcome, Policy
from workers.domain.value import Digest, Value
from workers.queue_address import why_open

DEFAULTS = Path(__file__).parent / "defaults"
RECIPES = Path(__file__).parents[1] / "recipes"
TEMPLATES = Path(__file__).parents[1] / "templates"


_TIMES = (
    "connect_seconds",
    "read_seconds",
    "lease_seconds",
    "doubt_seconds",
    "exec_idle_seconds",
    "exec_seconds",
)  # handed to children only when they are not the default


class Settings(Value):
    """Paths and addresses; secrets only as parts of URLs, never shown by `doctor`."""

    data: Path  # database, queue socket, logs; 0700
    kubeconfig: Path | None = None
    people: Path = DEFAULTS / "people.yaml"
    policy: Path = DEFAULTS / "policy.yaml"
    recipes: Path = RECIPES  # a folder
    database_url: str
    redis_url: str
    http_port: int = 8080
    http_host: str = "127.0.0.1"
    person_per_minute: int = Field(default=30, ge=1)  # requests that a person may open
    channel_per_minute: int = Field(default=120, ge=1)  # and all people of a channel
    index_as: str = ""  # who lists the names of all clusters; empty: every requester for themselves, at every request
    models: tuple[str, ...] = ()  # in the order they are asked: "ollama:qwen3:8b"; empty: no model at all
    model_seconds: float = Field(default=5.0, gt=0, le=30)  # for all of them together
    allow_egress: frozenset[str] = frozenset()  # hosts outside this machine that models may be asked at
    allow_exec: frozenset[str] = frozenset()  # base names of kubeconfig exec plugins that may run
    allow_insecure: frozenset[str] = frozenset()  # contexts that may skip TLS verification or use plain HTTP
    connect_seconds: float = Field(default=2.0, gt=0)  # to any API server
    read_seconds: float = Field(default=15.0, gt=0)
    lease_seconds: float = Field(default=30.0, ge=1)  # of an execution; three heartbeats
    doubt_seconds: float = Field(default=45.0, ge=0)  # how long a write without an answer may still arrive
    exec_idle_seconds: float = Field(default=20.0, gt=0)  # how long a command in a container may write nothing
    exec_seconds: float = Field(default=120.0, gt=0)  # how long it may run
    rollout_seconds: float = Field(default=600.0, gt=0)  # how long a rollout is watched
    link_cooling_hours: float = Field(default=24.0, ge=0, le=24 * 365)  # before a newly linked account may approve

    @classmethod
    def read(cls, environment: Mapping[str, str], data: Path | None = None, **given: Any) -> Self:
        """What was given on the command line wins over the environment, which wins over the defaults."""
        data = (data or Path(environment.get("KUBECHAT_DATA") or "var")).absolute()
        found: dict[str, Any] = {
            "data": data,
            "database_url": environment.get("DATABASE_URL") or f"sqlite:///{data / 'kubechat.sqlite3'}",
            "redis_url": environment.get("REDIS_URL") or f"unix://{data / 'queue.sock'}",
        }
        for name in (
            "kubeconfig",
            "people",
            "recipes",
            "policy",
            "http_port",
            "http_host",
            "rollout_seconds",
            "person_per_minute",
            "channel_per_minute",
            "index_as",
            "model_seconds",
            "link_cooling_hours",
            *_TIMES,
        ):
            if value := environment.get(f"KUBECHAT_{name.upper()}"):
                found[name] = value
        for name in ("allow_exec", "allow_insecure", "allow_egress"):
            if value := environment.get(f"KUBECHAT_{name.upper()}"):
                found[name] = frozenset(value.split(","))
        if value := environment.get("KUBECHAT_MODELS"):
            found["models"] = tuple(value.split(","))
        found |= {name: value for name, value in given.items() if value is not None}
        try:
            settings = cls.model_validate(found)
        except ValidationError as error:
            raise InvalidConfiguration(f"settings: {explain(error)}") from error
        if problem := why_open(settings.redis_url):
            raise InvalidConfiguration(
                "the queue that REDIS_URL names is open to others",
                now=problem,
                then="use rediss://USER:PASSWORD@HOST, a server on this machine, or none: then one is started here",
            )
        return settings

    def environment(self) -> dict[str, str]:
        """What a child process needs to read the same settings."""
        names = {
            "KUBECHAT_DATA": self.data,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "KUBECHAT_KUBECONFIG": self.kubeconfig or "",
            "KUBECHAT_PEOPLE": self.people,
            "KUBECHAT_POLICY": self.policy,
            "KUBECHAT_RECIPES": self.recipes,
            "KUBECHAT_HTTP_PORT": self.http_port,
            "KUBECHAT_HTTP_HOST": self.http_host,
            "KUBECHAT_ROLLOUT_SECONDS": self.rollout_seconds,
            "KUBECHAT_LINK_COOLING_HOURS": self.link_cooling_hours,
            "KUBECHAT_PERSON_PER_MINUTE": self.person_per_minute,
            "KUBECHAT_CHANNEL_PER_MINUTE": self.channel_per_minute,
            "KUBECHAT_INDEX_AS": self.index_as,
            "KUBECHAT_MODELS": ",".join(self.models),
            "KUBECHAT_MODEL_SECONDS": self.model_seconds,
            "KUBECHAT_ALLOW_EGRESS": ",".join(sorted(self.allow_egress)),
            "KUBECHAT_ALLOW_EXEC": ",".join(sorted(self.allow_exec)),
            "KUBECHAT_ALLOW_INSECURE": ",".join(sorted(self.allow_insecure)),
        }
        changed = {name: value for name in _TIMES if (value := getattr(self, name)) != _default(name)}
        names |= {f"KUBECHAT_{name.upper()}": value for name, value in changed.items()}
        return {name: str(value) for name, value in names.items()}

    @property
    def embedded_queue(self) -> bool:
        """Whether the queue server is ours to start."""
        return self.redis_url == f"unix://{self.data / 'queue.sock'}"


def _default(name: str) -> object:
    return Settings.model_fields[name].default


def read_people(path: Path) -> People:
    return _validated(People, _yaml(path), path)


def read_policy(path: Path) -> tuple[Policy, Digest]:
    """The policy and the digest of its meaning (not of its layout or comments)."""
    return policy_of(text_of(path), path)


def policy_of(text: str, path: Path) -> tuple[Policy, Digest]:
    """The same of the text of a file; `path` is what errors call it."""
    raw = _mapping(text, path)
    rules = raw.get("rules")
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict) and "then" in rule:
            rule["then"] = _outcome(rule["then"], f"reading {path}: rules.{number}.then")
    policy = _validated(Policy, raw, path)
    return policy, digest(_sorted(policy.model_dump(mode="json")))


M = TypeVar("M", bound=Value)
_OUTCOMES = {outcome.name.lower(): outcome for outcome in Outcome}


def _outcome(word: object, place: str) -> Outcome:
    """Only the words: YAML reads `yes` as true, which is 1, which would be ALLOW."""
    if isinstance(word, str) and word in _OUTCOMES:
        return _OUTCOMES[word]
    raise InvalidConfiguration(
        f"{place}: '{word}' is not one of {', '.join(_OUTCOMES)}", then="mend the file and start again"
    )


def explain(error: ValidationError) -> str:
    """The first problem as `path.to.field: what is wrong`."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "file"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{place}: {first['msg'].lower()}{more}"


def _validated(model: type[M], raw: Any, path: Path) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise InvalidConfiguration(f"reading {path}: {explain(error)}", then="mend the file and start again") from error


def text_of(path: Path) -> str:
    """The whole file; raises InvalidConfiguration when it is too large, or not to be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            raise InvalidConfiguration(f"reading {path}: it is larger than 1 MiB")
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"reading {path}: {error}", then="check the path and the file") from error


def _yaml(path: Path) -> dict[str, Any]:
    return _mapping(text_of(path), path)


def _mapping(text: str, path: Path) -> dict[str, Any]:
    try:
        raw = load(text.encode())
    except Unreadable as error:
        raise InvalidConfiguration(f"reading {path}: {error}", then="check the file's YAML") from error
    if not isinstance(raw, dict):
        raise InvalidConfiguration(f"reading {path}: a mapping is expected at the top")
    return raw


def _sorted(value: Any) -> Any:
    """Sets come out of pydantic in any order; the digest must not depend on it."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_sorted(item) for item in value]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    return value
