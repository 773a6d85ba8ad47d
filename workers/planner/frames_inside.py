"""What reaches into a container: a command, a file to copy, a port to forward. Words of a command are data."""

import re
import shlex
from collections.abc import Sequence

from workers.planner.frame import Found, take
from workers.planner.tokens import Token, vocabulary

PROGRAMS = vocabulary(
    """
    ls cat df du ps top free env printenv date uptime whoami id hostname uname pwd echo stat wc head tail grep find
    netstat ss ip ifconfig route ping nslookup dig host getent traceroute curl wget nc telnet openssl mount lsof nproc
    ulimit vmstat iostat dmesg kill sleep touch mkdir sh bash ash zsh tar gzip md5sum sha256sum sysctl strace tcpdump
    redis-cli psql pg_isready pg_dump pg_ctl mysql mysqladmin mongo mongosh kafka-topics kafka-consumer-groups
    kafka-configs kafka-topics.sh kafka-consumer-groups.sh rabbitmqctl etcdctl nginx java jstack jmap jcmd jps python
    python3 node npm ruby php rails rake perl go cassandra nodetool consul vault getconf sed awk test which rm mv cp
    chmod chown shell envoy apachectl supervisorctl printf true
    """
)
IMAGES_TOO = vocabulary(
    "nginx node python python3 java mysql mongo redis ruby php go curl envoy consul vault cassandra"
)
SHELLS = vocabulary("sh bash ash zsh shell terminal")
INTO = vocabulary("in inside on within against into from at for")
FILL = vocabulary("the a following this command commands: command: cmd `")
LEADS = vocabulary("command cmd with using --")
PATH = re.compile(r"(?:~|\.{1,2})?/[^\s:]*|[^\s:/]+(?:/[^\s:]+)*\.[A-Za-z0-9]{1,6}|[^\s:/]+(?:/[^\s:]+)+/?")
REMOTE = re.compile(r"([A-Za-z][A-Za-z0-9.-]{0,252}):((?:~|\.{1,2})?/[^\s:]*)")
PORTS = re.compile(r"\d{1,5}:\d{1,5}|:\d{1,5}")
HERE = vocabulary(
    """
    my local locally machine laptop computer desktop here file files folder directory dir localhost download disk
    """
)


def command(tokens: Sequence[Token], start: int, *, either: bool = False, behind: bool = False) -> Found:
    """The command of a head: right after it, or `behind` the object; `either` when the word may name an image."""
    i = start
    while i < len(tokens) and (tokens[i].low in FILL or (tokens[i].kind == "stop" and tokens[i].low == ":")):
        i += 1
    places = _words(tokens, i, either=either) if i < len(tokens) and not behind else []
    if not places:
        places = _led(tokens, start)
    if not places:
        return Found()
    text = tokens[places[0]].text
    if len(places) > 1:
        text = " ".join(
            shlex.quote(tokens[place].text) if tokens[place].kind == "quote" else tokens[place].text for place in places
        )
    take(*(tokens[place] for place in places))
    for token in tokens[start : places[0]]:
        if token.free and token.low in FILL | LEADS:
            take(token)
    return Found({"command": "sh" if text in SHELLS else text})


def _words(tokens: Sequence[Token], i: int, *, either: bool) -> list[int]:
    first = tokens[i]
    if not _program(first):
        return []
    if first.kind == "quote":
        return [i]
    end = i + 1
    while end < len(tokens) and tokens[end].kind != "stop" and tokens[end].low not in INTO:
        end += 1
    if either and first.low in IMAGES_TOO and (end == i + 1 or tokens[i + 1].low in ("pod", "container", "image")):
        return []
    return list(range(i, end))


def _led(tokens: Sequence[Token], start: int) -> list[int]:
    """Behind `--` or a colon all of the rest; behind `with command` a quotation or a program."""
    for i in range(start, len(tokens) - 1):
        rest = [j for j in range(i + 1, len(tokens)) if tokens[j].kind != "stop"]
        if tokens[i].low == "--" and tokens[i].kind == "word" and rest:
            return rest
        colon = tokens[i].kind == "stop" and tokens[i].low == ":"
        if (colon or tokens[i].low in LEADS) and rest and _program(tokens[rest[0]]):
            return rest if colon else _words(tokens, rest[0], either=False)
    return []


def _program(token: Token) -> bool:
    if token.kind != "word" or token.quoted:
        return token.kind != "stop"
    return (
        token.low in PROGRAMS
        or token.quoted
        or token.text.startswith(("/", "./"))
        or token.low.endswith((".sh", ".py"))
    )


def shell(tokens: Sequence[Token], _head: str) -> Found:
    """`open a bash session`: nothing but a shell is asked for."""
    for token in tokens:
        if token.free and token.low in SHELLS | {"session", "prompt", "interactive", "console"}:
            take(token)
    return Found()


def copy(tokens: Sequence[Token], _head: str) -> Found:
    """The first path is where from, the second where to."""
    found = Found()
    paths: list[tuple[str, Token]] = []
    for token in tokens:
        remote = REMOTE.fullmatch(token.text) if token.free else None
        if remote and not found.name:
            found.name = remote[1].lower()
            paths.append((remote[2], token))
        elif token.free and not token.low.startswith("@") and PATH.fullmatch(token.text):
            paths.append((token.text, token))
    if len(paths) > 2:
        found.problem = "it names more than two paths"
    for name, (path, token) in zip(("src", "dest"), paths, strict=False):
        found.params[name] = path
        take(token)
    if not paths:
        found.problem = "which file?"
    else:
        take(*(token for token in tokens if token.free and token.low in HERE))
    return found


def _local(tokens: Sequence[Token], i: int) -> bool:
    return any(token.low in ("local", "localhost", "locally") for token in tokens[max(0, i - 2) : i])


def ports(tokens: Sequence[Token], _head: str) -> Found:
    """`8080:80`, `8080 to 80`, `port 80 to local 8080`, `8080`."""
    pairs = [token for token in tokens if token.free and PORTS.fullmatch(token.text)]
    numbers = [i for i, token in enumerate(tokens) if token.free and token.low.isdecimal() and len(token.low) < 6]
    found = Found()
    if len(pairs) + (len(numbers) + 1) // 2 > 1:
        found.problem = "it names more than one port"
    elif pairs:
        found.params["ports"] = pairs[0].text
    elif len(numbers) == 2:
        first, second = numbers
        swapped = _local(tokens, second) and not _local(tokens, first)
        here, there = (second, first) if swapped else (first, second)
        found.params["ports"] = f"{tokens[here].low}:{tokens[there].low}"
    elif numbers:
        found.params["ports"] = tokens[numbers[0]].low
    else:
        found.problem = "which ports? say '8080:80'"
    take(*pairs, *(tokens[i] for i in numbers))
    take(*(t for t in tokens if t.free and t.low in HERE | {"port", "ports", "remote", "->", "tunnel"}))
    return found
