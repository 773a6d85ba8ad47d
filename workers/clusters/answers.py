"""A reply that the server accepted, as an Answer: decoded, with its audit id and warnings."""

import re
from collections.abc import Mapping

import msgspec

from workers.clusters.lists import decode
from workers.clusters.transport import Reply, Request
from workers.domain.call import Answer, Call, Shape
from workers.domain.errors import ClusterUnreachable, KubechatError, OutcomeUnknown
from workers.domain.redact import visible

# RFC 7234 section 5.5: code, agent, quoted text; Kubernetes sends 299 and "-".
WARNING = re.compile(r'\s*\d{3} \S+ "((?:[^"\\]|\\.)*)"(?: "[^"]*")?\s*(?:,|$)')
MOST_WARNINGS = 20


def answer(call: Call, request: Request, reply: Reply) -> Answer:
    """Raises ClusterUnreachable (or OutcomeUnknown for a write) when what came is not JSON."""
    known_as, said = audit_id(reply.headers), warnings(reply)
    if call.shape is Shape.TEXT:
        text = reply.body.decode(errors="replace")
        return Answer(status=reply.status, text=text, audit_id=known_as, warnings=said)
    try:
        body = decode(call, reply.body) if reply.body else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _garbled(request, reply) from error
    return Answer(status=reply.status, body=body, audit_id=known_as, warnings=said)


def audit_id(headers: Mapping[str, str]) -> str:
    """As the API server names this call in its own audit log; empty when it keeps none."""
    return visible(headers.get("Audit-Id", ""))[:64]


def warnings(reply: Reply) -> tuple[str, ...]:
    """Each text once, in order."""
    found = (
        re.sub(r"\\(.)", r"\1", text) for line in reply.headers.getlist("Warning") for text in WARNING.findall(line)
    )
    return tuple(dict.fromkeys(visible(text)[:1000] for text in found))[:MOST_WARNINGS]


def _garbled(request: Request, reply: Reply) -> KubechatError:
    kind = visible(reply.headers.get("Content-Type", "nothing"))[:80]
    said = f"{request.doing}: the server answered {reply.status} with {kind} that is not the JSON asked for"
    if request.changes:
        return OutcomeUnknown(said, now="it was accepted", then="look at the object before doing it again")
    return ClusterUnreachable(said, now="it may not be a Kubernetes API server", then="check the kubeconfig's address")
