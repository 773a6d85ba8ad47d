"""`kubechat freeze`, `freezes`, `review` ...: commands that are about no request of their own; printed, or as JSON."""

from pathlib import Path
from typing import Any

from bot.guard_cards import freezes_card, reviews_card
from bot.guard_commands import Freeze, Freezes, Guarding, Review, Reviews, Unfreeze
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.outcome import ExitCode
from bot.printing import print_card, print_json, print_problem
from bot.wire_json import facts_json, problem_json
from bot.wiring import Instance, connect, settings_of
from workers.domain.value import Value


def aside(command: Guarding, person: str, *, data: Path | None, as_json: bool) -> ExitCode:
    """Raises KubechatError for what keeps the command from being tried at all."""
    instance = connect(settings_of(data))
    try:
        actor = terminal_actor(instance.service, person, terminal_account())
        reply = instance.router.take(command, actor, terminal_place(person))
        if reply.problem is not None and as_json:
            print_json(problem_json(reply.problem, reply.code))
        elif reply.problem is not None:
            print_problem(reply.problem)
        elif as_json:
            print_json(facts_json(_facts(instance, command), reply.code))
        elif reply.card is not None:
            print_card(reply.card)
        return reply.code
    finally:
        instance.close()


def listed(command: Freezes | Reviews, *, data: Path | None, as_json: bool) -> ExitCode:
    """What stands now; whoever may read the data folder may see it."""
    instance = connect(settings_of(data))
    try:
        store = instance.store
        if as_json:
            print_json(facts_json(_facts(instance, command), ExitCode.DONE))
        elif isinstance(command, Freezes):
            print_card(freezes_card(store.freezes()))
        else:
            print_card(reviews_card(store.reviews(), store.tickets()))
        return ExitCode.DONE
    finally:
        instance.close()


def _facts(instance: Instance, command: Guarding) -> dict[str, Any]:
    """What stands after the command."""
    store = instance.store
    match command:
        case Freeze() | Unfreeze() | Freezes():
            return {"freezes": [_dumped(freeze) for freeze in store.freezes()]}
        case Review() | Reviews():
            return {
                "reviews": [_dumped(review) for review in store.reviews()],
                "tickets": [_dumped(ticket) for ticket in store.tickets()],
            }


def _dumped(value: Value) -> dict[str, Any]:
    """With lists in a fixed order."""
    found = value.model_dump(mode="json")
    return {name: sorted(item) if isinstance(item, list) else item for name, item in found.items()}
