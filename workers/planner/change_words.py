"""Which words ask for which change. A pattern is words, `*` for up to eight words between, `a|b` for either.

A head stands at the beginning of a clause (after politeness and place); an anywhere-pattern may stand behind its
object. A few heads are keys of their own: what they mean is told by what stands beside them (see `meaning`).
"""

from collections.abc import Mapping

from workers.domain.action import Verb
from workers.planner.tokens import vocabulary

DELETE = "delete"  # becomes delete_pod when the object is a pod
SET = "set"  # becomes scale, set_image or patch by what it is set to
ADD = "add"  # becomes scale, label or patch by what is added
ROLL_TO = "deploy"  # becomes set_image when a version is named, apply when a file is
RUN = "start"  # becomes exec, run, or create of a job by what is run
FETCH = "fetch"  # becomes cp when a file is named, else it reads
HOLD = "hold"  # becomes pause of a rollout or of a cronjob
OTHER = "other"  # kubectl knows it, Kubechat does not
VAGUE = "vague"  # a request whose remedy is not named

# Longest first within a verb does not matter: the longest match wins.
HEADS: Mapping[str, tuple[str, ...]] = {
    Verb.RESTART: (
        "restart", "re-start", "rolling restart", "rollout restart", "do a rollout|rolling restart", "do a restart",
        "trigger a rollout|rolling restart", "trigger a restart", "bounce", "kick", "cycle", "recycle", "reboot",
        "roll", "power cycle", "perform a rollout|rolling restart", "perform a restart",
        "give * a restart|bounce|kick|reboot", "kick off a restart", "kick off a rolling|rollout restart",
        "i|we need|want|like * restarted|bounced|recycled|kicked|rebooted|cycled",
        "need|get|have|want * restarted|bounced|recycled|kicked|rebooted|cycled", "issue a restart",
        "giving * restart|bounce|kick", "give * a rolling|rollout|quick|clean|fresh restart|start",
        "recreate", "recreate the pods|pod", "giving * a quick|rolling restart", "bounce the pods", "roll the pods",
        "restart the rollout", "refresh", "respawn",
    ),
    Verb.SCALE: (
        "scale", "scale * up|down|out|in", "scale up|down|out|in", "resize", "double", "halve", "triple",
        "quadruple", "crank * up|down", "crank up|down", "dial * up|down|back", "dial up|down|back", "upscale",
        "downscale", "grow", "shrink", "ramp up|down", "ramp * up|down", "turn * up|down to", "size * up|down",
        "make sure * has|have|runs|run * replicas|instances|copies|pods",
        "ensure * has|have|runs|run * replicas|instances|copies|pods", "double the number of", "halve the number of",
        "cut * in half", "cut * by half",
        "i|we need|want * scaled", "need|get|have|want * scaled", "rescale", "upsize", "downsize", "beef up",
        "scale back", "scale * back",
    ),
    Verb.ROLLBACK: (
        "rollback", "roll back", "roll * back", "rollout undo", "undo", "revert", "back out", "back * out",
        "put * back on", "put * back to", "do a rollback", "go back to", "take * back to", "bring * back to",
        "perform a rollback", "go back one revision", "move * back to", "return * to", "restore * to",
        "undo the rollout", "undo the last rollout|deploy|deployment|release", "backout", "roll-back",
        "i|we need|want * reverted|rolled", "need|get|have|want * reverted|rolled", "send * back to",
        "switch|change|flip * back to", "go * back to",
        "set * back to", "reset * to revision", "un-deploy",
    ),
    ROLL_TO: (
        "deploy", "redeploy", "ship", "promote", "release", "push", "roll out", "rollout", "upgrade", "downgrade",
        "pin", "move",
        "switch", "update", "bump", "change", "swap", "roll * forward to", "take * up to", "put", "install",
        "roll * to", "point * at|to", "get * onto", "use", "i|we need|want * upgraded|bumped|deployed|updated",
        "need|get|have|want * upgraded|bumped|deployed|updated",
    ),
    SET: (
        "set", "set * image", "bump * replicas|replica", "update * replicas", "change * replicas", "need", "we need",
        "want", "i want", "i need", "increase", "decrease", "reduce", "raise", "lower", "bring", "take * to",
        "take * down", "drop", "adjust", "put * at", "keep", "run * at", "cap", "limit", "bump", "give", "make",
        "configure", "expand", "extend", "enlarge",
    ),
    ADD: (
        "add", "remove * replica|replicas|instance|instances|copy|copies",
        "remove one|two|three|four|five|1|2|3|4|5 pod|pods", "take away * replicas|pods|instances",
        "put", "attach", "throw", "stick", "drop|kill one|two|three|1|2|3 replica|replicas|instance|instances",
        "take one|two|three|1|2|3 replica|replicas|instance|instances", "include",
    ),
    DELETE: (
        "delete", "force delete|kill|remove", "forcibly delete|kill|remove", "kill", "remove", "nuke", "terminate",
        "destroy", "zap", "wipe", "erase", "purge", "get rid of", "del", "rm", "bin", "trash", "drop the|all|every",
        "kill off", "clean up", "clean out", "clear out", "tear down", "delete off", "force-delete", "force-kill",
        "force-remove", "blow away",
        "i|we need|want * deleted|removed|killed|gone", "need|get|have|want * deleted|removed|killed",
        "throw away", "cleanup", "scrap", "take out", "drop", "clear", "axe", "evaporate", "force kill",
    ),
    Verb.CORDON: (
        "cordon", "cordon off", "no new pods on", "stop scheduling on|to|onto",
        "stop scheduling pods|new|workloads|anything on|to|onto", "stop scheduling new pods on|to|onto",
        "disable scheduling on|for", "mark * unschedulable", "make * unschedulable", "mark * as unschedulable",
        "no more pods on", "don't schedule anything|pods on", "block scheduling on", "set * unschedulable",
        "set * to unschedulable", "i|we need|want * cordoned", "need|get|have|want * cordoned",
        "prevent new pods on", "prevent scheduling on", "no new workloads on",
        "stop new pods on|landing", "stop new pods from landing on", "fence", "fence off", "turn off scheduling on",
        "take * out of scheduling|rotation|service",
    ),
    Verb.UNCORDON: (
        "uncordon", "un-cordon", "put * back into service|rotation|scheduling|use",
        "put * back in service|rotation|use", "put * back in the pool|rotation", "put * back into the pool|rotation",
        "allow scheduling on", "allow scheduling on * again", "enable|re-enable|reenable scheduling on|for",
        "mark * schedulable", "make * schedulable", "mark * as schedulable", "make * schedulable again",
        "i|we need|want * uncordoned", "need|get|have|want * uncordoned", "open * for scheduling",
        "open * up for scheduling", "open up * for scheduling", "allow pods on", "allow new pods on",
        "bring * back into service|rotation|use", "resume scheduling on",
        "turn * scheduling back on", "turn scheduling back on for|on", "let pods schedule on", "let pods on",
        "unfence", "return * to service|rotation", "return * to the pool|rotation", "set * schedulable",
    ),
    Verb.DRAIN: (
        "drain", "evacuate", "force drain", "forcefully drain", "gracefully drain",
        "i|we need|want * drained|evacuated", "need|get|have|want * drained|evacuated", "empty",
        "empty out", "drain off", "vacate", "do a drain of", "start draining",
        "move everything|workloads|all off|away", "move all pods|workloads off|from|away", "clear everything off",
        "get everything off", "move the pods|workloads off", "take * down for maintenance",
        "kick everything off", "prepare * for maintenance", "decommission", "empty * of pods",
    ),
    Verb.EXEC: (
        "exec", "exec into|in|on|inside|to", "shell into|in|to|on", "shell", "ssh", "ssh into|to|on",
        "open a|an shell|bash|terminal|session|prompt|sh", "open a bash|shell|sh|terminal|interactive session|shell",
        "open an interactive shell|session|terminal", "open shell|bash", "get|give me|us a shell|bash|terminal",
        "get me a shell|bash|terminal|prompt", "i need a shell|bash|terminal", "get a bash|shell session",
        "give me a bash|shell session|prompt", "start a shell|bash", "start a bash|shell session",
        "drop into|me into", "drop me into", "jump into|in", "attach to", "attach", "log into|in to", "login to",
        "hop into|on|onto", "bash into", "step into", "remote into", "exec a shell", "open a console", "rsh",
        "rsh into", "open up a shell|terminal", "terminal into",
        "spawn a shell|bash",
    ),
    RUN: (
        "run", "start", "launch", "trigger", "kick off", "fire off", "invoke", "rerun", "re-run", "spin up",
        "bring up", "boot up", "fire up", "start up", "kickoff", "execute", "run once", "manually run|trigger|start",
        "start|trigger|run|launch a|an run|execution of", "do a run of", "start a manual run of",
    ),
    Verb.EVICT: (
        "evict", "force evict", "use|via the eviction api on|for|to", "evict off", "push * off", "kick * off",
        "move * off", "boot * off", "get * off",
        "bump * off", "shift * off",
    ),
    Verb.CREATE: ("create", "make a|an|the new", "make a|an", "make", "provision", "set up", "new", "setup",
        "stand up"),
    Verb.AUTOSCALE: (
        "autoscale", "auto-scale", "auto scale", "create|add|make|need|want|configure a|an|the * autoscaler|hpa",
        "create|add|set|setup|configure|enable|put|attach * horizontalpodautoscaler",
        "create|add|setup|configure|enable|put|attach * autoscaler|hpa|autoscaling|autoscale",
        "make|let|have * autoscale", "set up * autoscaler|hpa|autoscaling|horizontalpodautoscaler",
        "turn on autoscaling", "set up autoscaling",
        "horizontally autoscale", "enable hpa|autoscaling",
    ),
    Verb.LABEL: (
        "label", "unlabel", "relabel", "tag", "untag", "add * label|labels", "put * label|labels",
        "set * label|labels",
        "attach * label|labels", "apply * label|labels", "remove * label|labels", "drop * label|labels",
        "delete * label|labels", "strip * label|labels", "take * label|labels off|from", "change * label|labels",
        "update * label|labels", "give * label|labels", "clear * label|labels", "stick * label|labels",
        "mark * with label|labels", "mark * with the label|labels", "slap * label|labels",
        "get rid of * label|labels",
    ),
    Verb.ANNOTATE: (
        "annotate", "put * annotation|annotations", "add * annotation|annotations", "set * annotation|annotations",
        "attach * annotation|annotations", "remove * annotation|annotations", "drop * annotation|annotations",
        "delete * annotation|annotations", "strip * annotation|annotations", "update * annotation|annotations",
        "change * annotation|annotations", "apply * annotation|annotations", "clear * annotation|annotations",
        "stick * annotation|annotations", "unannotate", "leave * annotation|annotations", "give * annotation",
    ),
    HOLD: ("pause", "hold", "freeze", "suspend", "halt", "put * on hold", "hold off", "stop", "disable",
        "hit pause on",
        "put a hold on", "put * rollout on hold"),
    Verb.RESUME: (
        "resume", "unpause", "un-pause", "unfreeze", "unsuspend", "un-suspend", "continue", "unhold", "un-hold",
        "let * carry on|proceed|resume", "let * rollout continue", "let * continue", "carry on with",
        "pick * back up", "restart the paused",
        "go on with", "unhalt", "re-enable", "reenable", "enable", "release the hold on", "take * off hold",
    ),
    Verb.PATCH: ("patch", "override"),
    Verb.APPLY: ("apply", "apply -f|-k", "re-apply", "reapply", "kubectl-apply"),
    Verb.CP: ("cp", "copy", "scp", "upload", "download"),
    FETCH: ("grab", "pull", "fetch", "grab the file", "download the file", "copy the file", "retrieve",
        "get the file",
        "pull down", "transfer", "send"),
    Verb.PORT_FORWARD: (
        "port-forward", "port forward", "portforward", "forward port|ports", "forward", "forward local port",
        "set up a port-forward|portforward", "set up a port forward", "open a port-forward|portforward|tunnel",
        "open a port forward", "start a port-forward", "start a port forward", "tunnel", "tunnel to|into",
        "create a port-forward|tunnel", "create a port forward", "set up port forwarding|port-forwarding",
        "expose * locally", "give me a port-forward|tunnel", "give me a port forward", "open a tunnel",
        "do a port-forward", "do a port forward", "port-forwarding",
    ),
    OTHER: ("taint", "untaint", "expose", "edit the manifest", "replace"),
}  # fmt: skip

