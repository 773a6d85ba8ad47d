"""A line of chat text, or a button, as a typed command.

Only exact forms are presses: a whole line that is `approve`, `approve req-7f3k2m9q` or `approve because ...`.
"undo the last deploy of payment-api" and "approve budget" are requests like any other text. Whether a press counts is
decided by the service; nothing here knows people, states or rules.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import Literal, assert_never

from pydantic import Field

from bot.factor_words import factored, refuse_as_text, refuse_in_reason
from bot.guard_commands import Freeze, Freezes, Guarding, Review, Reviews, Unfreeze, guarding_words, parse_guarding
from workers.domain.action import Parameter
from workers.domain.errors import InvalidParameter, UnknownCommand
from workers.domain.value import Digest, Value


class PressKind(StrEnum):
    RUN = "run"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    UNDO = "undo"
    KEEP = "keep"  # what would be taken back by itself stays
    CONTINUE = "continue"  # with the steps that were not done
    CHOOSE = "choose"
    CORRECT = "correct"  # another alternative of an assumption
    SKIP_CHECKS = "skip checks"
    DROP = "drop"  # a step, or a cluster's steps, of a plan that waits
    APPLIED = "applied"  # a person's verdict on an interrupted request
    NOT_APPLIED = "not applied"


class Ask(Value):
    kind: Literal["ask"] = "ask"
    text: str
    break_glass: bool = False  # as an emergency: "break glass: scale payment-api to 6 because the queue burns"


class Press(Value):
    kind: Literal["press"] = "press"
    what: PressKind
    request: str = ""  # "" is the thread's current request
    choice: str = ""  # for CHOOSE the choice's id, for CORRECT the chip, for DROP a number or a cluster
    reason: str = ""  # for APPROVE and REJECT, and for UNDO under break-glass
    break_glass: bool = False  # for UNDO
    factor: str = Field(default="", repr=False, exclude=True)  # a code, for RUN and APPROVE: used up, never kept
    plan_digest: Digest | None = None  # of the card that was read: buttons carry it, a console knows what it drew
    preview_digest: Digest | None = None


class Edit(Value):
    kind: Literal["edit"] = "edit"
    request: str = ""
    step: int = 1
    params: Mapping[str, Parameter]


class Show(Value):
    kind: Literal["show"] = "show"
    request: str = ""


class List(Value):
    kind: Literal["list"] = "list"
    open_only: bool = False


class Help(Value):
    kind: Literal["help"] = "help"


class Link(Value):
    """Whose account this is: without a code asks for one, with a code confirms it where the person is known."""

    kind: Literal["link"] = "link"
    code: str = Field(default="", repr=False, exclude=True)
    sure: bool = False  # the account was shown, and it is theirs


class As(Value):
    """Speak as somebody else: only where the place itself vouches for it, as the local terminal does."""

    kind: Literal["as"] = "as"
    person: str


class Quit(Value):
    kind: Literal["quit"] = "quit"


Command = Ask | Press | Edit | Show | List | Guarding | Help | Link | As | Quit

ID = r"req-[0-9a-hjkmnp-tv-z]{1,8}"  # Crockford base 32; a unique beginning is enough
_ONE_WORD: Mapping[str, Command] = {
    "list": List(),
    "requests": List(),
    "list open": List(open_only=True),
    "link": Link(),
    "help": Help(),
    "?": Help(),
    "/help": Help(),
    "quit": Quit(),
    "exit": Quit(),
    "/quit": Quit(),
    "/exit": Quit(),
}
_PRESS = re.compile(
    rf"(?P<what>run|approve|reject|cancel|undo|continue|keep|skip checks|applied|not applied)(?: (?P<id>{ID}))?"
)
_WITH_REASON = re.compile(
    rf"(?P<what>approve|reject)(?: (?P<id>{ID}))? because (?P<reason>.+)", re.IGNORECASE | re.DOTALL
)
_CHOICE = re.compile(rf"(?:choose )?(?P<choice>[1-9][0-9]?)(?: (?P<id>{ID}))?")
_CHIP = re.compile(rf"(?:correct )?(?P<chip>[a-z][1-9])(?: (?P<id>{ID}))?")
_DROP = re.compile(
    rf"drop(?: (?P<id>{ID}))? (?:step )?(?:(?P<step>[1-9][0-9]{{0,2}})"
    r"|(?P<place>[a-z0-9]+(?:[-.][a-z0-9]+)+)|cluster (?P<cluster>[a-z0-9][a-z0-9.-]*))"
)
_VERDICT = re.compile(rf"(?P<what>applied|not applied)(?: (?P<id>{ID}))? step (?P<step>[1-9][0-9]{{0,2}})")
_SHOW = re.compile(rf"(?:show(?: (?P<id>{ID}))?|(?P<bare>{ID}))")
_PAIR = r"""[a-z_][a-z0-9_.]*=(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']\S*)"""
_SET = re.compile(
    rf"set\s+(?:(?P<id>{ID})\s+)?(?:(?P<step>[0-9]{{1,2}})\s+)?(?P<params>{_PAIR}(?:\s+{_PAIR})*)", re.I | re.DOTALL
)
_GLASS = re.compile(r"break[ -]glass(?:(?::\s*|,?\s+)(?P<text>.*))?", re.IGNORECASE | re.DOTALL)
_GLASS_UNDO = re.compile(rf"undo (?P<id>{ID}) because (?P<reason>.+)", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"link (?P<code>\S{4} \S{4} \S{4}|\S+?)(?P<sure> yes)?")
_AS = re.compile(r"/as (?P<person>\S+)")
_WORDS = (
    *("run", "approve", "reject", "cancel", "undo", "continue", "keep", "show", "list", "requests"),
    *("freezes", "reviews", "link", "help", "quit", "exit"),
)
LONGEST_WORD = 60  # characters of what may have been meant as a command
_BARE_YES = frozenset({"y", "yes", "yep", "ok", "okay", "go", "do it", "confirm", "lgtm", "+1"})


def parse(line: str) -> Command:  # noqa: PLR0911  # one return a form: a table in code
    """What a whole line of text says.

    Raises UnknownCommand for a near miss of a command and for an unknown `/command`; anything else is an Ask.
    """
    text = line.strip()
    flat = " ".join(text.lower().split())
    if found := _ONE_WORD.get(flat):
        return found
    if code := factored(text, ID):
        return Press(what=PressKind(code.what), request=code.request, factor=code.code, reason=code.reason)
    if match := _WITH_REASON.fullmatch(text):
        given = match["reason"].strip()
        press = Press(what=PressKind(match["what"].lower()), request=(match["id"] or "").lower(), reason=given)
        refuse_codes(press)
        return press
    if match := _PRESS.fullmatch(flat):
        return Press(what=PressKind(match["what"]), request=match["id"] or "")
    if match := _VERDICT.fullmatch(flat):
        return Press(what=PressKind(match["what"]), request=match["id"] or "", choice=match["step"])
    if revising := _revising(flat):
        return revising
    if match := _SHOW.fullmatch(flat):
        return Show(request=match["id"] or match["bare"] or "")
    if match := _SET.fullmatch(text):
        params = dict(_read(pair) for pair in re.findall(_PAIR, match["params"], re.I | re.DOTALL))
        return Edit(request=(match["id"] or "").lower(), step=int(match["step"] or 1), params=params)
    if guarding := parse_guarding(text):
        return guarding
    if match := _GLASS.fullmatch(text):
        return _emergency((match["text"] or "").strip())
    if who := _who(flat):
        return who
    refuse_codes(Ask(text=text))
    _refuse_near_misses(flat)
    return Ask(text=text)


def _revising(flat: str) -> Press | None:
    """What has it planned again: an answer, another alternative, or less."""
    if match := _CHOICE.fullmatch(flat):
        return Press(what=PressKind.CHOOSE, request=match["id"] or "", choice=match["choice"])
    if match := _CHIP.fullmatch(flat):
        return Press(what=PressKind.CORRECT, request=match["id"] or "", choice=match["chip"])
    if match := _DROP.fullmatch(flat):
        what = match["step"] or match["place"] or match["cluster"]
        return Press(what=PressKind.DROP, request=match["id"] or "", choice=what)
    return None


def _emergency(text: str) -> Ask | Press:
    """What is asked for under break-glass; raises UnknownCommand when nothing is."""
    if not text:
        raise UnknownCommand(
            "that does not say what to do in the emergency",
            then="type for example: break glass: scale payment-api to 6 in prod-eu because the queue burns",
        )
    if match := _GLASS_UNDO.fullmatch(text):
        reason = match["reason"].strip()
        return Press(what=PressKind.UNDO, request=match["id"].lower(), reason=reason, break_glass=True)
    return Ask(text=text, break_glass=True)


def refuse_codes(command: Command) -> None:
    """Nothing that is stored or shown may hold a code of a second factor; raises UnknownCommand."""
    match command:
        case Ask():
            refuse_as_text(" ".join(command.text.lower().split()), _WORDS)
        case Press():
            refuse_in_reason(command.reason)


def _who(flat: str) -> Link | As | None:
    if match := _LINK.fullmatch(flat):
        return Link(code=match["code"], sure=bool(match["sure"]))
    return As(person=match["person"]) if (match := _AS.fullmatch(flat)) else None


def words(command: Command) -> str:  # noqa: PLR0911  # one return a command
    """What a person types for a command; `parse` reads it back, without the digests that only buttons carry."""
    match command:
        case Ask():
            return f"break glass: {command.text}" if command.break_glass else command.text
        case Press():
            return _pressed(command)
        case Edit():
            given = (f"{name}={_spelled(value)}" for name, value in command.params.items())
            return _line("set", command.request, str(command.step), *given)
        case Show():
            return _line("show", command.request)
        case List():
            return "list open" if command.open_only else "list"
        case Freeze() | Unfreeze() | Freezes() | Review() | Reviews():
            return guarding_words(command)
        case Help():
            return "help"
        case Link():
            return "link"
        case As():
            return f"/as {command.person}"
        case Quit():
            return "quit"
        case _:
            assert_never(command)


def _pressed(press: Press) -> str:
    if press.break_glass:
        return _line("break glass: undo", press.request, f"because {press.reason}")
    if press.what in (PressKind.CHOOSE, PressKind.CORRECT):
        return _line(press.choice, press.request)
    if press.what is PressKind.DROP:
        named = press.choice if re.fullmatch(r"[0-9]+|.*[-.].*", press.choice) else f"cluster {press.choice}"
        return _line("drop", press.request, named)
    if press.what in (PressKind.APPLIED, PressKind.NOT_APPLIED) and press.choice:
        return _line(press.what.value, press.request, f"step {press.choice}")
    return _line(press.what.value, press.request, f"because {press.reason}" if press.reason else "")


def parameters(given: Sequence[str]) -> Mapping[str, Parameter]:
    """`replicas=4`, `wait=true` as typed values, one a word as a shell has split them; raises InvalidParameter."""
    pairs = [pair.partition("=") for pair in given]
    for name, equals, _ in pairs:
        if not equals or not re.fullmatch(r"[a-z_][a-z0-9_.]*", name, re.I):
            raise InvalidParameter(f"'{name}{equals}' is not name=value", then="type for example: set 1 replicas=4")
    return {_named(name): _typed(value) for name, _, value in pairs}


def _read(pair: str) -> tuple[str, Parameter]:
    """One pair of a typed line: what is quoted is text, whatever it looks like."""
    name, _, value = pair.partition("=")
    match value[:1]:
        case '"':
            return _named(name), re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
        case "'":
            return _named(name), value[1:-1]
        case _:
            return _named(name), _typed(value)


def _named(name: str) -> str:
    """Parameters are written small; what comes after a dot is somebody else's name: `env.LOG_LEVEL`."""
    first, dot, rest = name.partition(".")
    return first.lower() + dot + rest


def _typed(value: str) -> Parameter:
    if re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    return {"true": True, "false": False}.get(value.lower(), value)


def _spelled(value: Parameter) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if _typed(text) == value and re.fullmatch(r"""[^\s"']\S*""", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _line(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _refuse_near_misses(flat: str) -> None:
    """One word, or a word and an id, that is nearly a command; longer text is never second-guessed."""
    if flat in _BARE_YES:
        raise UnknownCommand(
            f"'{flat}' does not say whose yes it is",
            then="type 'run' for your own request, 'approve' for somebody else's",
        )
    match = re.fullmatch(rf"(?P<word>/?[a-z]+)(?P<rest> {ID})?", flat)
    if match is None and not flat.startswith("/"):
        return
    word = match["word"] if match else flat.split(maxsplit=1)[0]
    if word == "/as":
        raise UnknownCommand("'/as' takes one person", then="type for example '/as bob'")
    word = word[:LONGEST_WORD]
    near = get_close_matches(word.lstrip("/"), _WORDS, n=1, cutoff=0.8)
    if near:
        raise UnknownCommand(f"no command '{word}'", then=f"did you mean '{near[0]}{(match and match['rest']) or ''}'?")
    if flat.startswith("/"):
        raise UnknownCommand(f"no command '{word}'", then="type '?' for the commands")
