"""YAML that somebody wrote, read without being blown up by it: everything is bounded before anything is built.

Refused: aliases that unfold to very much (324 bytes of them can become gigabytes) or into themselves, deep nesting,
very many values, numbers of many digits (YAML 1.1 multiplies `1:1:1:...` out), a key that is named twice, a second
document.
"""

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there
LARGEST_BYTES = 1 << 20
DEEPEST = 32  # levels of nesting; a policy has eight
MOST_VALUES = 25_000
LONGEST_NUMBER = 64  # characters of what YAML would read as a number or a time
LONGEST_PLAIN = 4_096  # of a text without quotes that begins like a number
_TEXT = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "binary"))


class Unreadable(Exception):
    """why a text is not read, as the end of a sentence that begins with its name"""


def load(data: bytes, *, aliases: bool = True) -> Any:
    """The one document, with plain Python values; raises Unreadable."""
    if len(data) > LARGEST_BYTES:
        raise Unreadable("it is larger than 1 MiB")
    try:
        text = data.decode()
        _bounded(text, aliases)
        loader = LOADER(text)
        try:
            node = loader.get_single_node()
            _each_key_once(node)
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise Unreadable(f"it is not YAML: {getattr(error, 'problem', '') or 'unreadable'}{where}") from error
    except (ValueError, OverflowError, RecursionError) as error:  # an impossible date, a number beyond all limits
        raise Unreadable(f"a value in it cannot be read: {type(error).__name__}") from error


def _bounded(text: str, aliases: bool) -> None:
    """Counts every value as often as aliases repeat it."""
    values = 0
    sizes: dict[str, int] = {}  # of what is anchored and ended
    above: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, Loader=LOADER):
        anchor = getattr(event, "anchor", None)
        if anchor and not aliases:
            raise Unreadable("it uses a YAML anchor or alias: write the value out")
        if isinstance(event, yaml.AliasEvent):
            if anchor not in sizes:
                raise Unreadable(f"the alias '{anchor}' stands for nothing that has ended before it")
            values += sizes[anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            above.append((anchor, values))
            values += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = above.pop()
            sizes |= {anchor: values - before} if anchor else {}
        elif isinstance(event, yaml.ScalarEvent | yaml.DocumentStartEvent):
            values += 1
            sizes |= {anchor: 1} if anchor else {}
            _short_number(event)
        if len(above) > DEEPEST:
            raise Unreadable(f"it is nested more than {DEEPEST} levels deep")
        if values > MOST_VALUES:
            raise Unreadable(f"it has more than {MOST_VALUES:,} values")


def _short_number(event: Any) -> None:
    """Not even looked at as a number when it is very long: the patterns that tell numbers take their time."""
    plain = isinstance(event, yaml.ScalarEvent) and event.implicit[0]
    if plain and len(event.value) > LONGEST_PLAIN and event.value[0] in "+-.0123456789":
        raise Unreadable("a number or time in it has too many digits")


def _each_key_once(node: Any) -> None:
    """YAML lets the last of two equal keys win: a second `rules` would silently replace the first."""
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    raise yaml.MarkedYAMLError(problem=f"'{key.value}' is named twice", problem_mark=key.start_mark)
                names.add(key.value)
            _each_key_once(key)
            _each_key_once(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _each_key_once(item)
    elif isinstance(node, yaml.ScalarNode) and node.tag not in _TEXT and len(node.value) > LONGEST_NUMBER:
        raise yaml.MarkedYAMLError(problem="a number or time has too many digits", problem_mark=node.start_mark)
