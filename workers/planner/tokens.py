"""Text as words, with whatever is quoted or pasted kept apart as data. One pass, linear in the text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

SPACE = " \t\r\f\v\u00a0"
PAUSES = ",;!?()\n"  # each is a token of its own
TRAILING = ".:…"  # a full stop ends a sentence, a colon introduces; both only at the end of a word
CURLY = "\u2018", "\u2019"  # single quotation marks, as phones type them
QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“", "`": "`"}
APOSTROPHES = {"'": "'", CURLY[0]: CURLY[1]}
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,252}")  # what a quoted name may look like


@dataclass(slots=True)
class Token:
    """One word; `role` says what it was understood as, and is empty until then."""

    text: str
    low: str
    kind: str  # "word", "quote" (data, never planned from), "stop" (a pause or an end)
    quoted: bool = False
    role: str = ""

    @property
    def free(self) -> bool:
        return self.kind == "word" and not self.role


def vocabulary(text: str) -> frozenset[str]:
    """The words of a table cell."""
    return frozenset(text.split())


def word(text: str, *, quoted: bool = False) -> Token:
    low = text.lower().replace(CURLY[1], "'")
    return Token(text=text, low=low, kind="word", quoted=quoted)


def read(text: str) -> list[Token]:
    """The tokens of a text; a quoted single name is a word, every other quotation is one opaque token."""
    tokens: list[Token] = []
    i, size = 0, len(text)
    unclosed: set[str] = set()
    while i < size:
        char = text[i]
        if char in SPACE:
            i += 1
            continue
        if text.startswith("```", i):
            end = text.find("```", i + 3)
            inner = text[i + 3 : end if end >= 0 else size]
            tokens.append(Token(text=inner, low=inner.lower(), kind="quote"))
            i = end + 3 if end >= 0 else size
            continue
        closing = QUOTES.get(char) or APOSTROPHES.get(char)
        if closing and closing not in unclosed:
            end = _closing(text, i, closing, apostrophe=char in APOSTROPHES)
            if end < 0:
                unclosed.add(closing)
            else:
                tokens += _quotation(text[i + 1 : end])
                i = end + 1
                continue
        if char in PAUSES:
            if not (tokens and tokens[-1].kind == "stop" and tokens[-1].low == char and text[i - 1] == char):
                tokens.append(Token(text=char, low=char, kind="stop"))  # "!!!" is one end
            i += 1
            continue
        end = _end_of_word(text, i)
        tokens += _with_ending(text[i:end])
        i = end
    return tokens


def _closing(text: str, start: int, closing: str, *, apostrophe: bool) -> int:
    """Where a quotation ends, or -1. An apostrophe only closes at the end of a word."""
    if not apostrophe:
        return text.find(closing, start + 1)
    end = text.find(closing, start + 1)
    while end >= 0 and end + 1 < len(text) and text[end + 1].isalnum():
        end = text.find(closing, end + 1)
    return end


def _quotation(inner: str) -> list[Token]:
    if PLAIN.fullmatch(inner):
        return [word(inner, quoted=True)]
    return [Token(text=inner, low=inner.lower(), kind="quote")]


def _end_of_word(text: str, start: int) -> int:
    i = start + 1
    while i < len(text) and text[i] not in SPACE and text[i] not in QUOTES:
        if text[i] in PAUSES and not (
            text[i] == "," and text[i - 1].isalnum() and i + 1 < len(text) and text[i + 1].isalnum()
        ):
            break
        i += 1
    return i


def _with_ending(raw: str) -> list[Token]:
    """A word and the full stop or colon that ends it; `a,b` is two words unless it is a number or a selector."""
    if "," in raw and not raw.replace(",", "").isdigit() and "=" not in raw:
        found: list[Token] = []
        for part in raw.split(","):
            found += [*([Token(text=",", low=",", kind="stop")] if found else []), *_with_ending(part)]
        return found
    body = raw.rstrip(TRAILING)
    stop = raw[len(body) :]
    body = body.lstrip("[<{")
    body = body.rstrip("]>}") if body[:1] not in "[<{" and "=" not in body else body
    tokens = [word(body)] if body else []
    if stop:
        tokens.append(Token(text=stop, low="." if "." in stop else ":", kind="stop"))
    return tokens


def said(tokens: Iterable[Token]) -> str:
    return " ".join(token.text for token in tokens if token.kind != "stop")


def words(tokens: Iterable[Token]) -> list[str]:
    """Lower case, without quotations and pauses."""
    return [token.low for token in tokens if token.kind == "word" and not token.quoted]
