"""Which image or version, and which revision."""

from collections.abc import Sequence

from workers.domain.action import Parameter
from workers.planner.frame import IMAGE, VERSION, Found, before, container, take
from workers.planner.tokens import Token


def set_image(tokens: Sequence[Token], _head: str) -> Found:
    """A full image, or a tag for the image that is there; `from v1 to v2` means v2."""
    params: dict[str, Parameter] = {}
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        name, equals, image = token.text.partition("=")
        if equals and IMAGE.fullmatch(image):
            params |= {"container": name, "image": image}
            take(token)
        elif ("/" in token.text or "@" in token.text or ":" in token.text) and IMAGE.fullmatch(token.text):
            if "image" in params:
                return Found(problem="it names more than one image")
            params["image"] = token.text
            take(token)
        elif VERSION.fullmatch(token.low) or (
            token.low in ("latest", "stable") and before(tokens, i) in ("tag", "version", "to")
        ):
            if before(tokens, i) == "from" and "to" in {t.low for t in tokens[i:]}:
                take(token, tokens[i - 1])
            elif "tag" in params:
                return Found(params, problem="it names more than one version")
            else:
                params["tag"] = token.text
                take(token)
    container(tokens, params)
    if "image" in params and "tag" in params:
        return Found(params, problem="it names an image and another version")
    return Found(params, "" if {"image", "tag"} & set(params) else "which version?")


def rollback(tokens: Sequence[Token], _head: str) -> Found:
    """`to revision 25`; a version instead of a revision becomes set_image in the caller."""
    found = Found()
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        prior = before(tokens, i)
        digits = token.low.removeprefix("#").removeprefix("rev").removeprefix("r")
        is_number = digits.isdecimal() and len(digits) < 10
        if is_number and (prior in ("revision", "rev", "to", "number") or token.low[0] in "#r"):
            if "revision" in found.params:
                found.problem = "it names more than one revision"
            found.params["revision"] = int(digits)
            take(token)
        elif token.low in ("revision", "rev", "revisions"):
            take(token)
    return found
