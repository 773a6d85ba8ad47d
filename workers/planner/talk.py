"""What is talk: greetings, thanks, questions of the how-to kind, supposition, past tense, and "don't"."""

from collections.abc import Sequence

from workers.domain.section import Text
from workers.planner.match import Table
from workers.planner.result import Reply
from workers.planner.rule import phrases
from workers.planner.tokens import Token, vocabulary

EXAMPLES = ("restart payment-api in staging", "why is checkout-web failing in prod-eu", "logs of search-api, last 10m")

# The whole message is one of these (after politeness).
SMALL_TALK = frozenset(
    phrases(
        """
        hi, hello, hey, yo, good morning, good evening, good afternoon, good night, morning, evening, thanks,
        thank you,
        thx, ty, cheers, lol, brb, +1, -1, ok, okay, k, cool, nice, great, awesome, perfect, never mind, nevermind,
        nvm, no, yes, yep, yeah, nope, sure, sorry, oops, ping, test, bye, gn, gm, got it, sounds good, on it,
        ack, wtf,
        omg, good job, well done, well played, ship it, lgtm, done, wow, good bot, bad bot, hm, hmm, same, later,
        ok thanks, okay thanks, ok cool, thanks a lot, many thanks, np, no problem, no worries, you're welcome,
        welcome,
        hola, bonjour, hallo, moin, ciao, gracias, merci, danke, rofl, lmao, yay, woohoo, nice one, good one, roger,
        copy that, understood, noted, will do, agreed, exactly, correct, indeed, whatever, hmmm, uh, ugh, oh, oh no,
        damn, ouch, phew, lunch, coffee, all good, all clear, all done, all set, works, it works, fixed, anyone,
        hello there, hi there, hey there, there, all, everyone, hi all, hello all, hi everyone, hey all, hi team,
        haha, someone, hello world, testing, test test
        """
    )
)

