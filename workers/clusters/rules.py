"""The shortest RBAC rule that would allow a call, as one line for whoever maintains the cluster."""

from workers.domain.actor import Actor
from workers.domain.call import Right


def rule(right: Right) -> str:
    """`rules: [{apiGroups: [apps], resources: [deployments/scale], verbs: [patch]}]`"""
    group = right.group or '""'
    return f"rules: [{{apiGroups: [{group}], resources: [{right.path}], verbs: [{right.verb}]}}]"


def advice(right: Right, actor: Actor) -> str:
    """The rule, the role it belongs in, and whom to bind."""
    groups = " or ".join(f"Group {group}" for group in sorted(actor.groups))
    role = f"a Role in namespace {right.namespace}" if right.namespace else "a ClusterRole"
    return (
        f"allow it with `{rule(right)}` in {role}, bound to User {actor.person_id}{f' or {groups}' if groups else ''}"
    )


def resource(right: Right) -> str:
    """`deployments.apps/scale`: as people name it."""
    name = f"{right.resource}.{right.group}" if right.group else right.resource
    return f"{name}/{right.subresource}" if right.subresource else name


def who(actor: Actor) -> str:
    """`alice (groups: sre)`"""
    groups = ", ".join(sorted(actor.groups)) or "none"
    return f"{actor.person_id} (groups: {groups})"
