"""Which words ask for which verb. A pattern is words, `*` for up to six words between, `a|b` for either.

A head stands at the beginning of a clause (after politeness and place); an anywhere-pattern may stand behind its
object.
The unknown verbs are no Verb of this release and become a refusal with a hint.
"""

from collections.abc import Mapping

from workers.domain.action import Verb
from workers.planner.tokens import vocabulary

DELETE = "delete"  # becomes delete_pod when the object is a pod
SET = "set"  # becomes scale or set_image by what it is set to
ADD = "add"  # becomes scale when replicas are added or removed
ROLL_TO = "deploy"  # becomes set_image when a version is named
VAGUE = "vague"  # a request whose remedy is not named

# --- changes: head patterns, longest first within a verb does not matter: the longest match wins -------------------
HEADS: Mapping[str, tuple[str, ...]] = {
    Verb.RESTART: (
        "restart", "re-start", "rolling restart", "rollout restart", "do a rollout|rolling restart", "do a restart",
        "trigger a rollout|rolling restart", "bounce", "kick", "cycle", "recycle", "reboot", "roll", "power cycle",
        "perform a rollout|rolling restart", "perform a restart", "give * a restart|bounce|kick",
        "kick off a restart",
        "issue a restart", "bounce the pods", "roll the pods",
    ),
    Verb.SCALE: (
        "scale", "scale * up|down|out|in", "scale up|down|out|in", "resize", "double", "halve", "triple",
        "crank * up|down",
        "crank up|down", "dial * up|down", "dial up|down", "upscale", "downscale", "grow", "shrink", "ramp up|down",
        "ramp * up|down",
    ),
    Verb.ROLLBACK: (
        "rollback", "roll back", "roll * back", "rollout undo", "undo", "revert", "back out", "back * out",
        "put * back on", "put * back to", "do a rollback", "go back to", "take * back to", "bring * back to",
    ),
    ROLL_TO: (
        "deploy", "ship", "promote", "release", "push", "roll out", "rollout", "upgrade", "downgrade", "pin", "move",
        "switch", "update", "bump", "change",
    ),
    SET: ("set", "set * image", "bump * replicas|replica", "update * replicas", "change * replicas", "need",
        "we need", "want",
          "i want", "i need", "increase", "decrease", "reduce", "raise", "lower", "bring", "take * to",
          "take * down", "drop"),
    ADD: ("add", "remove * replica|replicas|instance|instances",
        "remove one|two|three|four|five|1|2|3|4|5 pod|pods", "take away # replicas|pods", "spin up"),
    DELETE: ("delete", "force delete|kill|remove", "forcibly delete|kill", "kill", "remove", "nuke", "terminate",
        "destroy", "zap", "wipe", "erase", "purge", "get rid of",
             "del", "rm", "bin", "trash", "drop the|all|every"),
    Verb.CORDON: (
        "cordon", "cordon off", "no new pods on", "stop scheduling on|to", "stop scheduling pods|new on|to",
        "disable scheduling on",
        "mark * unschedulable", "make * unschedulable", "mark * as unschedulable", "no more pods on",
        "don't schedule anything|pods on", "block scheduling on",
    ),
    Verb.UNCORDON: (
        "uncordon", "un-cordon", "put * back into service|rotation|scheduling", "put * back in service|rotation",
        "allow scheduling on",
        "allow scheduling on * again", "enable|re-enable scheduling on", "mark * schedulable", "make * schedulable",
        "mark * as schedulable", "allow pods on", "bring * back into service|rotation", "resume scheduling on",
    ),
}  # fmt: skip

ANYWHERE: Mapping[str, tuple[str, ...]] = {
    Verb.RESTART: ("needs a restart|bounce|kick|reboot", "need a restart|bounce|kick|reboot",
        "needs restarting|bouncing",
                   "needs to be restarted|bounced|recycled"),
    Verb.ROLLBACK: ("needs a rollback", "needs to be rolled back", "needs rolling back"),
}  # fmt: skip