# The message begins so: it asks or tells, it does not order.
OPENINGS = Table(
    {
        "how-to": (
            "how do", "how to", "how would", "how can", "how could", "how should", "how does", "explain",
            "what does", "what's the difference",
            "what is the difference", "what's a", "what is a", "what is an", "what's an", "difference between",
            "when should", "when would", "when do",
            "teach me", "what do you", "what's the best", "what is the best", "what's the command",
            "what is the command", "which command",
            "give me an example", "example of", "remind me how", "show me how", "tell me how", "is there a way",
            "why would", "why should", "why do we",
            "what kubectl", "what are the differences", "where can i read", "where do i", "is it possible to",
            "does kubernetes", "does kubectl",
            "can kubernetes", "can kubectl", "what are best practices", "what is kubernetes", "what's kubernetes",
            "do i need to", "define", "is|are|was kubernetes|k8s|kubectl|docker|helm|istio|argo|containers",
            "is there a|any way", "what's|whats the * command|flag|option",
            "what is the * command|flag|option",
            "which flag|option|field", "what flag|option", "does|can|will|could a|an",
            "where can i|we read|learn|find|see",
            "what's|whats the meaning|point|purpose", "what is the meaning|point|purpose", "what is|was meant",
            "meaning of", "i don't understand", "can|could you explain|teach", "pros and cons",
            "any tips|docs|documentation",
            "any best", "how often should", "how many * should", "should a|an|pods|one", "why is a|an|it called",
            "what makes a|an", "what's|whats new", "what is new", "what are * practices", "best practices",
            "why use|choose|prefer",
            "what's|whats the syntax",
            "what is the syntax", "how long|often do|does|should|will", "is it normal|common|usual|expected|typical",
            "is it a good|bad", "what kind|sort|type|types|kinds of",
        ),
        "hypothetical": (
            "should we", "should i", "should you", "shall we", "shall i", "what if", "what would",
            "what happens if", "what happens when", "would it",
            "would you recommend", "could it", "is it safe", "is it ok to", "is it okay to", "is it fine to",
            "is it a good idea", "are we going to", "are you going to", "if we",
            "if i", "if you", "if it", "would restarting|scaling|deleting|draining", "suppose", "imagine",
            "for example|instance", "e.g", "eg",
            "do you think", "maybe we", "we might", "we could",
            "maybe i", "i wonder", "i might", "i could", "thinking of", "thinking about", "i'm thinking",
            "do we need to", "can we", "could we", "would a|the",
            "was it", "were we", "has anyone|anybody|someone", "did anyone|anybody|someone|you|we",
            "have you|we|they",
            "if", "in case", "perhaps", "maybe", "i think we should|could|might|may", "we may", "we should probably",
            "i'm considering|wondering|planning", "we're considering|wondering|thinking|planning", "considering",
            "does it make sense", "would that|this|we|anyone", "wdyt", "thoughts on", "any objections",
            "is it worth",
            "are we ok|okay|good|safe to", "can i|we safely", "in hindsight", "next time", "wouldn't it",
            "shouldn't we", "isn't it",
        ),
        "bot": (
            "who are you", "what are you", "what can you", "which model", "what model", "are you", "do you",
            "can you do", "what's your", "what is your",
            "how are you", "what commands", "who made", "who built", "tell me a", "tell me about yourself",
            "can you help", "can you scale|restart|delete|drain things|stuff|pods|deployments",
            "what day", "what time", "what's the weather", "what is the weather", "sing", "write a poem",
            "good bot", "is kubechat", "does kubechat", "can kubechat",
            "what * can i|we ask|say|type", "who wrote|developed|created|programmed|owns|maintains|trained you",
            "write|compose me|us|a|some", "write * haiku|poem|story|song|essay|limerick|joke",
            "what are your", "how old are you",
            "where are you", "who are|is the maintainers|maintainer|author|authors|owner|owners|developers",
            "any news|update|updates",
            "list your", "your version", "is|are there anyone|anybody", "is anyone|anybody|someone",
            "anyone|anybody around|here|there|awake|online", "can you hear|speak|sing|dance|code|think|feel",
            "which|what languages|language|clusters|commands|verbs do|can", "joke", "who is on call",
            "who's on call", "what's for lunch",
        ),
        "status": (
            "status update", "update:", "fyi", "just fyi", "heads up", "heads-up", "the customer says",
            "customers say", "postmortem", "incident update", "note to self",
            "whoever", "everyone", "nobody", "no one", "please nobody", "somebody else",
            "the runbook says|said", "runbook says", "the docs say", "as discussed", "remember when",
            "remember that", "reminder", "status report", "quick update", "incident is|over|closed|resolved|done",
            "we are|we're back|good|fine|stable", "back to normal", "talk to you|later", "on my way", "out for",
            "i'm back|here|off|out|done", "joining", "be right back", "my bad",
        ),
        "greeting": (
            "good morning|evening|afternoon|night", "happy friday|monday|weekend|new", "welcome", "congrats",
            "congratulations", "good|great|nice|awesome|excellent work|job|catch|stuff|one",
            "thanks for|to|a|that|again",
            "thank you for|to|so|very|again", "have a good|nice|great|lovely", "see you", "sorry for|about|to",
            "that worked|helped|did|fixed|was|looks", "it worked|helped|is fixed", "works now|again|fine",
            "looks good|fine|better|stable",
        ),
        "past": (
            "i already", "we already",
            "i|we just restarted|scaled|deleted|drained|deployed|rolled|cordoned|bumped|did|ran|killed|fixed|pushed",
            "i restarted|scaled|deleted|drained|deployed|rolled|cordoned|bumped",
            "we restarted|scaled|deleted|drained|deployed|rolled|cordoned|bumped",
            "restarted", "scaled", "deleted", "drained", "cordoned", "uncordoned", "rolled back", "deployed",
            "reverted", "bumped", "bounced", "fixed", "killed", "already", "rebooted", "recycled", "promoted",
            "upgraded",
            "i've", "we've", "i have", "they restarted|scaled|deleted|rolled|deployed",
            "someone restarted|scaled|deleted|rolled|deployed", "yesterday", "last night we", "earlier", "i was",
            "we were", "it was", "i was about|going", "we had", "i had",
        ),
        "": ("if possible", "if you can|could", "if u can"),
    }
)  # fmt: skip

