"""Names that leave the machine stand behind placeholders: `w3` for an object, `n1` for a namespace, `c2` for a cluster.

Pure. Longer names go first, so that a name inside another is not cut out of it.
"""

import re
from collections.abc import Iterable, Mapping

from workers.domain.value import Value

LETTERS = {"cluster": "c", "namespace": "n", "object": "w", "person": "p", "image": "i", "other": "x"}


class Mask(Value):
    """Both directions; the same name always has the same placeholder within one question."""

    hidden: Mapping[str, str]  # name -> placeholder

    @property
    def shown(self) -> Mapping[str, str]:
        return {placeholder: name for name, placeholder in self.hidden.items()}

    def hide(self, text: str) -> str:
        """Every whole name, in any case, as its placeholder; so are pods, which are called after their workload."""
        if not self.hidden:
            return text
        names = sorted(self.hidden, key=len, reverse=True)
        one = "|".join(map(re.escape, names))
        pattern = re.compile(rf"(?<![\w-])({one})(?:-[a-z0-9]+){{0,4}}(?![\w-])", re.IGNORECASE)
        lower = {name.lower(): placeholder for name, placeholder in self.hidden.items()}
        return pattern.sub(lambda match: lower[match[1].lower()], text)

    def show(self, word: str) -> str:
        """The name behind a placeholder; any other word as it is."""
        return self.shown.get(word, word)


def masked(names: Mapping[str, Iterable[str]]) -> Mask:
    """`names` by what they are: cluster, namespace, object, person, image, other."""
    hidden: dict[str, str] = {}
    for what, found in names.items():
        for number, name in enumerate(dict.fromkeys(found), 1):
            hidden.setdefault(name, f"{LETTERS[what]}{number}")
    return Mask(hidden=hidden)


NOBODY = Mask(hidden={})
