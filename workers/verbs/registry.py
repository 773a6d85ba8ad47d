"""Every verb, by its word. A verb that is not here does not exist."""

from workers.domain.action import Action, Verb
from workers.domain.errors import InvalidParameter
from workers.verbs.spec import ChangeSpec, ReadSpec, Spec

SPECS: dict[Verb, Spec] = {}


def spec(verb: Verb) -> Spec:
    return SPECS[verb]
