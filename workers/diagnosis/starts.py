"""Containers that do not start: images (I1 to I9), missing settings (C13), mounts and sandboxes (C18)."""

import re
from collections.abc import Iterator

from workers.diagnosis.evidence import Evidence, called, family
from workers.diagnosis.finding import Finding, Sure
from workers.domain.value import Value
from workers.verbs.fields import Json, rows, text
from workers.verbs.pods import is_leaving

LONGEST = 300
PULLING = ("ErrImagePull", "ImagePullBackOff")


class Sign(Value):
    """A way in which an image cannot be had."""

    rule: str
    words: tuple[str, ...]  # any of them in the message, in lower case
    says: str
    sure: Sure
    then: str


# In order: the first that fits. Messages of containerd, CRI-O and Docker.
PULLS = (
    Sign(
        rule="I5",
        words=("toomanyrequests", "429 too many"),
        says="the registry limits how often it is asked",
        sure=Sure.STATED,
        then="wait, or pull as a known user",
    ),
    Sign(
        rule="I7",
        words=("no match for platform", "no matching manifest"),
        says="the image has no variant for the node's CPU architecture",
        sure=Sure.STATED,
        then="build it for that architecture, or choose other nodes",
    ),
    Sign(
        rule="I6",
        words=("x509:", "http response to https client"),
        says="the registry's certificate is not trusted, or it speaks plain HTTP",
        sure=Sure.STATED,
        then="look at the node's registry settings",
    ),
    Sign(
        rule="I3",
        words=("no such host",),
        says="the registry's name cannot be resolved",
        sure=Sure.STATED,
        then="look at the image's registry name and at the node's DNS",
    ),
    Sign(
        rule="I2",
        words=(
            "pull access denied",
            "insufficient_scope",
            "authorization failed",
            "unauthorized",
            "401",
            "403 forbidden",
        ),
        says="the registry does not let the node pull it",
        sure=Sure.STATED,
        then="look at imagePullSecrets; some registries answer so when the image does not exist",
    ),
    Sign(
        rule="I1",
        words=("manifest unknown", "not found", "manifest for"),
        says="there is no such image or tag",
        sure=Sure.STATED,
        then="compare with the image of the revision before; set another tag or roll back",
    ),
    Sign(
        rule="I9",
        words=("no space left on device",),
        says="the node's disk is full",
        sure=Sure.STATED,
        then="look at the node's conditions",
    ),
    Sign(
        rule="I4",
        words=("timeout", "deadline exceeded", "connection refused", "connection reset"),
        says="the registry does not answer the node",
        sure=Sure.LIKELY,
        then="look at the way out of the cluster, and at the registry",
    ),
)
OTHERS = {
    "InvalidImageName": ("I8", "the image's name is malformed"),
    "ErrImageNeverPull": ("I8", "the image is not on the node, and the pull policy is Never"),
    "ImageInspectError": ("I8", "the node cannot read the image that it has"),
}
LACKS = re.compile(r'(configmap|secret) "([^"]+)" not found', re.IGNORECASE)
KEY = re.compile(r"couldn't find key (\S+) in (configmap|secret) (\S+)", re.IGNORECASE)
MOUNTS = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "NetworkNotReady", "FailedMapVolume")


def images(seen: Evidence) -> Iterator[Finding]:
    for pod, one, reason, message in _waiting(seen):
        container, image = text(one, "name"), text(one, "image")
        if reason in OTHERS:
            rule, says = OTHERS[reason]
            yield _found(pod, rule, f"{says}: {image}", Sure.STATED, (f"{container} waits: {reason}",), container)
        elif reason in PULLING:
            told = next((e.message for e in seen.about(pod, "Failed") if "pull" in e.message.lower()), "") or message
            sign = next((s for s in PULLS if any(word in told.lower() for word in s.words)), None)
            sources = (
                f"{container} waits: {reason}",
                f"event: {told[:LONGEST]}" if told else "its events have expired",
            )
            if sign is None:
                yield _found(pod, "I", f"{image} cannot be pulled", Sure.HINT, sources, container)
            else:
                yield _found(pod, sign.rule, f"{image}: {sign.says}", sign.sure, sources, container, sign.then)


def settings(seen: Evidence) -> Iterator[Finding]:
    for pod, one, reason, message in _waiting(seen):
        if reason not in ("CreateContainerConfigError", "CreateContainerError"):
            continue
        container = text(one, "name")
        lacks, key = LACKS.search(message), KEY.search(message)
        if lacks:
            says = f"{lacks[1].lower()} '{lacks[2]}' does not exist"
        elif key:
            says = f"{key[2].lower()} '{key[3]}' has no key '{key[1]}'"
        elif "runAsNonRoot" in message:
            says = "its image runs as root, which its security context forbids"
        else:
            says = f"container {container} cannot be set up"
        sources = (f"{container} waits: {reason}", f"message: {message[:LONGEST]}")
        then = "make it, or correct the name; is it in another namespace?" if lacks or key else ""
        yield _found(pod, "C13", says, Sure.STATED, sources, container, then)


def mounts(seen: Evidence) -> Iterator[Finding]:
    """A pod that is being set up, and the newest reason why that takes long."""
    for pod in seen.pods:
        waiting = [text(s, "state", "waiting", "reason") for s in rows(pod, "status", "containerStatuses")]
        if is_leaving(pod) or not any(one in ("ContainerCreating", "PodInitializing") for one in waiting):
            continue
        one = next(seen.about(pod, *MOUNTS), None)
        if one is None:
            continue
        lacks = LACKS.search(one.message)
        if lacks:
            says, rule = f"{lacks[1].lower()} '{lacks[2]}', which it mounts, does not exist", "C13"
        elif "Multi-Attach" in one.message:
            says, rule = "its volume is still attached to another node", "V2"
        elif "SandBox" in one.reason or one.reason == "NetworkNotReady":
            says, rule = "the node cannot set up its network", "C18"
        else:
            says, rule = "a volume cannot be mounted", "C18"
        sources = (f"event {one.reason} {one.ago} ago, {one.count} times: {one.message[:LONGEST]}",)
        yield _found(pod, rule, says, Sure.STATED, sources, "")


def _waiting(seen: Evidence) -> Iterator[tuple[Json, Json, str, str]]:
    for pod in seen.pods:
        if is_leaving(pod):
            continue
        for one in (*rows(pod, "status", "initContainerStatuses"), *rows(pod, "status", "containerStatuses")):
            reason = text(one, "state", "waiting", "reason")
            if reason:
                yield pod, one, reason, text(one, "state", "waiting", "message")


def _found(
    pod: Json, rule: str, says: str, sure: Sure, sources: tuple[str, ...], container: str, then: str = ""
) -> Finding:
    return Finding(
        rule=rule,
        about=called(pod),
        says=says,
        sure=sure,
        sources=sources,
        then=then,
        family=f"{family(pod)}/{container}/{rule}",
    )
