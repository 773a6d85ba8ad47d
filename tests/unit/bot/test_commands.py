"""Lines of text and the commands they are."""

import pytest

from bot.commands import As, Ask, Command, Edit, Help, Link, List, Press, PressKind, Quit, Show, parse, words
from workers.domain.errors import UnknownCommand

PRESSES: list[tuple[str, Command]] = [
    ("run", Press(what=PressKind.RUN)),
    ("  Run  ", Press(what=PressKind.RUN)),
    ("approve", Press(what=PressKind.APPROVE)),
    ("approve req-7f3k2m9q", Press(what=PressKind.APPROVE, request="req-7f3k2m9q")),
    ("approve REQ-7F3K", Press(what=PressKind.APPROVE, request="req-7f3k")),
    ("approve because I looked", Press(what=PressKind.APPROVE, reason="I looked")),
    ("reject", Press(what=PressKind.REJECT)),
    ("reject because wrong window", Press(what=PressKind.REJECT, reason="wrong window")),
    ("Reject req-7f3k because Wrong Window", Press(what=PressKind.REJECT, request="req-7f3k", reason="Wrong Window")),
    ("cancel", Press(what=PressKind.CANCEL)),
    ("undo", Press(what=PressKind.UNDO)),
    ("applied step 2", Press(what=PressKind.APPLIED, choice="2")),
    ("not applied req-7f3k2m9q step 2", Press(what=PressKind.NOT_APPLIED, request="req-7f3k2m9q", choice="2")),
    ("keep", Press(what=PressKind.KEEP)),
    ("continue", Press(what=PressKind.CONTINUE)),
    ("continue req-7f3k2m9q", Press(what=PressKind.CONTINUE, request="req-7f3k2m9q")),
    ("undo req-7f3k2m9q", Press(what=PressKind.UNDO, request="req-7f3k2m9q")),
    ("1", Press(what=PressKind.CHOOSE, choice="1")),
    ("12", Press(what=PressKind.CHOOSE, choice="12")),
    ("choose 2", Press(what=PressKind.CHOOSE, choice="2")),
    ("2 req-7f3k2m9q", Press(what=PressKind.CHOOSE, choice="2", request="req-7f3k2m9q")),
    ("a2", Press(what=PressKind.CORRECT, choice="a2")),
    ("A2 req-7f3k2m9q", Press(what=PressKind.CORRECT, choice="a2", request="req-7f3k2m9q")),
    ("correct b1", Press(what=PressKind.CORRECT, choice="b1")),
    ("skip checks", Press(what=PressKind.SKIP_CHECKS)),
    ("drop 2", Press(what=PressKind.DROP, choice="2")),
    ("drop step 12", Press(what=PressKind.DROP, choice="12")),
    ("drop prod-us", Press(what=PressKind.DROP, choice="prod-us")),
    ("Drop cluster dev", Press(what=PressKind.DROP, choice="dev")),
    ("drop req-7f3k2m9q 2", Press(what=PressKind.DROP, request="req-7f3k2m9q", choice="2")),
    ("drop web", Ask(text="drop web")),
    ("Skip  checks req-7f3k", Press(what=PressKind.SKIP_CHECKS, request="req-7f3k")),
    ("applied", Press(what=PressKind.APPLIED)),
    ("not applied", Press(what=PressKind.NOT_APPLIED)),
    ("set 1 replicas=4", Edit(step=1, params={"replicas": 4})),
    ("set replicas=4", Edit(step=1, params={"replicas": 4})),
    ("set req-7f3k 2 image=a:1.2 wait=true", Edit(request="req-7f3k", step=2, params={"image": "a:1.2", "wait": True})),
    ('set 1 command="sh -c  \'ls /\'"', Edit(step=1, params={"command": "sh -c  'ls /'"})),
    ("set 1 command='a \\ b' min=2", Edit(step=1, params={"command": "a \\ b", "min": 2})),
    ('set 1 value="5"', Edit(step=1, params={"value": "5"})),
    ('set 1 value="say \\"no\\""', Edit(step=1, params={"value": 'say "no"'})),
    ("set 2 env.LOG_LEVEL=debug Max=9", Edit(step=2, params={"env.LOG_LEVEL": "debug", "max": 9})),
    ("show", Show()),
    ("show req-7f3k2m9q", Show(request="req-7f3k2m9q")),
    ("req-7f3k2m9q", Show(request="req-7f3k2m9q")),
    ("list", List()),
    ("requests", List()),
    ("list open", List(open_only=True)),
    ("?", Help()),
    ("help", Help()),
    ("link", Link()),
    ("/as bob", As(person="bob")),
    ("quit", Quit()),
    ("exit", Quit()),
]  # fmt: skip

