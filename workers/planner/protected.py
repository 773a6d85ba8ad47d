"""What is refused before anybody is asked to approve it: stopping or deleting what a cluster itself lives on."""

from collections.abc import Iterable

from workers.domain.action import Verb
from workers.planner.answers import refuse
from workers.planner.names import Named
from workers.planner.places import Context
from workers.planner.steps import Params

NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease", "default"})
SYSTEM = "kube-system"
WORKLOADS = frozenset({"deployment", "statefulset", "daemonset", "cronjob", "replicaset"})
DATA = frozenset({"persistentvolumeclaim", "persistentvolume"})
NEVER = frozenset({"node", "customresourcedefinition", "persistentvolume", "storageclass"})


def check(verb: Verb, params: Params, targets: Iterable[Named], context: Context) -> None:
    """Raises a refusal that names the rule."""
    for named in targets:
        production = context.book.tiers.get(named.cluster) == "production"
        if verb is Verb.SCALE and params.get("replicas") == 0 and named.namespace == SYSTEM and production:
            raise refuse(
                "refused",
                f"{named.name or SYSTEM} belongs to {named.cluster} itself and is not stopped from chat",
                now="rule 'protected-namespaces'",
            )
        if verb is Verb.SCALE and params.get("replicas") == 0 and not named.name and production:
            raise refuse(
                "refused",
                f"all of {named.namespace} in {named.cluster} is not stopped from chat",
                now="rule 'unbounded-destruction'",
                then="name one workload",
            )
        if verb is Verb.DELETE:
            _check_deletion(named, production=production)


def _check_deletion(named: Named, *, production: bool) -> None:
    if named.kind == "namespace" and (named.name in NAMESPACES or production):
        raise refuse(
            "refused",
            f"namespace {named.name}, with all that is in it, is not deleted from chat",
            now="rule 'protected-namespaces'",
        )
    if named.kind in DATA and production:
        raise refuse(
            "refused",
            f"{named.name} holds data of production and is not deleted from chat",
            now="rule 'production-data'",
        )
    if named.kind in WORKLOADS and named.namespace == SYSTEM and production:
        raise refuse(
            "refused",
            f"{named.name} belongs to {named.cluster} itself and is not deleted from chat",
            now="rule 'protected-namespaces'",
        )
