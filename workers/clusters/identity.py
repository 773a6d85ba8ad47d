"""What a cluster is, whatever its context is called: the uid of kube-system and the certificate authority."""

import hashlib
import re
import ssl
from collections.abc import Mapping

from workers.clusters.kubeconfig import Context
from workers.domain.call import Answer, Call, Shape
from workers.domain.cluster import Identity
from workers.domain.errors import ClusterUnreachable

KUBE_SYSTEM = Call(
    method="GET", group="", version="v1", resource="namespaces", name="kube-system", shape=Shape.METADATA
)
RULE = 'rules: [{apiGroups: [""], resources: [namespaces], resourceNames: [kube-system], verbs: [get]}]'
_FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def identity(context: Context, answer: Answer) -> Identity:
    """Raises ClusterUnreachable when what answered has no kube-system namespace with a uid."""
    metadata = answer.body.get("metadata") if isinstance(answer.body, Mapping) else None
    uid = metadata.get("uid") if isinstance(metadata, Mapping) else None
    if not isinstance(uid, str) or not uid:
        raise ClusterUnreachable(
            f"reading the identity of {context.name}: the answer names no uid",
            then="check that the kubeconfig's address is a Kubernetes API server",
        )
    return Identity(uid=uid, ca_fingerprint=fingerprint(context.authority))


def authorities(pem: str) -> str:
    """SHA-256 over the DER bytes of all certificates, whatever their order, in hex; empty without a readable one."""
    try:
        found = sorted(ssl.PEM_cert_to_DER_cert(one) for one in _FIRST.findall(pem))
    except ValueError:
        return ""
    return hashlib.sha256(b"".join(found)).hexdigest() if found else ""


def fingerprint(authority: str) -> str:
    """SHA-256 over the DER bytes of the first certificate, in hex; empty without one."""
    first = _FIRST.search(authority)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first[0])).hexdigest() if first else ""
