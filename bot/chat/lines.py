"""Line editing with history while cards appear above the prompt."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

WORDS = [
    "run",
    "approve",
    "reject because ",
    "cancel",
    "undo",
    "continue",
    "keep",
    "show",
    "list",
    "list open",
    "freeze ",
    "unfreeze ",
    "freezes",
    "break glass: ",
    "reviews",
    "help",
    "quit",
    "/as ",
]


@contextmanager
def line_editor() -> Iterator[Callable[[str], Awaitable[str | None]]]:
    """Gives a reader that returns None at Ctrl-D and on Ctrl-C at an empty line; history is kept in memory only."""
    session: PromptSession[str] = PromptSession(
        history=InMemoryHistory(),
        completer=WordCompleter(WORDS, sentence=True),
        complete_while_typing=False,
        reserve_space_for_menu=0,
    )

    async def read(prompt: str) -> str | None:
        while True:
            try:
                return await session.prompt_async(prompt)
            except EOFError:
                return None
            except KeyboardInterrupt:
                if not session.default_buffer.text:
                    return None

    with patch_stdout(raw=True):
        yield read
