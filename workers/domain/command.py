"""Commands inside a container: an argv without a shell, and which of them the policy lets chat run.

What is not on the list is refused. Some things no list can allow: shells, and what prints the secrets of a container.
"""

import re
import shlex
from collections.abc import Sequence

from pydantic import Field, field_validator

from workers.domain.value import Value

LONGEST = 4096  # characters of a command
MOST_ARGUMENTS = 16
WORD = re.compile(r"[A-Za-z0-9_./:=+,@%-]+")  # of an argv; no quote, no blank, no sign that a shell reads
SHELL_SIGNS = re.compile(r"[;&|<>`$(){}\[\]*?~!#\\\n\r\0]")
PIECES = {"**": r"[A-Za-z0-9._/-]*", "*": r"[A-Za-z0-9._-]*", "#": r"[0-9]{1,5}"}
# A policy that names one of these is not read.
SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "csh", "tcsh", "fish", "busybox", "toybox"})
REVEALING = frozenset({"env", "printenv", "set", "export", "declare"})
STARTERS = frozenset({"sudo", "su", "nohup", "xargs", "timeout", "nsenter", "chroot", "setsid", "nice", "time"})
SECRET_PATHS = re.compile(
    r"secret|credential|token|passw|shadow|environ|private|\.(?:ssh|aws|kube|docker|gnupg|netrc|pgpass|env|pem|key)\b"
    r"|/proc/[^/]+/(?:root|cwd|fd|mem|maps|cmdline)",
    re.IGNORECASE,
)


class Allowed(Value):
    """One program, and every argument it may be given, in any order."""

    program: str = Field(pattern=WORD.pattern)  # exactly as it is to be typed: df is not /bin/df
    words: frozenset[str] = frozenset()  # options and subcommands, each in full
    needs: frozenset[str] = frozenset()  # of the words, at least one must be there; empty: none need be
    arguments: tuple[str, ...] = ()  # other arguments: * is letters, digits, . _ -; ** also /; # is a number
    most: int = Field(default=4, ge=0, le=MOST_ARGUMENTS)  # arguments in all

    @field_validator("program")
    @classmethod
    def _is_no_door(cls, program: str) -> str:
        if why := _door(program):
            raise ValueError(f"'{program}' {why}, and no policy can allow it")
        return program

    @property
    def text(self) -> str:
        """`df [-h -i] [/**]`"""
        options = f" [{' '.join(sorted(self.words))}]" if self.words else ""
        others = f" [{' '.join(self.arguments)}]" if self.arguments else ""
        return f"{self.program}{options}{others}"


def argv(command: str) -> tuple[str, ...]:
    """The words of a command as it was typed; raises ValueError for what is no argv."""
    if len(command) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} characters")
    if not command.isascii() or not command.isprintable():
        raise ValueError("it holds characters that cannot be seen, or are not ASCII")
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise ValueError("a quote is not closed") from error
    if not words or not words[0]:
        raise ValueError("it is empty")
    return words


def why_by_hand(command: str) -> str:
    """Why only a person in a terminal can run this: a shell, or what only a shell understands; empty otherwise."""
    try:
        words = argv(command)
    except ValueError as error:
        return f"chat runs one program with plain arguments: {error}"
    program = _base(words[0])
    if program in SHELLS:
        return f"chat opens no shell in a container, and '{program}' is one"
    if found := SHELL_SIGNS.search(command):
        return f"chat runs commands without a shell, and only a shell understands '{found[0]}'"
    return ""


def why_not(allowed: Sequence[Allowed], command: str) -> str:
    """What keeps chat from running it, by the predicate that failed; empty when the list has it."""
    if by_hand := why_by_hand(command):
        return by_hand
    program, *arguments = argv(command)
    if why := _door(program):
        return f"'{program}' {why}"
    if why := next((why for one in arguments if (why := _never(one))), ""):
        return why
    lines = [line for line in allowed if line.program == program]
    if not lines:
        known = ", ".join(dict.fromkeys(line.program for line in allowed)) or "none"
        return f"'{program}' is not on the list of the policy; on it are: {known}"
    reasons = [_unfit(line, arguments) for line in lines]
    return "" if "" in reasons else reasons[0]


def _unfit(line: Allowed, arguments: Sequence[str]) -> str:
    if len(arguments) > line.most:
        return f"{line.program} is allowed with at most {line.most} arguments"
    for one in arguments:
        if one not in line.words and (one.startswith("-") or not any(_fits(shape, one) for shape in line.arguments)):
            return f"'{one}' is not on the list for {line.program}; allowed: {line.text}"
    if line.needs and not line.needs & set(arguments):
        return f"{line.program} is allowed only with one of: {', '.join(sorted(line.needs))}"
    return ""


def _never(argument: str) -> str:
    """Why an argument is refused whatever the list says."""
    if not WORD.fullmatch(argument):
        return f"the argument '{argument}' is not a plain word"
    if SECRET_PATHS.search(argument):
        return f"'{argument}' may show a secret"
    return f"'{argument}' leads out of its folder" if ".." in argument else ""


def _fits(shape: str, argument: str) -> bool:
    parts = re.split(r"(\*\*|\*|#)", shape)
    return re.fullmatch("".join(PIECES.get(part) or re.escape(part) for part in parts), argument) is not None


def _door(program: str) -> str:
    """Why a program is no diagnostic, whatever its arguments."""
    name = _base(program)
    if name in SHELLS:
        return "is a shell"
    if name in REVEALING:
        return "prints the environment, and with it secrets"
    if name in STARTERS:
        return "starts any other program"
    return ""


def _base(program: str) -> str:
    """`/bin/sh` is sh."""
    return program.rstrip("/").rpartition("/")[2]