ANYWHERE: Mapping[str, tuple[str, ...]] = {
    Verb.RESTART: ("needs a restart|bounce|kick|reboot|recycle", "could use a restart|bounce|kick|reboot",
        "need a restart|bounce|kick|reboot",
        "needs restarting|bouncing|recycling", "need restarting", "needs a rolling|rollout restart",
        "needs to be restarted|bounced|recycled|kicked", "need to be restarted|bounced", "should be restarted",
        "must be restarted"),
    Verb.ROLLBACK: ("needs a rollback", "needs to be rolled back", "needs rolling back", "need to be rolled back",
        "should be rolled back", "has to be rolled back", "must be rolled back", "has|needs|have to go back to"),
    Verb.CORDON: ("needs to be cordoned", "should be cordoned", "must be cordoned"),
    Verb.UNCORDON: ("needs to be uncordoned", "should be uncordoned"),
    Verb.DRAIN: ("needs to be drained", "should be drained", "needs draining", "must be drained"),
    Verb.SCALE: ("needs to be scaled", "should be scaled", "needs * replicas|instances|copies",
        "needs * more replicas|instances|copies|pods"),
    DELETE: ("should be deleted", "needs to be deleted", "must be deleted"),
}  # fmt: skip

# Behind an object these are the order themselves: "web to 8 replicas", "search-api: back to rev 16".
BARE: Mapping[str, tuple[str, ...]] = {
    Verb.ROLLBACK: ("back to rev|revision", "to|-> previous|last|prior revision|version|release"),
    Verb.SCALE: ("to|->|=> #", "# replicas|pods|instances|copies",
        "to|-> zero|one|two|three|four|five|six|seven|eight|nine|ten"),
    ROLL_TO: ("should be on|at|running", "needs to be on|at", "must be on|at"),
}  # fmt: skip