# --- verbs that other releases bring: word -> what kubectl would call it ----------------------------------------------
UNKNOWN: Mapping[str, tuple[str, ...]] = {
    "kubectl drain NODE": ("drain", "evacuate", "empty out"),
    "kubectl evict POD": ("evict",),
    "kubectl exec": ("exec", "exec into", "shell into", "ssh", "ssh into", "open a shell|bash|terminal", "attach",
    "run * in", "jump into"),
    "kubectl apply -f": ("apply",),
    "kubectl patch": ("patch", "set env", "set * limit|limits|request|requests", "set cpu|memory", "edit",
    "give * as its limit",
                      "give * of memory|cpu", "raise * limit|limits", "increase * limit|limits",
                      "bump * limit|limits", "set * env",
                      "lower * limit|limits", "set * maxreplicas", "suspend", "replace"),
    "kubectl create": ("create", "run", "start", "launch", "make a", "trigger", "expose", "schedule"),
    "kubectl label": ("label", "unlabel", "tag"),
    "kubectl annotate": ("annotate", "put an annotation", "add * annotation", "add * label"),
    "kubectl rollout pause": ("pause", "hold", "freeze", "unpause", "resume"),
    "kubectl autoscale": ("autoscale", "create * autoscaler", "create * hpa"),
    "kubectl cp": ("cp", "copy", "grab the file", "download the file", "upload"),
    "kubectl port-forward": ("port-forward", "port forward", "portforward", "forward port", "forward"),
    "kubectl taint": ("taint", "untaint"),
}  # fmt: skip

VAGUE_HEADS = ("make", "move", "bring", "handle", "do", "change", "adjust", "modify", "migrate", "rebalance",
    "cancel", "stop",
               "shut down", "turn off", "turn on", "start", "disable", "enable", "put", "and", "check",
               "what about", "is it",
               "same for", "now", "also", "again", "retry", "try", "undo", "go", "proceed", "continue", "unstick",
               "tune",
               "optimize", "optimise", "swap", "replace", "clean", "clean up")  # fmt: skip

# --- typing mistakes in verbs; everything else that is misspelt is looked up among live names ------------------------
MISSPELT: Mapping[str, str] = {
    "scael": "scale", "sclae": "scale", "scal": "scale", "restrat": "restart", "resart": "restart",
    "restar": "restart",
    "retsart": "restart", "restartt": "restart", "rsetart": "restart", "rolback": "rollback", "rollbakc": "rollback",
    "rolllback": "rollback", "delte": "delete", "deleet": "delete", "dlete": "delete", "crodon": "cordon",
    "cordn": "cordon",
    "uncordn": "uncordon", "decsribe": "describe", "descirbe": "describe", "desribe": "describe", "lgos": "logs",
    "losg": "logs",
    "logz": "logs", "shwo": "show", "sohw": "show", "lsit": "list", "gte": "get", "evetns": "events",
    "evnets": "events",
    "tpo": "top", "depoly": "deploy", "updrade": "upgrade", "pdos": "pods", "posd": "pods",
    "deploymnets": "deployments",
    "deplyoment": "deployment", "deploymnet": "deployment", "nodse": "nodes", "namesapce": "namespace",
    "namepsace": "namespace",
    "replcias": "replicas", "repicas": "replicas", "relpicas": "replicas", "rollotu": "rollout", "histroy": "history",
    "whats": "what's", "hows": "how's", "servcies": "services", "statefullset": "statefulset",
    "stateful-set": "statefulset",
    "deamonset": "daemonset", "daemon-set": "daemonset",
}  # fmt: skip

# --- which kinds a change works on ---------------------------------------------------------------------------------
WORKS_ON: Mapping[str, tuple[str, ...]] = {
    Verb.SCALE: ("deployment", "statefulset"),
    Verb.RESTART: ("deployment", "statefulset", "daemonset"),
    Verb.ROLLBACK: ("deployment", "statefulset", "daemonset"),
    Verb.SET_IMAGE: ("deployment", "statefulset", "daemonset"),
    Verb.ROLLOUT_STATUS: ("deployment", "statefulset", "daemonset"),
    Verb.ROLLOUT_HISTORY: ("deployment", "statefulset", "daemonset"),
    Verb.DELETE_POD: ("pod",),
    Verb.CORDON: ("node",),
    Verb.UNCORDON: ("node",),
}
WORKLOAD_WORDS = vocabulary(
    """
    service component server pod svc services pods application workload broker replicas brokers replicaset
    instances microservice app
    """
)  # fmt: skip
