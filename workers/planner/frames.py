"""One frame for each change: what reads its parameters before places and names are looked for, and what after."""

from collections.abc import Callable, Mapping, Sequence

from workers.domain.action import Verb
from workers.planner.frame import Found, nothing
from workers.planner.frames_fields import field
from workers.planner.frames_image import rollback, set_image
from workers.planner.frames_inside import copy, ports, shell
from workers.planner.frames_marks import annotations, labels
from workers.planner.frames_new import file, new
from workers.planner.frames_pods import chosen, emptied
from workers.planner.frames_scale import autoscale, scale
from workers.planner.tokens import Token

Frame = Callable[[Sequence[Token], str], Found]

# Words that could be taken for a place, a kind or a name, were they not read first.
FIRST: Mapping[str, Frame] = {
    Verb.LABEL: labels, Verb.ANNOTATE: annotations, Verb.DRAIN: emptied, Verb.EVICT: emptied, "delete": emptied,
    Verb.CP: copy, Verb.PORT_FORWARD: ports, Verb.APPLY: file, Verb.CREATE: new,
}  # fmt: skip

# With places, kinds and names known.
CHANGES: Mapping[str, Frame] = {
    Verb.SCALE: scale, Verb.SET_IMAGE: set_image, Verb.ROLLBACK: rollback, Verb.DELETE_POD: chosen,
    Verb.EVICT: chosen, Verb.PATCH: field, Verb.AUTOSCALE: autoscale, Verb.EXEC: shell,
    **dict.fromkeys(
        (Verb.RESTART, Verb.CORDON, Verb.UNCORDON, Verb.DRAIN, Verb.LABEL, Verb.ANNOTATE, Verb.PAUSE, Verb.RESUME,
         Verb.CP, Verb.PORT_FORWARD, Verb.APPLY, Verb.CREATE, Verb.RUN), nothing),
}  # fmt: skip
