"""kubectl's flags inside a sentence: `logs for payment-api -c sidecar --tail=50`."""

from collections.abc import Mapping, Sequence

from workers.domain.action import Verb
from workers.planner.tokens import Token

NAMES = {"-n": "namespace", "--namespace": "namespace", "-c": "container", "--container": "container",
    "--tail": "tail", "--since": "since",
         "-l": "selector", "--selector": "selector", "--context": "context", "--cluster": "context",
         "--replicas": "replicas",
         "--to-revision": "revision", "--image": "image"}  # fmt: skip
IN_CONTAINERS = (Verb.LOGS, Verb.SET_IMAGE, Verb.EXEC, Verb.CP, Verb.PATCH)
OF: Mapping[str, tuple[str, ...]] = {  # the verbs that have a flag as their parameter
    "container": IN_CONTAINERS, "tail": (Verb.LOGS,), "since": (Verb.LOGS,), "previous": (Verb.LOGS,),
    "replicas": (Verb.SCALE,), "revision": (Verb.ROLLBACK,), "image": (Verb.SET_IMAGE,)}  # fmt: skip
SWITCHES = {"-A": "*", "--all-namespaces": "*"}
IGNORED = frozenset({"-f", "--follow", "-w", "--watch", "-i", "-o", "wide", "-it"})


def flags(tokens: Sequence[Token]) -> dict[str, str]:
    """Marks the flags and gives their values; a flag that is not known stays an unknown word."""
    found: dict[str, str] = {}
    for i, token in enumerate(tokens):
        if not token.free or not token.text.startswith("-"):
            continue
        name, equals, value = token.text.partition("=")
        if name in NAMES:
            if not equals and i + 1 < len(tokens) and tokens[i + 1].free:
                value = tokens[i + 1].text
                tokens[i + 1].role = "flag"
            lines = name == "-n" and value.isdecimal()  # as of tail
            found["tail" if lines else NAMES[name]] = value
            token.role = "flag"
        elif token.text in SWITCHES:
            found["namespace"] = SWITCHES[token.text]
            token.role = "flag"
        elif token.text in ("-p", "--previous"):
            found["previous"] = "true"
            token.role = "flag"
        elif token.text in IGNORED:
            token.role = "flag"
    return found
