"""What is made anew, of which image, and from which file. Names of new things are in no index, so they stand here."""

import re
from collections.abc import Sequence

from workers.planner.frame import IMAGE, Found, before, take, whole
from workers.planner.kinds import kind_at
from workers.planner.tokens import Token, vocabulary

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
CALLED = vocabulary("called named name --name")
JOINTS = vocabulary(
    """
    in on at with from for using image running of to and under inside within that which called named run now please
    by the a an targeting via one named, pod container deployment namespace job replicas command as into
    """
)
FILL = vocabulary(
    """
    a an the new another throwaway temporary temp debug debugging one-off oneoff quick ephemeral disposable test empty
    simple small short-lived single bare plain fresh basic
    """
)
IMAGE_LEADS = vocabulary("image --image image: of from using running with img")
PAIR = re.compile(r"[A-Za-z0-9._-]{1,253}=.*", re.DOTALL)
FILE = re.compile(
    r"(?:https?://)?[^\s]{0,400}\.(?:ya?ml|json)|(?:\.{1,2}/|/|~/)[^\s]{1,400}|[A-Za-z0-9._-]{1,100}(?:/[A-Za-z0-9._-]{1,100}){1,12}/?|[A-Za-z0-9._-]{1,100}/"
)
FILE_WORDS = vocabulary(
    """
    file files manifest manifests kustomization kustomize overlay yaml yamls config configuration directory folder dir
    -f -k changes
    """
)


def new(tokens: Sequence[Token], head: str) -> Found:
    """`configmap app-settings with LOG_LEVEL=debug`, `nginx pod named web-server`; kind "" when none is said."""
    found = Found()
    at, size = _kind_place(tokens)
    if at < 0:
        return found
    found.kind = kind_at(tokens, at)[0]
    name = _called(tokens)
    if name is None and at + size < len(tokens) and _is_name(tokens[at + size]):
        name = tokens[at + size]
    before_kind = tokens[at - 1] if at and _stands_before(tokens[at - 1], found.kind, head) else None
    _image(tokens, found)
    if before_kind and before_kind.low not in FILL:
        if found.kind == "pod" and ("image" not in found.params or name is not None):
            found.params.setdefault("image", before_kind.text)
            take(before_kind)
        elif name is None:
            name = before_kind
    if name is not None:
        found.name = name.low
        take(name)
    take(*tokens[at : at + size])
    _rest(tokens, found)
    return found


def _stands_before(token: Token, kind: str, head: str) -> bool:
    """A name, or the image of a pod: `nginx pod`, `curlimages/curl pod`."""
    image = kind == "pod" and _may_be_image(token)
    return (_is_name(token) or image) and token.low not in head.split()


def _kind_place(tokens: Sequence[Token]) -> tuple[int, int]:
    """Where the kind of the new thing stands: the first, before any joint that leads to a place."""
    for i, token in enumerate(tokens):
        if token.free and token.low in ("in", "on", "from", "for"):
            break
        if token.free and token.low == "container":
            token.low = "pod"
        kind, size = kind_at(tokens, i)
        if kind:
            return i, size
    return -1, 0


def _called(tokens: Sequence[Token]) -> Token | None:
    for i, token in enumerate(tokens[:-1]):
        if token.free and token.low in CALLED:
            take(token)
            if tokens[i + 1].kind == "word" and NAME.fullmatch(tokens[i + 1].low):
                return tokens[i + 1]
    return None


def _is_name(token: Token) -> bool:
    return token.free and token.low not in JOINTS and token.low not in FILL and bool(NAME.fullmatch(token.low))


def _image(tokens: Sequence[Token], found: Found) -> None:
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        key, equals, value = token.text.partition("=")
        if equals and key in ("image", "--image") and value:
            found.params["image"] = value
            take(token)
        elif token.low in ("image", "--image", "image:") and i + 1 < len(tokens) and _may_be_image(tokens[i + 1]):
            found.params["image"] = tokens[i + 1].text
            take(token, tokens[i + 1])
        elif token.low == "image" and i and _may_be_image(tokens[i - 1]) and tokens[i - 1].low not in FILL:
            found.params["image"] = tokens[i - 1].text
            take(token, tokens[i - 1])
        elif token.low in ("using", "running", "from") and i + 1 < len(tokens) and ":" in tokens[i + 1].text:
            if IMAGE.fullmatch(tokens[i + 1].text):
                found.params["image"] = tokens[i + 1].text
                take(token, tokens[i + 1])
        elif token.low == "running" and i + 1 < len(tokens) and _is_name(tokens[i + 1]):
            found.params["image"] = tokens[i + 1].text
            take(token, tokens[i + 1])


def _may_be_image(token: Token) -> bool:
    return (
        token.free
        and token.low not in JOINTS
        and bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,300}", token.text))
    )


def _rest(tokens: Sequence[Token], found: Found) -> None:
    pairs: list[str] = []
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        key, equals, value = token.text.partition("=")
        count = whole(token.low)
        if equals and key in ("replicas", "--replicas") and whole(value) is not None:
            found.params["replicas"] = int(value)
            take(token)
        elif equals and PAIR.fullmatch(token.text):
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            text = token.text
            if not value and following and (following.kind == "quote" or following.quoted):
                text += following.text
                take(following)
            pairs.append(text)
            take(token)
        elif count is not None and i + 1 < len(tokens) and tokens[i + 1].low in ("replicas", "replica", "copies"):
            found.params["replicas"] = count
            take(token, tokens[i + 1])
        elif count is not None and before(tokens, i) in ("replicas", "replica"):
            found.params["replicas"] = count
            take(token)
        elif token.low in FILL | {"data", "key", "entry", "literal"}:
            take(token)
    if pairs:
        found.params["data"] = ",".join(pairs)


def file(tokens: Sequence[Token], _head: str) -> Found:
    """A file, a folder or an address to apply."""
    files = [token for token in tokens if token.kind == "word" and token.role in ("",) and FILE.fullmatch(token.text)]
    take(*files)
    take(*(token for token in tokens if token.free and token.low in FILE_WORDS))
    if len(files) != 1:
        return Found(problem="which file? one at a time" if files else "which file?")
    return Found({"filename": files[0].text})


def is_file(token: Token) -> bool:
    return token.kind == "word" and bool(re.fullmatch(r"\S{1,400}\.(?:ya?ml|json)|\.{1,2}/\S{1,400}", token.text))
