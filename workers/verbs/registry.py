"""Every verb, by its word. A verb that is not here does not exist."""

from workers.domain.action import Verb
from workers.verbs.spec import Spec

SPECS: dict[Verb, Spec] = {}
