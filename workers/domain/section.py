"""The neutral pieces that answers and cards are made of; each chat system renders them its own way."""

from typing import Annotated, Literal

from pydantic import Field

from workers.domain.value import Value


class Text(Value):
    type: Literal["text"] = "text"
    text: str


class Fields(Value):
    """Name and value pairs, in order."""

    type: Literal["fields"] = "fields"
    rows: tuple[tuple[str, str], ...]


class Table(Value):
    type: Literal["table"] = "table"
    title: str = ""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0  # rows left out


class FieldChange(Value):
    """One field before and after, as the server's dry-run says: `spec.replicas`, "4", "5"; None where absent."""

    path: str
    before: str | None
    after: str | None


class Diff(Value):
    type: Literal["diff"] = "diff"
    title: str = ""
    changes: tuple[FieldChange, ...]


class Log(Value):
    """Output from a cluster: data, shown between fences, never markup."""

    type: Literal["log"] = "log"
    title: str = ""
    lines: tuple[str, ...]
    more: int = 0  # lines left out at the front


Section = Annotated[Text | Fields | Table | Diff | Log, Field(discriminator="type")]
