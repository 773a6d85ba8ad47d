"""A recipe asked for by its name, `run drain-node node=worker-3 in prod-eu`, or by one of the sentences it lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from workers.domain.action import Effect, Parameter
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.recipe import HOLE, OBJECTS, Recipe
from workers.domain.value import ClusterName
from workers.planner import clauses, places, resolve
from workers.planner.answers import Ended, ask, refuse, unclear
from workers.planner.ask import Ask, Mention
from workers.planner.parameters import checked
from workers.planner.places import Context
from workers.planner.result import Draft, FromRecipe, Understood
from workers.planner.scope import Said
from workers.planner.steps import owner_selector
from workers.planner.tokens import Token
from workers.recipes.filling import Found, actions, given, why_of

RUNNING = frozenset({"run", "use", "start", "execute", "apply", "do", "play"})
CALLED = frozenset({"recipe", "runbook", "playbook"})
GLUE = frozenset({"the", "for", "on", "with", "of", "to", "in", "at", "and", "please", "cluster"})
ABOUT_PLACES = frozenset({"in", "on", "at", "and", "or", "the", "both", "cluster", "clusters"})
TIERS = ("development", "staging", "production")  # several clusters are served in this order


@dataclass(slots=True)
class Wanted:
    """A recipe as the words ask for it."""

    recipe: Recipe
    words: str
    said: Said
    values: dict[str, Parameter] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)  # words that were not understood


def heard(tokens: Sequence[Token], context: Context, recipes: Mapping[str, Recipe]) -> Wanted | None:
    """None when the words ask for no recipe; raises Ended when they ask for one that there is not."""
    if not recipes:
        return None
    start = clauses.strip(tokens)
    spoken = [token for token in tokens[start:] if token.kind == "word" and token.role != "polite"]
    if not spoken:
        return None
    words = " ".join(token.text for token in spoken)
    return _by_name(spoken, words, context, recipes) or _by_sentence(spoken, words, context, recipes)


def understood(wanted: Wanted, context: Context, reason: str | None) -> Understood:
    """Its drafts, cluster by cluster; raises Ended and InvalidParameter with what is missing."""
    recipe = wanted.recipe
    _place_left(wanted, context)
    values = given(recipe, wanted.values)
    where = _clusters(wanted, context)
    drafts: list[Draft] = []
    objects: dict[str, Parameter] = {}
    for cluster in where:
        filled = {name: _found(wanted, name, value, context, cluster) for name, value in values.items()}
        here = {name: value.text if isinstance(value, Found) else value for name, value in filled.items()}
        if objects and here != objects:
            other = next(name for name in here if here[name] != objects[name])
            raise unclear(
                f"'{values[other]}' is {here[other]} in {cluster}, and {objects[other]} elsewhere",
                then="run the recipe in one cluster at a time",
            )
        objects = here
        drafts += [
            Draft(action=checked(action), why=why_of(step, filled, cluster), editable=frozenset(step.editable))
            for step, action in actions(recipe, filled, cluster)
        ]
    said = ", ".join(f"{name} {value}" for name, value in values.items())
    return Understood(
        drafts=tuple(drafts),
        explanation=f"recipe {recipe.name} v{recipe.version}: {recipe.title} ({said}) in {', '.join(where)}",
        taken=tuple(context.taken),
        notes=context.index.notes(),
        reason=reason,
        recipe=FromRecipe(name=recipe.name, version=recipe.version, digest=recipe.digest, params=objects),
    )


def _by_name(spoken: Sequence[Token], words: str, context: Context, recipes: Mapping[str, Recipe]) -> Wanted | None:
    at = 0
    if spoken[at].low in RUNNING:
        at += 1
    while at < len(spoken) and spoken[at].low in CALLED | {"the"}:
        at += 1
    if at >= len(spoken):
        return None
    name = spoken[at].low
    if name not in recipes:
        if any(token.low in CALLED for token in spoken[:at]):
            raise _no_such(name, recipes)
        return None
    if at == 0 and "-" not in name:
        return None  # a bare word is more likely something else
    rest = spoken[at + 1 :]
    said = context.book.read(rest)
    wanted = Wanted(recipe=recipes[name], words=words, said=said)
    for token in rest:
        key, equals, value = token.text.partition("=")
        if token.role == "scope" or (token.low in GLUE and not equals):
            continue
        if equals:
            wanted.values[key.lower()] = value
        else:
            wanted.left.append(token.text)
    _positional(wanted)
    return wanted


def _positional(wanted: Wanted) -> None:
    """One word left and one parameter without a value belong together."""
    missing = [n for n, p in wanted.recipe.params.items() if p.default is None and n not in wanted.values]
    if len(missing) == 1 and len(wanted.left) == 1:
        wanted.values[missing[0]] = wanted.left.pop()


def _by_sentence(spoken: Sequence[Token], words: str, context: Context, recipes: Mapping[str, Recipe]) -> Wanted | None:
    """All words must match, apart from the place at either end."""
    before = [token.role for token in spoken]
    said = context.book.read(spoken)
    kept = _without_place(spoken)
    for recipe in recipes.values():
        for sentence in recipe.says:
            values = _matched(sentence.split(), kept)
            if values is not None:
                return Wanted(recipe=recipe, words=words, said=said, values=values)
    for token, role in zip(spoken, before, strict=True):
        token.role = role  # what was read here is read again by whoever comes next
    return None


def _without_place(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without `in prod-eu and dev` at either end."""
    first, last = 0, len(tokens)
    while last > 0 and _is_of_place(tokens[last - 1]):
        last -= 1
    while first < last and _is_of_place(tokens[first]):
        first += 1
    named = any(token.role == "scope" for token in (*tokens[:first], *tokens[last:]))
    return tokens[first:last] if named else tokens


