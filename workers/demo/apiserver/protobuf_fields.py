"""Field numbers of the messages kubectl's typed commands send: reviews, evictions and what `kubectl create` makes.

Source: k8s.io/api/*/generated.proto, v1.36. Types: s text, x bytes (base64 in JSON), i number, b truth; a capital is a
pointer, kept when zero; a trailing * repeats; `{s}`, `{x}` and `{q}` (quantities) are maps from text; other words name
a message.
"""

from __future__ import annotations

Message = dict[int, tuple[str, str]]  # number -> name in JSON, type

_NAMED: Message = {1: ("name", "s")}
_ACCESS: Message = {1: ("resourceAttributes", "ResourceAttributes"), 2: ("nonResourceAttributes", "PathAttributes")}
_RULES: Message = {1: ("metadata", "ObjectMeta"), 2: ("rules", "PolicyRule*")}
_BINDING: Message = {1: ("metadata", "ObjectMeta"), 2: ("subjects", "Subject*"), 3: ("roleRef", "RoleRef")}


def _object(spec: str) -> Message:
    return {1: ("metadata", "ObjectMeta"), 2: ("spec", spec), 3: ("status", "-")}


# Kinds come first: a request body is one of these.
MESSAGES: dict[str, Message] = {
    "SelfSubjectAccessReview": _object("AccessSpec"),
    "SelfSubjectRulesReview": _object("RulesSpec"),
    "SelfSubjectReview": {1: ("metadata", "ObjectMeta"), 2: ("status", "-")},
    "SubjectAccessReview": _object("SubjectAccessSpec"),
    "LocalSubjectAccessReview": _object("SubjectAccessSpec"),
    "HorizontalPodAutoscaler": _object("ScalerSpec"),  # of autoscaling/v2, which kubectl tries first
    "Eviction": {1: ("metadata", "ObjectMeta"), 2: ("deleteOptions", "DeleteOptions")},
    "DeleteOptions": {
        1: ("gracePeriodSeconds", "I"),
        2: ("preconditions", "Preconditions"),
        3: ("orphanDependents", "B"),
        4: ("propagationPolicy", "s"),
        5: ("dryRun", "s*"),
    },
    "Scale": _object("ScaleSpec"),
    "ConfigMap": {1: ("metadata", "ObjectMeta"), 2: ("data", "{s}"), 3: ("binaryData", "{x}"), 4: ("immutable", "B")},
    "Secret": {
        1: ("metadata", "ObjectMeta"),
        2: ("data", "{x}"),
        3: ("type", "s"),
        4: ("stringData", "{s}"),
        5: ("immutable", "B"),
    },
    "Namespace": _object("NamespaceSpec"),
    "ServiceAccount": {
        1: ("metadata", "ObjectMeta"),
        3: ("imagePullSecrets", "Named*"),
        4: ("automountServiceAccountToken", "B"),
    },
    "Deployment": _object("DeploymentSpec"),
    "Job": _object("JobSpec"),
    "CronJob": _object("CronJobSpec"),
    "Role": _RULES,
    "ClusterRole": _RULES,
    "RoleBinding": _BINDING,
    "ClusterRoleBinding": _BINDING,
    # Parts
    "Named": _NAMED,
    "ObjectMeta": {
        1: ("name", "s"),
        2: ("generateName", "s"),
        3: ("namespace", "s"),
        4: ("selfLink", "s"),
        5: ("uid", "s"),
        6: ("resourceVersion", "s"),
        7: ("generation", "-"),
        8: ("creationTimestamp", "-"),
        11: ("labels", "{s}"),
        12: ("annotations", "{s}"),
        13: ("ownerReferences", "OwnerReference*"),
        14: ("finalizers", "s*"),
    },
    "OwnerReference": {
        1: ("kind", "s"),
        3: ("name", "s"),
        4: ("uid", "s"),
        5: ("apiVersion", "s"),
        6: ("controller", "B"),
        7: ("blockOwnerDeletion", "B"),
    },
    "Preconditions": {1: ("uid", "s"), 2: ("resourceVersion", "s")},
    "AccessSpec": _ACCESS,
    "SubjectAccessSpec": {**_ACCESS, 3: ("user", "s"), 4: ("groups", "s*"), 6: ("uid", "s")},
    "ResourceAttributes": {
        1: ("namespace", "s"),
        2: ("verb", "s"),
        3: ("group", "s"),
        4: ("version", "s"),
        5: ("resource", "s"),
        6: ("subresource", "s"),
        7: ("name", "s"),
    },
    "PathAttributes": {1: ("path", "s"), 2: ("verb", "s")},
    "RulesSpec": {1: ("namespace", "s")},
    "ScaleSpec": {1: ("replicas", "i")},
    "NamespaceSpec": {1: ("finalizers", "s*")},
    "DeploymentSpec": {
        1: ("replicas", "I"),
        2: ("selector", "LabelSelector"),
        3: ("template", "PodTemplate"),
        4: ("strategy", "DeploymentStrategy"),
        5: ("minReadySeconds", "i"),
        6: ("revisionHistoryLimit", "I"),
        7: ("paused", "b"),
        9: ("progressDeadlineSeconds", "I"),
    },
    "DeploymentStrategy": {1: ("type", "s")},
    "JobSpec": {
        1: ("parallelism", "I"),
        2: ("completions", "I"),
        3: ("activeDeadlineSeconds", "I"),
        4: ("selector", "LabelSelector"),
        6: ("template", "PodTemplate"),
        7: ("backoffLimit", "I"),
        8: ("ttlSecondsAfterFinished", "I"),
        9: ("completionMode", "s"),
        10: ("suspend", "B"),
        14: ("podReplacementPolicy", "s"),
    },
    "CronJobSpec": {
        1: ("schedule", "s"),
        2: ("startingDeadlineSeconds", "I"),
        3: ("concurrencyPolicy", "s"),
        4: ("suspend", "B"),
        5: ("jobTemplate", "JobTemplate"),
        6: ("successfulJobsHistoryLimit", "I"),
        7: ("failedJobsHistoryLimit", "I"),
        8: ("timeZone", "s"),
    },
    "JobTemplate": {1: ("metadata", "ObjectMeta"), 2: ("spec", "JobSpec")},
    "ScalerSpec": {
        1: ("scaleTargetRef", "ScaledObject"),
        2: ("minReplicas", "I"),
        3: ("maxReplicas", "i"),
        4: ("metrics", "ScalerMetric*"),
    },
    "ScaledObject": {1: ("kind", "s"), 2: ("name", "s"), 3: ("apiVersion", "s")},
    "ScalerMetric": {1: ("type", "s"), 4: ("resource", "ScalerResource")},
    "ScalerResource": {1: ("name", "s"), 2: ("target", "ScalerTarget")},
    "ScalerTarget": {1: ("type", "s"), 4: ("averageUtilization", "I")},
    "LabelSelector": {1: ("matchLabels", "{s}"), 2: ("matchExpressions", "Expression*")},
    "Expression": {1: ("key", "s"), 2: ("operator", "s"), 3: ("values", "s*")},
    "PodTemplate": {1: ("metadata", "ObjectMeta"), 2: ("spec", "PodSpec")},
    "PodSpec": {
        2: ("containers", "Container*"),
        3: ("restartPolicy", "s"),
        4: ("terminationGracePeriodSeconds", "I"),
        6: ("dnsPolicy", "s"),
        7: ("nodeSelector", "{s}"),
        8: ("serviceAccountName", "s"),
        9: ("serviceAccount", "s"),
        14: ("securityContext", "PodSecurityContext"),
        15: ("imagePullSecrets", "Named*"),
        19: ("schedulerName", "s"),
        20: ("initContainers", "Container*"),
        21: ("automountServiceAccountToken", "B"),
    },
    "PodSecurityContext": {
        2: ("runAsUser", "I"),
        3: ("runAsNonRoot", "B"),
        5: ("fsGroup", "I"),
        6: ("runAsGroup", "I"),
        10: ("seccompProfile", "SeccompProfile"),
    },
    "SeccompProfile": {1: ("type", "s"), 2: ("localhostProfile", "s")},
    "Container": {
        1: ("name", "s"),
        2: ("image", "s"),
        3: ("command", "s*"),
        4: ("args", "s*"),
        5: ("workingDir", "s"),
        6: ("ports", "ContainerPort*"),
        7: ("env", "EnvVar*"),
        8: ("resources", "Resources"),
        13: ("terminationMessagePath", "s"),
        14: ("imagePullPolicy", "s"),
        15: ("securityContext", "SecurityContext"),
        20: ("terminationMessagePolicy", "s"),
    },
    "Resources": {1: ("limits", "{q}"), 2: ("requests", "{q}")},
    "SecurityContext": {
        2: ("privileged", "B"),
        4: ("runAsUser", "I"),
        5: ("runAsNonRoot", "B"),
        6: ("readOnlyRootFilesystem", "B"),
        7: ("allowPrivilegeEscalation", "B"),
        8: ("runAsGroup", "I"),
        11: ("seccompProfile", "SeccompProfile"),
    },
    "ContainerPort": {1: ("name", "s"), 2: ("hostPort", "i"), 3: ("containerPort", "i"), 4: ("protocol", "s")},
    "EnvVar": {1: ("name", "s"), 2: ("value", "s")},
    "PolicyRule": {
        1: ("verbs", "s*"),
        2: ("apiGroups", "s*"),
        3: ("resources", "s*"),
        4: ("resourceNames", "s*"),
        5: ("nonResourceURLs", "s*"),
    },
    "Subject": {1: ("kind", "s"), 2: ("apiGroup", "s"), 3: ("name", "s"), 4: ("namespace", "s")},
    "RoleRef": {1: ("apiGroup", "s"), 2: ("kind", "s"), 3: ("name", "s")},
}
