"""`kubechat link`, `links`, `unlink` and `second-factor`: what a person does about themselves in a terminal."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.chat.measure import safe
from bot.identity import terminal_account, terminal_actor
from bot.identity_cards import factor_card, linked_card, links_card, secret_card, whose_card
from bot.outcome import ExitCode
from bot.printing import print_card, print_json, print_note
from bot.wire_json import facts_json
from bot.wiring import Instance, connect, settings_of
from workers.domain.actor import Account
from workers.domain.errors import InvalidParameter, UnknownCommand
from workers.identity.linking import Whoami


def link(code: str, *, kubeconfig: Path | None, context: str, sure: bool, data: Path | None, as_json: bool) -> ExitCode:
    """Whoever the API server says the kubeconfig's account is; nothing that is typed says who one is."""
    with _connected(data) as instance:
        answer = _asked(instance, kubeconfig or _own_kubeconfig(os.environ), context)
        person = instance.linking.person_of(answer)
        if not sure:
            account = instance.linking.whose(code, person)
            print_card(whose_card(account, person, f"{answer.cluster} knows you as {answer.username}"))
            if _line("is this your account? yes or no: ") != "yes":
                raise UnknownCommand(
                    "nothing was linked", now="it was not said to be yours", then="type 'yes' if it is"
                )
        made = instance.linking.confirm(code, person, "kubeconfig", answer)
        approves_from = instance.linking.may_approve_from(made)
        if as_json:
            until = approves_from and approves_from.isoformat()
            print_json(facts_json({"link": made.model_dump(mode="json"), "may_approve_from": until}, ExitCode.DONE))
        else:
            print_card(linked_card(made, approves_from))
        return ExitCode.DONE


def links(person: str, *, data: Path | None, as_json: bool) -> ExitCode:
    with _connected(data) as instance:
        found = instance.linking.links(person)
        if as_json:
            print_json(facts_json({"links": [one.model_dump(mode="json") for one in found]}, ExitCode.DONE))
        else:
            print_card(links_card(found))
        return ExitCode.DONE


def unlink(account: str, person: str, *, data: Path | None, as_json: bool) -> ExitCode:
    system, _, rest = account.partition("/")
    workspace, _, user = rest.rpartition("/")
    if not (system and workspace and user):
        raise InvalidParameter(
            f"'{account}' names no account", now="one is system/workspace/user", then="`kubechat links` has them"
        )
    with _connected(data) as instance:
        actor = terminal_actor(instance.service, person, terminal_account())
        gone = instance.linking.unlink(Account(system=system, workspace=workspace, user_id=user), actor.person_id)
        if as_json:
            print_json(facts_json({"unlinked": gone.model_dump(mode="json")}, ExitCode.DONE))
        else:
            print_note(f"{gone.account.text} is nobody's now; what it approved and is not done does not count any more")
        return ExitCode.DONE


def enroll(person: str, *, data: Path | None) -> ExitCode:
    with _connected(data) as instance:
        actor = terminal_actor(instance.service, person, terminal_account())
        secret = instance.factors.fresh_secret()
        print_card(secret_card(secret, actor.person_id))
        instance.factors.enroll(actor, secret, _line("the app's code: "))
        print_note(f"{actor.name} has a second factor now; the next code is for a press")
        return ExitCode.DONE


def remove(person: str, *, lost: bool, data: Path | None) -> ExitCode:
    with _connected(data) as instance:
        actor = terminal_actor(instance.service, person, terminal_account())
        instance.factors.remove(actor, None if lost else _line("the app's code: "))
        print_note(f"{actor.name} has no second factor any more")
        return ExitCode.DONE


def status(person: str, *, data: Path | None, as_json: bool) -> ExitCode:
    with _connected(data) as instance:
        actor = terminal_actor(instance.service, person, terminal_account())
        found = instance.factors.of(actor.person_id)
        if as_json:
            facts = found.model_dump(mode="json", include={"enrolled_at", "locked_until"}) if found else None
            print_json(facts_json({"second_factor": facts}, ExitCode.DONE))
        else:
            print_card(factor_card(actor.name, found, instance.store.now()))
        return ExitCode.DONE


@contextmanager
def _connected(data: Path | None) -> Iterator[Instance]:
    instance = connect(settings_of(data))
    try:
        yield instance
    finally:
        instance.close()


def _asked(instance: Instance, kubeconfig: Path, context: str) -> Whoami:
    from workers.clusters.whoami import whoami

    settings = instance.settings
    return whoami(
        kubeconfig,
        context,
        instance.store.clusters(),
        settings.data,
        connect_seconds=settings.connect_seconds,
        read_seconds=settings.read_seconds,
    )


def _own_kubeconfig(environment: Mapping[str, str]) -> Path:
    """As kubectl finds it; of several files the first."""
    named = [part for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    return Path(named[0]) if named else Path.home() / ".kube" / "config"


def _line(prompt: str) -> str:
    """What is typed, or comes from a pipe; a code is not repeated anywhere."""
    sys.stderr.write(safe(prompt))
    sys.stderr.flush()
    return sys.stdin.readline().strip().replace(" ", "")
