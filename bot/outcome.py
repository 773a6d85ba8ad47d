"""What a request's state means for whoever waits for it: settled or not, and the exit code."""

from enum import IntEnum

from workers.domain.errors import KubechatError, Mistake
from workers.domain.request import Request
from workers.domain.state import State


class ExitCode(IntEnum):
    DONE = 0
    NOT_DONE = 1  # refused or failed
    USAGE = 2  # wrong words, person, id or option
    WAITING = 3  # for people, or longer than the caller wanted to wait
    SHOWN = 4  # a yes that named no plan: it was shown, and nothing was pressed


WAITS_FOR_PEOPLE = frozenset({State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.INTERRUPTED})


def is_settled(request: Request) -> bool:
    """Whether nothing more happens until a person does something."""
    return request.state.is_final or request.state in WAITS_FOR_PEOPLE


def exit_code(request: Request) -> ExitCode:
    if request.state is State.SUCCEEDED:
        return ExitCode.DONE
    return ExitCode.NOT_DONE if request.state.is_final else ExitCode.WAITING


def exit_code_of(error: KubechatError) -> ExitCode:
    return ExitCode.USAGE if isinstance(error, Mistake) else ExitCode.NOT_DONE