VAGUE_HEADS = (
    "make", "move", "bring", "handle", "do", "change", "adjust", "modify", "migrate", "rebalance", "cancel", "stop",
    "shut down", "turn off", "turn on", "start", "disable", "enable", "put", "and", "check", "what about", "is it",
    "same for", "now", "also", "again", "retry", "try", "undo", "go", "proceed", "continue", "unstick", "tune",
    "optimize", "optimise", "swap", "replace", "clean", "clean up",
)  # fmt: skip

WORKS_ON: Mapping[str, tuple[str, ...]] = {
    Verb.SCALE: ("deployment", "statefulset"),
    Verb.RESTART: ("deployment", "statefulset", "daemonset"),
    Verb.ROLLBACK: ("deployment", "statefulset", "daemonset"),
    Verb.SET_IMAGE: ("deployment", "statefulset", "daemonset"),
    Verb.ROLLOUT_STATUS: ("deployment", "statefulset", "daemonset"),
    Verb.ROLLOUT_HISTORY: ("deployment", "statefulset", "daemonset"),
    Verb.PAUSE: ("deployment", "cronjob"),
    Verb.RESUME: ("deployment", "cronjob"),
    Verb.AUTOSCALE: ("deployment", "statefulset"),
    Verb.PATCH: (
        "deployment", "statefulset", "daemonset", "cronjob", "horizontalpodautoscaler", "persistentvolumeclaim",
    ),
    Verb.DELETE_POD: ("pod",),
    Verb.EVICT: ("pod",),
    Verb.CORDON: ("node",),
    Verb.UNCORDON: ("node",),
    Verb.DRAIN: ("node",),
    Verb.EXEC: ("pod", "deployment", "statefulset", "daemonset"),
    Verb.CP: ("pod", "deployment", "statefulset", "daemonset"),
    Verb.PORT_FORWARD: ("pod", "service", "deployment", "statefulset"),
}  # fmt: skip
NODE_VERBS = frozenset({Verb.CORDON, Verb.UNCORDON, Verb.DRAIN})

WORKLOAD_WORDS = vocabulary(
    """
    service component server pod svc services pods application workload broker replicas brokers replicaset
    instances microservice app
    """
)  # fmt: skip