def _is_of_place(token: Token) -> bool:
    return token.role == "scope" or token.low in ABOUT_PLACES


def _matched(pattern: Sequence[str], tokens: Sequence[Token]) -> dict[str, Parameter] | None:
    if len(pattern) != len(tokens):
        return None
    values: dict[str, Parameter] = {}
    for part, token in zip(pattern, tokens, strict=True):
        hole = HOLE.fullmatch(part)
        if hole:
            values[hole[1]] = token.text
        elif part.lower() != token.low:
            return None
    return values


def _no_such(name: str, recipes: Mapping[str, Recipe]) -> Ended:
    close = get_close_matches(name, recipes, n=1)
    hint = f"did you mean 'run {close[0]}'?" if close else f"there are: {', '.join(recipes)}"
    return unclear(f"there is no recipe '{name}'", then=hint)


def _place_left(wanted: Wanted, context: Context) -> None:
    for word in wanted.left:
        if places.CLUSTER_LIKE.fullmatch(word.lower()):
            raise places.no_such_cluster(word, context)
    if wanted.left:
        raise unclear(
            f"'{' '.join(wanted.left)}' is no part of recipe {wanted.recipe.name}", then=f"type: {wanted.recipe.usage}"
        )


def _clusters(wanted: Wanted, context: Context) -> tuple[ClusterName, ...]:
    """Named or default, never guessed; the least critical first."""
    recipe = wanted.recipe
    plain = Ask(verb=_verb(recipe), words=wanted.words, said=wanted.said)
    chosen = any("cluster" in settles for settles in context.settled)
    if not wanted.said and not context.default and not chosen:
        raise ask(f"in which cluster shall {recipe.name} run?", [(c, {"cluster": c}) for c in context.book.order])
    where = places.clusters(plain, context)
    outside = [c for c in where if recipe.tiers and context.book.tiers.get(c) not in recipe.tiers]
    if outside:
        tier = context.book.tiers.get(outside[0])
        raise refuse(
            "recipe-tier",
            f"recipe {recipe.name} does not run in {', '.join(outside)}",
            now=f"{outside[0]} is {tier}; it runs in: {', '.join(recipe.tiers)}",
            then=f"ask {recipe.owner}, who owns the recipe",
        )
    rank = {tier: at for at, tier in enumerate(TIERS)}
    return tuple(sorted(where, key=lambda c: rank.get(context.book.tiers.get(c) or "", len(TIERS))))


def _verb(recipe: Recipe) -> str:
    """The first change, which holds names to exactness; a read when there is none."""
    changing = [step.verb for step in recipe.steps if step.verb.effect is not Effect.READ]
    return str(changing[0] if changing else recipe.steps[0].verb)


def _found(wanted: Wanted, name: str, value: Parameter, context: Context, cluster: ClusterName) -> Parameter | Found:
    param = wanted.recipe.params[name]
    if param.type == "namespace":
        return _namespace(str(value), context, cluster)
    if param.type not in OBJECTS:
        return value
    kind = {"pod": "pod", "node": "node"}.get(param.type) or (param.kinds[0] if len(param.kinds) == 1 else None)
    typed, slash, rest = str(value).partition("/")
    mention = (
        Mention(name=rest.lower(), kind=typed)
        if slash and typed in KINDS
        else Mention(name=str(value).lower(), kind=kind)
    )
    looking = Ask(verb=_verb_on(wanted.recipe, name), words=wanted.words, said=wanted.said, mentions=(mention,))
    first = resolve.objects(looking, mention, context, (cluster,)).first
    allowed = param.kinds or (WORKLOADS if param.type == "workload" else ())
    if allowed and first.kind not in allowed:
        raise unclear(f"{name} of recipe {wanted.recipe.name} is a {' or '.join(allowed)}; {first.text} is not")
    pods = owner_selector(first, context) if first.kind in WORKLOADS else ""
    return Found(kind=first.kind, namespace=first.namespace, name=first.name, pods=pods)


def _verb_on(recipe: Recipe, param: str) -> str:
    return next((str(step.verb) for step in recipe.steps if step.target == param), _verb(recipe))


def _namespace(value: str, context: Context, cluster: ClusterName) -> str:
    spaces = context.index.namespaces((cluster,))
    if value not in spaces:
        raise ask(f"there is no namespace '{value}' in {cluster}", [(s, {"namespace": s}) for s in spaces])
    return value
