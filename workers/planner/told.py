"""What a clause tells instead of asking: a deed that is done or planned by somebody, an ability, a general question."""

from collections.abc import Sequence

from workers.domain.action import Verb
from workers.planner.ask import CHANGES, Ask
from workers.planner.kinds import KIND_WORDS
from workers.planner.match import Table
from workers.planner.tokens import Token, vocabulary

DEEDS = vocabulary(
    """
    restarted scaled deleted drained cordoned uncordoned rolled deployed bumped reverted bounced rebooted recycled
    promoted upgraded downgraded patched applied kicked resized removed nuked redeployed rolled-back shipped evacuated
    paused resumed
    """
)
NOUN_BEFORE = frozenset({"that", "this", "the", "our", "my", "last", "yesterday's"})
WAS = frozenset({"took", "went", "broke", "caused", "worked", "helped", "didn't", "happened", "finished", "ended"})
DOING = vocabulary(
    """
    restarting scaling deleting draining cordoning deploying rolling bumping reverting bouncing rebooting recycling
    promoting upgrading patching
    """
)
# Before such a word a deed is wanted, or described: "needs to be restarted", "when was it deployed".
WANTED = vocabulary(
    """
    need needs needed should must want wants get gets be been being to please when was were who what which is are did
    has have keeps keep stop without not still got getting for of the by from before after in and
    """
)
PLANS = Table(
    {
        "plan": (
            "is|are|am going to", "i'm|we're|he's|she's|they're|it's going to", "plans|planning|plan to", "about to",
            "gonna", "intends|intend to", "wants to", "will be", "has|have decided to",
            "i'll|we'll|he'll|she'll|they'll",
            "will restart|scale|delete|drain|deploy|cordon|roll|upgrade|patch|reboot|ship|release|remove",
            "might|may restart|scale|delete|drain|deploy|cordon|roll|upgrade|need", "would like us to discuss",
            "is|are supposed to", "is|are scheduled to|for", "was|were going|supposed|about to", "used to",
        )
    }
)  # fmt: skip
ABLE = Table({"able": ("can you", "could you", "are you able", "are you allowed", "do you", "can kubechat", "can it")})
GENERAL = Table(
    {
        "general": (
            "why do|does|would|can|are|is", "do|does|can|will|would|are|is", "when do|does|will|is|are", "what causes",
            "what happens", "what triggers|makes|decides|controls", "where do|does|is|are",
        )
    }
)  # fmt: skip


HERE = vocabulary("my our the this these those any all every some everything it that there")


def deed(tokens: Sequence[Token], start: int) -> bool:
    """`Tim drained worker-4 earlier`, `restarting web did not help`, `we will deploy tomorrow`; never a question."""
    if any(token.low == "?" for token in tokens):
        return False
    words = [token for token in tokens[start:] if token.kind == "word" and not token.quoted]
    if PLANS.anywhere(words):
        return True
    if words and words[0].low in DOING:
        return True
    if words and words[0].low in NOUN_BEFORE and any(token.low in WAS for token in words):
        return True
    for i, token in enumerate(words):
        if token.low not in DEEDS:
            continue
        before = words[i - 1].low if i else ""
        after = words[i + 1].low if i + 1 < len(words) else ""
        passive = before in ("was", "were", "been") and i > 1 and words[0].low not in WANTED
        if (before not in WANTED or passive) and after not in KIND_WORDS:
            return True
    return False


def ability(asks: Sequence[Ask], tokens: Sequence[Token], start: int) -> bool:
    """`can you drain nodes?`: what Kubechat is able to do, of no object in particular."""
    if len(asks) != 1 or not (ABLE.at(tokens, 0) or ABLE.at(tokens, min(start, len(tokens) - 1))):
        return False
    ask = asks[0]
    about = ask.mentions or ask.selector or ask.namespace or ask.spaces or ask.said or ask.refers or ask.every
    plain = ask.verb in CHANGES or ask.verb in (Verb.LOGS, Verb.DESCRIBE, Verb.ROLLOUT_HISTORY, Verb.ROLLOUT_STATUS)
    return plain and not about and not ask.params and bool(ask.kinds or ask.loose)


def general(asks: Sequence[Ask], tokens: Sequence[Token], start: int) -> bool:
    """`why do pods get evicted?`: about kinds as such, no object and no place."""
    if start >= len(tokens) or not GENERAL.at(tokens, start) or not asks:
        return False
    here = {
        "my",
        "our",
        "the",
        "this",
        "these",
        "those",
        "any",
        "all",
        "every",
        "some",
        "everything",
        "it",
        "that",
        "there",
    }
    if any(token.low in here for token in tokens if token.kind == "word"):
        return False
    return not any(a.mentions or a.selector or a.namespace or a.spaces or a.said for a in asks) and any(
        a.kinds or a.verb in CHANGES for a in asks
    )