# Anywhere in a clause: it says what not to do.
NEGATIONS = Table(
    {
        "negated": (
            "don't", "dont", "do not", "don`t", "never", "nobody", "no one", "no need to", "not yet", "hold off",
            "please don't", "won't", "should not", "shouldn't", "must not", "mustn't",
            "avoid", "refrain", "rather than", "instead of", "let's not", "lets not", "no longer",
            "nobody should", "not to", "without restarting|scaling|deleting", "can't", "cannot", "wait before",
            "wait until",
            "not restart|scale|delete|drain|roll|deploy|touch|cordon", "do nothing",
            "stop restarting|scaling|deleting", "cancel the",
        )
    }
)  # fmt: skip


HEADINGS = vocabulary("status update summary timeline impact mitigation resolution note notes rca eta announcement")
OUTSIDE = vocabulary(
    """
    jira ticket tickets email mail slack page pagerduty call meeting calendar zoom weather coffee pizza lunch
    tweet invoice terraform ansible github gitlab jenkins argocd grafana datadog statuspage confluence wiki
    laptop vpn printer
    """
)


def opening(tokens: Sequence[Token]) -> str:
    """Which kind of talk the message opens with; "" for none."""
    spoken = " ".join(token.low for token in tokens if token.kind != "stop")
    if spoken in SMALL_TALK or not any(character.isalnum() for character in spoken):
        return "small talk"
    if spoken in ("help", "help me", "help please", "please help", "usage", "commands"):
        return "bot"
    if len(tokens) > 1 and tokens[0].low in HEADINGS and tokens[1].low == ":":
        return "status"
    hit = OPENINGS.at(tokens, 0) if tokens else None
    return hit.key if hit else ""


def after_greeting(tokens: Sequence[Token]) -> Sequence[Token]:
    """What is said behind a greeting or thanks: `good morning, restart web in dev`; all of it when there is none."""
    if opening(tokens) != "greeting":
        return tokens
    end = next((i for i, token in enumerate(tokens) if token.kind == "stop" and token.low != ":"), len(tokens))
    rest = tokens[end + 1 :]
    return rest if any(token.kind != "stop" for token in rest) else tokens


def negated(tokens: Sequence[Token]) -> bool:
    return NEGATIONS.anywhere(tokens) is not None


def reply(kind: str, examples: Sequence[str] = EXAMPLES, told: str = "") -> Reply:
    """A helpful sentence, and `told` or else a few lines to type."""
    headlines = {
        "small talk": "Hello. Tell me what to look at or to change.",
        "negated": "Understood: nothing is planned.",
        "hypothetical": "Nothing is planned for a question. Ask for the change itself to see its preview.",
        "how-to": "That is a question about how things work; nothing is planned.",
        "past": "Noted; nothing is planned.",
        "greeting": "Hello. Tell me what to look at or to change.",
        "quoted": "What is quoted or fenced is taken as data. Type the request without the quotes to ask for it.",
        "outside": "That is outside the clusters; nothing is planned.",
        "status": "Noted; nothing is planned.",
        "local": "Your own kubectl answers that; nothing is planned here.",
    }
    listing = "\n".join(f"- {example}" for example in examples)
    return Reply(
        headline=headlines.get(kind, "I plan, preview and run Kubernetes operations, with the approvals they need."),
        answer=(Text(text=told or f"You can type, for example:\n{listing}"),),
    )
