"""Text to typed drafts, a question, a refusal or a reply: pure, without any model, in milliseconds.

A change is planned only when every word of it is understood, its objects exist in every cluster named, and its
parameters are in their ranges. What is quoted or fenced is data and is never planned from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from workers.domain.action import Action, Effect, Verb
from workers.domain.cluster import Cluster
from workers.domain.errors import InvalidParameter
from workers.domain.kind import ALL
from workers.domain.plan import Choice, Scope
from workers.domain.policy import ClusterNames
from workers.domain.problem import Problem
from workers.domain.recipe import Recipe
from workers.domain.target import EVERYWHERE, NO_KIND, Target
from workers.planner import (
    clauses,
    drafts,
    followup,
    forbid,
    helping,
    kubectl_line,
    pasted,
    recipe_words,
    sentence,
    talk,
    told,
)
from workers.planner.answers import Ended, unclear
from workers.planner.ask import CHANGES, Ask
from workers.planner.index import Index
from workers.planner.loose import need_object
from workers.planner.names import Look
from workers.planner.options import heard
from workers.planner.places import Context
from workers.planner.result import Draft, Refused, Reply, Result, Understood
from workers.planner.scope import Book
from workers.planner.spoken import spoken
from workers.planner.steps import unknown
from workers.planner.tokens import Token, read

LONGEST_TEXT = 4_000  # characters
MOST_WORDS = 300  # outside quotations; an order has a few dozen
MOST_STEPS = 40


def understand(
    text: str,
    *,
    choices: tuple[Choice, ...],
    scope: Scope,
    clusters: tuple[Cluster, ...],
    names: ClusterNames,
    look: Look,
    recipes: Mapping[str, Recipe] = MappingProxyType({}),
    before: tuple[Action, ...] = (),
) -> Result:
    """What the text asks for, as the fleet is now; `before` are the actions of the newest plan of its thread."""
    if len(text) > LONGEST_TEXT:
        return _too_long(f"{LONGEST_TEXT} characters")
    context = context_of(choices=choices, scope=scope, clusters=clusters, names=names, look=look, before=before)
    if not text.strip():
        return talk.reply("help", _examples(context))
    try:
        order, options = heard(text)
        found = _alerted(order, context) or _understood(pasted.sealed(kubectl_line.unquoted(order)), context, recipes)
    except Ended as ended:
        return ended.result
    except InvalidParameter as error:
        return Refused(problem=Problem.of(error))
    return found.model_copy(update={"options": options}) if isinstance(found, Understood) else found


def _too_long(limit: str) -> Refused:
    return Refused(
        problem=Problem(
            code="too-long",
            text=f"the message is longer than {limit}",
            now="nothing of it was read",
            then="say the request in one sentence; put logs into the ticket, or between ``` and ```",
        )
    )


def context_of(
    *,
    choices: tuple[Choice, ...],
    scope: Scope,
    clusters: tuple[Cluster, ...],
    names: ClusterNames,
    look: Look,
    before: tuple[Action, ...] = (),
) -> Context:
    """What holds for one planning, with nothing taken or asked yet."""
    known = tuple(cluster.name for cluster in clusters)
    return Context(
        book=Book(clusters, names),
        index=Index(look, known),
        default=tuple(cluster for cluster in scope.clusters if cluster in known),
        spaces=scope.namespaces,
        settled=[choice.settles for choice in choices],
        before=before,
    )


def _alerted(text: str, context: Context) -> Result | None:
    """An alert or a log line as the whole message is looked into; nothing in it is an order."""
    tokens = read(text)
    found = pasted.alert(tokens, clauses.strip(tokens))
    if found is None:
        return None
    if found.resolved:
        return talk.reply("status")
    return planned([pasted.ask(found, context.book, context.index, context.default)], context, None)


def _understood(text: str, context: Context, recipes: Mapping[str, Recipe]) -> Result:
    tokens = read(text)
    if sum(token.kind == "word" for token in tokens) > MOST_WORDS:
        return _too_long(f"{MOST_WORDS} words")
    if problem := forbid.control(tokens) or forbid.places(text) or forbid.script(text):
        return Refused(problem=problem)
    tokens, reason = clauses.reason(tokens)
    if wanted := recipe_words.heard(tokens, context, recipes):
        return recipe_words.understood(wanted, context, reason)
    clauses.correct(tokens)
    lines = kubectl_line.commands(text)
    literal = any(kubectl_line.is_line(line) for line in lines)
    asks: list[Ask] | Reply = [] if literal else followup.fragment(read(text), context)
    if not asks:
        if opening := _opening(text, tokens, literal=literal):
            return _talk(opening, tokens)
        if problem := forbid.destruction(tokens):
            return Refused(problem=problem)
        asks = _lines(lines, context) if literal else _sentences(list(talk.after_greeting(read(text))), context)
    return asks if isinstance(asks, Reply) else planned(asks, context, reason)


def _talk(kind: str, tokens: Sequence[Token]) -> Reply:
    """Talk, with an overview for whoever asks what can be said, and a pointer for whoever asks how."""
    told = helping.overview() if kind == "bot" else helping.pointer(tokens) if kind == "how-to" else ""
    return talk.reply(kind, told=told)


def _opening(text: str, tokens: list[Token], *, literal: bool) -> str:
    if literal:
        return "how-to" if kubectl_line.asks_about(text) else ""
    spoken = list(talk.after_greeting(tokens))
    return talk.opening(spoken) or talk.opening(spoken[clauses.strip(spoken) :])


def _lines(lines: Sequence[str], context: Context) -> list[Ask]:
    """Kubectl lines, and sentences between them."""
    asks: list[Ask] = []
    if len(lines) > MOST_STEPS:
        raise unclear(f"the message has {len(lines)} lines", then=f"at most {MOST_STEPS} at once")
    for line in lines:
        if kubectl_line.is_line(line):
            if problem := forbid.secret_line(line):
                raise Ended(Refused(problem=problem))
            asks.append(kubectl_line.parse(line, context.book))
        else:
            found = _sentences(read(line), context)
            asks += found if isinstance(found, list) else []
    return asks


def _sentences(tokens: list[Token], context: Context) -> list[Ask] | Reply:
    tokens, _ = clauses.reason(tokens)
    heard = sentence.hear(tokens, context.book, context.index, context.default)
    asks = followup.filled([ask for ask in heard.asks if ask.verb], context)
    if any(ask.verb in CHANGES for ask in asks):
        _undivided(heard)
    start = clauses.strip(tokens)
    if told.ability(asks, tokens, start):
        return _talk("bot", tokens)
    if told.general(asks, tokens, start):
        return _talk("how-to", tokens)
    if not asks and heard.negated:
        return talk.reply("negated")
    if not asks and heard.supposed:
        return talk.reply("hypothetical")
    if not asks and heard.told:
        return talk.reply("past")
    return asks or _meant(heard.asks, symptoms=heard.symptoms and not heard.vague) or _unsaid(heard, tokens)


def _undivided(heard: sentence.Heard) -> None:
    """A change is not taken out of a message that also forbids, conditions or questions one."""
    if heard.negated:
        raise unclear("part of the message says what not to do", then="say only what is to be done, in one sentence")
    if heard.limited:
        said = heard.limited[:80]
        raise unclear(f"'{said}' is a condition, or something else to do", then="say only what is to be done now")
    if heard.supposed:
        raise unclear("the message both asks about a change and orders one", then="say only what is to be done")


def _meant(remarks: Sequence[Ask], *, symptoms: bool) -> list[Ask]:
    """Without a verb: trouble with an object is looked into, a kind is listed."""
    if symptoms and any(a.mentions or a.namespace for a in remarks):
        return [replace(remarks[0], verb=Verb.DIAGNOSE)]
    if any(a.kinds or a.selector or (len(a.loose) < 2 and any(m.kind for m in a.mentions)) for a in remarks):
        return [replace(a, verb=Verb.GET, every=False) for a in remarks if a.kinds or a.selector or a.mentions]
    return []


def _unsaid(heard: sentence.Heard, tokens: Sequence[Token]) -> Reply:
    if outside(tokens):
        return talk.reply("outside")
    if heard.vague or any(a.mentions or (a.said and not a.loose) for a in heard.asks):
        known = next((a.mentions[0].name for a in heard.asks if a.mentions), "")
        raise unclear(
            f"what should be done with {known}?" if known else "it is not said what should be done, and with what",
            then=f"type, for example, 'logs of {known or 'NAME'}' or 'restart {known or 'NAME'} in CLUSTER'",
        )
    return talk.reply("quoted" if tokens and all(token.kind != "word" for token in tokens) else "help")


def outside(tokens: Sequence[Token]) -> bool:
    """Something that is not in a cluster: a ticket, a mail, a meeting."""
    return any(token.low in talk.OUTSIDE for token in tokens if token.kind == "word")


def planned(asks: Sequence[Ask], context: Context, reason: str | None) -> Result:
    made: list[Draft] = []
    verbs = {settles["verb"] for settles in context.settled if "verb" in settles}
    if any(ask.verb == "local" for ask in asks):
        return talk.reply("local")
    for ask in asks:
        if ask.verb == "unknown":
            raise unknown(ask.hint)
        if ask.verb == "unclear":
            raise unclear(
                f"'{ask.words[:80]}' does not say what to change it to" + (f": {ask.problem}" if ask.problem else "")
            )
    for ask in asks:
        if ask.refers and not ask.mentions and not context.settled and not (ask.kinds or ask.namespace):
            where = ask.said.clusters or context.default or context.book.order
            raise need_object(ask, context, where)
        made += drafts.drafts(replace(ask, verb=next(iter(verbs))) if verbs and ask.verb in CHANGES else ask, context)
    if not made:
        return talk.reply("help", _examples(context))
    if len(made) > MOST_STEPS:
        raise unclear(
            f"that would be {len(made)} steps", then=f"at most {MOST_STEPS} at once: name a cluster or a namespace"
        )
    words = spoken(asks, [draft.action for draft in made], context.taken)
    return Understood(
        drafts=tuple(made),
        explanation=_explained(made),
        taken=(*words, *context.taken),
        notes=(
            *context.index.notes(),
            *(f"'{ask.aside[:80]}' is taken for the reason, not for something to do" for ask in asks if ask.aside),
        ),
        reason=reason,
    )


def _explained(made: Sequence[Draft]) -> str:
    """`restart deployment payment-api in prod-eu and prod-us; logs of ...`."""
    places: dict[str, list[str]] = {}
    for draft in made:
        action, target = draft.action, draft.action.target
        what = f"{target.kind} {target.name}" if target.name else _several(target)
        if target.kind == ALL:
            what = "everything" + (f" in {target.namespace}" if target.namespace != EVERYWHERE else "")
        what += f" with {target.selector}" if target.selector else ""
        params = ", ".join(f"{name} {value}" for name, value in sorted(action.params.items()))
        verb = action.verb.value.replace("_", " ")
        line = f"{verb} {'of ' if action.effect is Effect.READ and verb in ('logs', 'events', 'top') else ''}{what}" + (
            f" ({params})" if params else ""
        )
        line = " ".join(line.split())
        places.setdefault(line, [])
        if target.cluster not in places[line]:
            places[line].append(target.cluster)
    return "; ".join(f"{line} in {', '.join(where)}" for line, where in places.items())


def _several(target: Target) -> str:
    return target.resource.plural if target.kind != NO_KIND else ""


def _examples(context: Context) -> tuple[str, ...]:
    """Three lines with real names of the default cluster; the general ones where there is none."""
    if not context.default:
        return talk.EXAMPLES
    cluster = context.default[0]
    found = [n for n in context.index.workloads((cluster,)) if n.kind == "deployment"][:1]
    if not found:
        return talk.EXAMPLES
    name = found[0].name
    return (f"why is {name} failing in {cluster}", f"logs of {name}, last 10m", f"restart {name} in {cluster}")
