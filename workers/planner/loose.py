"""Words that were not understood at first: a misspelt name, a container, or a question about them."""

import re
from collections.abc import Sequence

from workers.domain.action import Verb
from workers.domain.value import ClusterName
from workers.planner.answers import Ended, as_option, ask, unclear
from workers.planner.ask import Ask, Mention
from workers.planner.change_words import NODE_VERBS, WORKS_ON
from workers.planner.flags import OF
from workers.planner.index import INDEXED
from workers.planner.near import alike, near
from workers.planner.places import Context, without
from workers.planner.resolve import distinct
from workers.planner.tokens import vocabulary

LEAST = 3  # letters of a part of a name
SUBJECT = re.compile(
    r"\b(?:why (?:is|are|isn't|aren't|does|doesn't|did|didn't|do|was|were|can't|has|hasn't|won't)|wrong with|up with"
    r"|issues? with|problems? with|trouble with|going on with|happening (?:with|to)|diagnose|debug|investigate|fix"
    r"|troubleshoot|(?:^|, )(?:is|are))(?: the| my| our| a| an)? ([a-z][a-z0-9-]*)"
)
# What trouble is said of without meaning one object.
COMMON = vocabulary(
    """
    everything anything something nothing all any latency traffic cluster clusters cpu memory disk network
    dns-lookups system systems app apps application applications site website production stuff thing things it
    there everyone response responses request requests error errors performance load users customers cost costs
    slow prod image images pulls pull crashes crash restarts deploys builds build connections connection
    timeouts timeout logs events alerts alert these those this that they them we you someone high low so many
    much not now going happening failing down broken and the new old last our out one two off end red green
    health check checks problem issue issues problems
    """
)
NEEDS_OBJECT = frozenset({*WORKS_ON, Verb.LOGS, Verb.DESCRIBE, Verb.LABEL, Verb.ANNOTATE, "delete"})
HYPHENATED = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")


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
    looking = [word for word in wanted.loose if HYPHENATED.fullmatch(word.lower())]
    if wanted.verb not in NEEDS_OBJECT | {Verb.GET, Verb.DIAGNOSE, Verb.EVENTS}:
        return wanted
    for word in looking if wanted.changes else looking[:1]:
        wanted = without(wanted, word, mentions=(*wanted.mentions, Mention(name=word.lower())))
    return wanted


def guess_part(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Ask:
    """A read of `the cart`: a word that is a part of exactly one workload's name; of several, they are asked about."""
    if wanted.mentions or wanted.kinds or wanted.namespace or wanted.selector or wanted.literal:
        return wanted
    pool = context.index.workloads(where)
    for word in wanted.loose:
        low = word.lower().removesuffix("'s")
        if not low.isalpha() or low in COMMON or len(low) < LEAST:
            continue
        found = distinct(n for n in pool if is_part(low, n.name))
        if len({n.name for n in found}) == 1:
            names = alike(low, (n.name for n in pool if n.name != found[0].name))
            others = [as_option(n, found[0].name) for n in distinct(n for n in pool if n.name in names)]
            context.take("name", found[0].name, f"the only one with '{low}' in its name", others)
            return without(wanted, word, mentions=(Mention(name=found[0].name),))
        if found and wanted.verb in NEEDS_OBJECT | {Verb.DIAGNOSE}:
            raise ask(f"which '{low}'?", [as_option(n, low) for n in found])
    return wanted


def is_part(word: str, name: str) -> bool:
    return word in name.split("-") or name.startswith(word) or name.endswith(word)


def known_subject(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> None:
    """`why is elasticsearch red`: trouble with what does not exist is asked about, not looked for everywhere."""
    if wanted.namespace or wanted.kinds or (match := SUBJECT.search(wanted.words.lower())) is None:
        return
    word = match[1]
    if word not in {w.lower().removesuffix("'s") for w in wanted.loose} or word in COMMON or not word[0].isalpha():
        return
    pool = context.index.workloads(where)
    close = alike(word, (n.name for n in pool))
    raise ask(
        f"there is no workload '{word}' in {', '.join(where)}",
        [as_option(n, word) for n in distinct(n for n in pool if n.name in close)],
        then=f"list what is there: 'list deployments in {where[0]}'",
    )


def need_object(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> Ended:
    """The question for a step without an object; offers what the words come near to."""
    verb = wanted.verb.replace("_", " ")
    kind = "node" if wanted.verb in NODE_VERBS else None
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
    if wanted.verb not in OF["container"] or len(wanted.mentions) != 1 or "container" in wanted.params:
        return wanted
    known = {c for n in context.index.workloads(where) if n.name == wanted.mentions[0].name for c in n.containers}
    for word in wanted.loose:
        if word.lower() in known:
            named = {"container": word.lower()}
            more = tuple({**params, **named} for params in wanted.more)
            return without(wanted, word, params={**wanted.params, **named}, more=more)
    return wanted


def words_left(wanted: Ask) -> Ended:
    listed = ", ".join(f"'{word}'" for word in wanted.loose[:5])
    return unclear(
        f"these words of '{wanted.words[:80]}' are not understood: {listed}",
        then="say it without them, one step a sentence",
    )
