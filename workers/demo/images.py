"""What becomes of a container once its image is set: it runs, it crashes, or it cannot be pulled."""

import re
from enum import Enum

REGISTRIES = ("registry.example.com", "registry.k8s.io", "quay.io", "docker.io", "ghcr.io", "gcr.io")

# The story's bad release crash-loops wherever it is set.
BAD_RELEASE = re.compile(r"(^|/)payment-worker:v2\.4\.0$")


class Fate(Enum):
    RUNS = "runs"
    CRASHES = "crashes"
    MISSING = "missing"


def fate(image: str) -> Fate:
    """What happens when a kubelet starts this image. Docker Hub short names (`redis:7.4`) are known."""
    if BAD_RELEASE.search(image):
        return Fate.CRASHES
    if "missing" in tag(image) or registry(image) not in REGISTRIES:
        return Fate.MISSING
    return Fate.RUNS


def tag(image: str) -> str:
    """The tag, `latest` when there is none."""
    last = image.rpartition("/")[2].partition("@")[0]
    return last.partition(":")[2] or "latest"


def registry(image: str) -> str:
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first) else "docker.io"


def with_tag(image: str, new: str) -> str:
    """The same repository with another tag."""
    path, slash, last = image.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}:{new}"


def older_tags(current: str, count: int) -> list[str]:
    """The releases before this one, newest first: `v2.3.1` gives `v2.3.0`, `v2.2.0`, ..."""
    prefix = "v" if current.startswith("v") else ""
    numbers = [int(part) for part in current.removeprefix("v").split(".")]
    tags = []
    for _ in range(count):
        place = max((index for index, value in enumerate(numbers) if value > 0), default=0)
        numbers[place] = max(0, numbers[place] - 1)
        tags.append(prefix + ".".join(map(str, numbers)))
    return tags
