"""The clusters that requests may name, and what makes one cluster itself."""

from collections.abc import Mapping

from workers.domain.value import ClusterName, Value


class Cluster(Value):
    name: ClusterName
    tier: str  # "production", "staging", "development"; unknown clusters count as production
    groups: frozenset[str] = frozenset()  # "prod", "nonprod"
    aliases: frozenset[str] = frozenset()  # "eu", "prod eu"
    reachable: bool = True  # as last seen by the prober
    detail: str = ""  # why not
    server: str = ""  # its address, as in the kubeconfig of the workers
    authorities: str = ""  # SHA-256 over all certificate authorities that are trusted for it, hex; "" for the system's


def tier_of(clusters: Mapping[ClusterName, Cluster], name: ClusterName) -> str:
    """The cluster's tier; a cluster that is not known, or not any more, counts as production."""
    return clusters[name].tier if name in clusters else "production"


class Identity(Value):
    """What a cluster is, whatever it is called: a context that points elsewhere has another identity."""

    uid: str  # of the kube-system namespace
    ca_fingerprint: str  # SHA-256 of the certificate authority, hex; "" when the system's own authorities are used