SECRETS: list[tuple[str, Command]] = [
    ("run 123456", Press(what=PressKind.RUN, factor="123456")),
    ("Approve 123 456", Press(what=PressKind.APPROVE, factor="123456")),
    ("approve req-7f3k 123-456", Press(what=PressKind.APPROVE, request="req-7f3k", factor="123456")),
    (
        "approve REQ-7F3K 123456 because INC-654321 is hot",
        Press(what=PressKind.APPROVE, request="req-7f3k", factor="123456", reason="INC-654321 is hot"),
    ),
    ("link 7F3K-2M9Q-XDTA", Link(code="7f3k-2m9q-xdta")),
    ("Link 7f3k 2m9q xdta", Link(code="7f3k 2m9q xdta")),
    ("link 7F3K-2M9Q-XDTA yes", Link(code="7f3k-2m9q-xdta", sure=True)),
]

ASKS = [
    "undo the last deploy of payment-api in prod-eu",
    "approve budget",
    "approve payments",
    "run the smoke test job in staging",
    "reject traffic from node-7",
    "cancel the rollout of api in dev",
    "show pods in prod-eu",
    "show me the logs",
    "list pods in dev",
    "help me find out why payment-api restarts",
    "set image of api to nginx:1.29 in dev",
    "scale api to 1",
    "1 replica of api in dev",
    "approve. and then run",
    "run req-7f3k2m9q and approve it",
    "approve req-ilou",
    "pods",
    "a22",
    "web1",
    "set replicas=4 in dev",
    "set 1 command='never ended",
    "skip the checks",
    "hello",
    "stats",
    "no",
    "please approve req-7f3k2m9q",
    "run\nrun",
    "0",
]

NEAR = [
    ("aprove", "approve"),
    ("approv", "approve"),
    ("rejct", "reject"),
    ("cancle", "cancel"),
    ("aprove req-7f3k", "approve req-7f3k"),
    ("/approve", "approve"),
    ("/frobnicate", "?"),
    ("/as", "/as bob"),
    ("/as bob or carol", "/as bob"),
    ("yes", "approve"),
    ("LGTM", "approve"),
]


@pytest.mark.parametrize(("line", "command"), PRESSES + SECRETS, ids=[line for line, _ in PRESSES + SECRETS])
def test_exact_form_is_a_command(line: str, command: Command) -> None:
    """Whole lines of a known form are commands, in any case of letters, with or without an id."""
    assert parse(line) == command


@pytest.mark.parametrize("line", [line for line in ASKS if "\n" not in line])
def test_anything_longer_is_a_request(line: str) -> None:
    """Text that only begins like a command is a request in plain words and presses nothing."""
    assert parse(line) == Ask(text=line)


@pytest.mark.parametrize(("line", "hint"), NEAR)
def test_near_miss_is_asked_back(line: str, hint: str) -> None:
    """A word that is nearly a command, or a yes that does not say whose, does nothing and says what to type."""
    with pytest.raises(UnknownCommand) as caught:
        parse(line)

    assert f"'{hint}'" in caught.value.then


@pytest.mark.parametrize("command", [command for _, command in PRESSES])
def test_words_are_read_back(command: Command) -> None:
    """What a card says to type is exactly what the parser takes."""
    assert parse(words(command)) == command


@pytest.mark.parametrize(
    "line",
    [
        "123456",
        "123 456",
        "123456.",
        "approve123 123456",
        "aprove 123456",
        "approve 123456 please",
        "123456 approve",
        "reject 123456",
        "approve because 123456",
        "approve 123456 because 654321 says so",
        "reject req-7f3k because 123456",
        "run 123456 because I want to",
        "my code is 123456",
        "the totp for this: 123 456",
        "yes 123456 is the code is it",
    ],
)
def test_a_code_in_the_wrong_place_becomes_no_text(line: str) -> None:
    """Text is stored, shown and read by models; what is said about it does not repeat it."""
    with pytest.raises(UnknownCommand, match="looks like a code") as caught:
        parse(line)

    assert "654321" not in caught.value.text
    assert "it was not kept" in caught.value.text


@pytest.mark.parametrize(
    "line",
    ["why did job import-123456 fail in dev", "scale api to 3 in dev because INC-123456", "logs of order 123456"],
)
def test_other_numbers_are_text(line: str) -> None:
    """Six digits are a code where one belongs, not everywhere."""
    assert parse(line) == Ask(text=line)


def test_codes_are_neither_printed_nor_dumped() -> None:
    """A command that ends up in a log or a message shows nothing."""
    for command in (parse("approve 123456"), parse("link 7F3K-2M9Q-XDTA")):
        assert "123456" not in f"{command!r} {command} {command.model_dump_json()} {words(command)}"
        assert "7f3k" not in f"{command!r} {command} {command.model_dump_json()} {words(command)}".lower()
