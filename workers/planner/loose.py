"""Words that were not understood at first: a misspelt name, a container, or a question about them."""

import re
from collections.abc import Sequence

from workers.domain.action import Verb
from workers.domain.value import ClusterName
from workers.planner.answers import Ended, as_option, ask, unclear
from workers.planner.ask import Ask, Mention
from workers.planner.change_words import WORKS_ON
from workers.planner.index import INDEXED
from workers.planner.near import alike, near
from workers.planner.places import Context, without
from workers.planner.resolve import distinct

NEEDS_OBJECT = frozenset({*WORKS_ON, Verb.LOGS, Verb.DESCRIBE, "delete"})


def guess_mentions(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Ask:
    """A loose word that is near exactly one name is that name; several near names are asked about."""
    if wanted.mentions or (wanted.kinds and not wanted.changes and not any("-" in w for w in wanted.loose)):
        return wanted
    pool = context.index.workloads(where)
    names = [n.name for n in pool]
    for word in wanted.loose:
        low = word.lower().removesuffix("'s")
        close = near(low, names) if len(low) > 4 or "-" in low else ()
        if len(close) == 1:
            return without(wanted, word, mentions=(Mention(name=low),))
        if len(close) > 1:
            raise ask(f"which '{word}'?", [as_option(n, low) for n in distinct(n for n in pool if n.name in close)])
    for word in wanted.loose:
        low = word.lower()
        if any(s.get("word") == low for s in context.settled):
            return without(wanted, word, mentions=(Mention(name=low),))
        if (
            "-" in low
            and low[0].isalpha()
            and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", low)
            and wanted.verb in NEEDS_OBJECT
        ):
            return without(wanted, word, mentions=(Mention(name=low),))
    return wanted


def need_object(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Ended:
    """The question for a step without an object; offers what the words come near to."""
    verb = wanted.verb.replace("_", " ")
    kind = "node" if wanted.verb in ("cordon", "uncordon") else None
    pool = (
        context.index.nodes(where)
        if kind
        else [n for n in context.index.workloads(where) if n.kind in WORKS_ON.get(wanted.verb, INDEXED)]
    )
    for space in wanted.spaces:
        inside = [n for n in pool if n.namespace == space]
        return ask(f"'{space}' is a namespace; which workload in it?", [as_option(n, space) for n in distinct(inside)])
    for word in wanted.loose:
        names = alike(word.lower(), (n.name for n in pool))
        if names:
            return ask(
                f"{verb} which one? there is no '{word}'",
                [as_option(n, word.lower()) for n in distinct(n for n in pool if n.name in names)],
            )
    if wanted.namespace:
        pool = [n for n in pool if n.namespace == wanted.namespace] or pool
    return ask(f"{verb} what? name one object", [as_option(n) for n in distinct(pool)])


def containers(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Ask:
    """A loose word that is a container of the one object named is that container, where containers are known."""
    if wanted.verb != Verb.SET_IMAGE or len(wanted.mentions) != 1 or "container" in wanted.params:
        return wanted
    known = {c for n in context.index.workloads(where) if n.name == wanted.mentions[0].name for c in n.containers}
    for word in wanted.loose:
        if word.lower() in known:
            return without(wanted, word, params={**wanted.params, "container": word.lower()})
    return wanted


def words_left(wanted: Ask) -> Ended:
    listed = ", ".join(f"'{word}'" for word in wanted.loose[:5])
    return unclear(
        f"these words of '{wanted.words[:80]}' are not understood: {listed}",
        then="say it without them, one step a sentence",
    )
