"""Which words ask for which look: patterns as in the lexicon of changes, but they may stand anywhere in a clause."""

from collections.abc import Mapping

from workers.domain.action import Verb

# The first verb of this table that is found in a clause wins.
READS: Mapping[str, tuple[str, ...]] = {
    Verb.DIAGNOSE: (
        "why", "how come", "check|see|know|understand|explain|me|us|look|at|into|out|idea|reason why",
        "root-cause", "root-causing", "find the|out reason|cause|root|culprit", "reason", "take a look",
        "get * working|fixed|healthy|unstuck|going", "bring * back up", "make * work|healthy|working",
        "keeps * failing", "diagnose", "diagnosis", "diagnostics", "investigate", "investigation", "debug",
        "troubleshoot", "triage", "analyze", "analyse", "analysis of", "root cause", "rca", "cause of",
        "reason for|behind", "what caused|broke|breaks",
        "what's|whats wrong|broken|failing|down|unhealthy|crashing|degraded|hurting|slowing|blocking|causing|causes",
        "what is|are wrong|broken|failing|down|unhealthy|crashing|degraded|hurting|slowing|blocking|causing",
        "what wrong", "what's|whats * wrong|failing|broken|down|unhealthy", "what's|whats not working",
        "what is not working", "what isn't working", "what's|whats the issue|issues|problem|problems|matter|trouble",
        "what is the issue|problem|matter|trouble", "what are the issues|problems",
        "what's|whats going on", "what is going on", "what's|whats up with", "what is up with",
        "what's|whats happening with|in|on|to", "what is happening with|in|on|to",
        "health check", "healthcheck", "summarize|summarise|summary * state|health|situation",
        "run|do a health|sanity|quick check|checkup",
        "run|do|collect diagnostics", "health checks of|for|on", "health of|in|on|report|status", "sanity check",
        "check the health", "check health", "checkup", "check up on", "check on",
        "check|see|know|tell if|whether", "check|scan|look * for problems|issues|trouble|errors|anomalies",
        "tell me|us if|whether", "verify",
        "look into", "dig into", "figure out", "find out why", "find out what's", "find the problem|issue|cause",
        "is|are * healthy|unhealthy|ok|okay|broken|down|up|alive|fine|working|dead|slow|stable|reachable|responding",
        "is|are * unstable|degraded|crashing|failing|overloaded|flapping|unresponsive",
        "is|are * available|unavailable|running|ready",
        "how healthy", "how's|hows * doing|holding|looking|feeling", "how is|are * doing|holding|looking|feeling",
        "how's|hows * health", "fix", "ideas", "heal", "repair", "unbreak", "resolve", "sort out",
        "is anything|something|everything", "anything|something wrong|broken|down|failing|unhealthy|off|odd",
        "everything ok|okay|fine|good|healthy", "all good|ok|okay|fine|healthy",
        "is|are there a|any problem|problems|issue|issues|trouble|outage",
        "any|the problem|problems|issue|issues with|in|on",
        "any outage|outages|trouble|issues|problems", "problem|problems|issue|issues|trouble|wrong with",
        "off with", "weird|odd|strange|funny|fishy with|about|in",
        "acting|behaving weird|strange|odd|weirdly|strangely|up",
        "not working", "isn't working", "stopped working", "acting up", "misbehaving", "misbehaves", "any idea",
        "on fire", "alert", "alerting", "firing", "look at why", "look at what's wrong", "explain why",
    ),
    Verb.ROLLOUT_HISTORY: (
        "rollout history", "revisions", "revision history", "which|what revision", "what was|is in revision",
        "deploy|deployment|release|revision history", "history of|for|on", "history", "show|list|see revision",
        "what changed in revision",
        "last|recent|past|latest|previous deploys|deployments|releases|rollouts|revisions",
        "when was|were * deployed|released|shipped|updated|changed|restarted|rolled|upgraded",
        "when did * deploy|deployed|ship|release|roll|change", "when * last deploy|deployed|release|released|rolled",
        "who * deployed|released|shipped|rolled|upgraded", "who deployed|released|shipped|rolled|upgraded",
        "last|latest deploy|restart|release|rollout|deployment of|for|to", "list releases|deploys|rollouts",
        "releases|deploys|rollouts of|for|in",
        "previous|prior|older|earlier|last version|versions|image|release|releases",
        "how many revisions", "what was deployed|released|shipped", "changelog", "roll back to for",
        "can|could * roll|rollback back to",
    ),
    Verb.ROLLOUT_STATUS: (
        "rollout status", "status of the|a|this|that|its rollout|deploy|release|rolling",
        "rollout|deploy state|progress", "tell|ping me when it's|its|it is|that's done|finished|complete|out|through",
        "let me know when it's|its|it is|that's done|finished|complete|out|through",
        "deploy|deployment status", "watch the|this|that|its rollout|deploy|release|deployment",
        "watch * rollout|deploy|release", "watch * roll",
        "is|are * rollout|deploy|deployment|release|update done|finished|complete|completed|stuck",
        "is|are * rollout|deploy|deployment|release|update through|over|progressing",
        "is|are * rollout|deploy|release * done|finished|complete|completed|stuck|through|over|progressing|hanging",
        "how's|hows * rollout|deploy|release", "how's|hows * deployment going|doing|progressing|coming",
        "how is|are * rollout|deploy|release", "how is * deployment going|doing|progressing|coming",
        "how far * rollout|deploy|release|deployment", "has|have * finished|completed deploying|rolling|rollout",
        "has|have|did * rollout|deploy|deployment|release finished|finish|completed|complete|succeeded|succeed|fail|go",
        "did * finish|complete rolling|deploying|rollout|deploy|its", "did * deploy|roll out|fine|ok|successfully",
        "progress of the|a|this rollout|deploy|release", "is|are * rolled out", "is * fully rolled|deployed|updated",
        "did * roll out", "has * rolled out", "is * done|finished deploying|rolling",
        "is * still rolling|deploying|updating",
        "is|are * update|rollout|deploy|release still|in|underway|ongoing", "is * still in progress",
        "is * in progress",
        "is * deployed successfully|yet|everywhere", "wait for the|this rollout|deploy", "rollout of",
        "show|check|see * the rollout", "how is|are * rolling out", "done rolling",
    ),
    Verb.LOGS: (
        "logs", "log", "logz", "tailing",
        "any|recent|more error|errors|exceptions|exception|panics|tracebacks|timeouts", "tail", "logging",
        "logged", "log lines", "stdout", "stderr", "last # lines",
        "# lines", "lines of|from", "grep", "print|printing|prints|printed * output", "stderr/stdout",
        "stdout/stderr", "what did * print", "console output",
        "output of|from",
        "stack trace|traces", "stacktrace|stacktraces", "traceback|tracebacks", "search * logs", "logfile|logfiles",
        "error|errors|exceptions|warning messages|in|from the log|logs", "what did * log|say|print|output",
        "what is|does * logging|log|printing|saying|say",
    ),
    Verb.EVENTS: (
        "events", "event", "what's|whats been happening|going", "what has been happening|going",
        "what changed", "what happened", "what's|whats happened|changed",
        "what has changed|happened",
        "what all changed|happened", "any warnings", "warnings", "what did change|happen",
        "anything change|changed|happen|happened", "did|has anything|something change|changed|happen|happened|get",
        "was|were * deleted|evicted|killed|removed|rescheduled|preempted|oomkilled",
        "why was|were * deleted|evicted|killed|removed", "when was|were * deleted|evicted|killed|created|removed",
        "who * deleted|evicted|killed|removed|restarted|scaled|drained|cordoned|changed|touched",
        "recent changes", "changes in|to|on|for", "happenings", "list|show * changes",
    ),
    Verb.TOP: (
        "top", "usage", "resource usage", "memory|cpu|ram hogs", "hogs", "hog", "using the most", "use the most",
        "most memory|cpu|ram|resources", "least memory|cpu|ram", "uses the most", "consuming", "consume", "consumes",
        "consumption", "consumers", "utilization", "utilisation", "per-container", "how much memory|cpu|ram|mem",
        "how many cores", "how loaded|busy|full|hot", "hungriest", "heaviest", "busiest", "hottest", "eating", "eats",
        "highest|lowest cpu|memory|ram|load", "most|least loaded",
        "cpu|memory|mem|ram and|&|+|/|or cpu|memory|mem|ram", "cpu/mem", "cpu/memory", "mem/cpu", "memory/cpu",
        "cpu|mem|ram usage|use|load",
        "cpu|memory|ram of|for|on|in",
        "metrics", "busiest", "cpu|memory|mem|ram by|per pod|pods|node|nodes|container|containers",
        "load on|of|average", "memory footprint", "footprint", "resource pressure",
        "using * memory|cpu|ram", "resources are|is * using", "resources used", "use|uses * cpu|memory|ram",
    ),
    Verb.DESCRIBE: (
        "describe", "describing", "description of", "details", "detail", "desc", "full details", "inspect",
        "tell me about",
        "tell me everything|more about", "more info|information on|about", "info|information on|about",
        "events and spec", "everything about|you know about",
    ),
    Verb.GET: (
        "get", "show", "list", "listing", "showing", "getting", "fetching", "checking", "present", "exists", "exist",
        "do|have we|i|you * have", "have we", "is|are * present|there|installed|around|configured|defined",
        "how many", "which", "what", "give me", "find", "fetch", "display", "are there",
        "is there", "any", "count", "see", "print", "where", "who", "status", "pull up", "look at", "check",
        "view", "ls", "version", "how old", "how long", "how big", "how large", "do we have", "does", "is", "are",
        "tell me", "what's", "compare", "diff", "anything", "state of", "current state", "name", "number of",
        "when does", "when will", "overview",
        "enumerate",
        "retrieve", "output", "dump", "have we got", "do i have", "are all", "has", "summarize", "summarise",
        "report",
    ),
}  # fmt: skip
READ_ORDER = tuple(READS)

# These ask only at the head of a clause, or in a question.
WEAK_READS = frozenset({"is", "are", "does", "has", "what", "which", "where", "who", "any", "see", "check", "tell me",
    "version", "status", "find", "find out", "give me", "look at", "alert", "fix", "ideas", "why", "name", "report",
    "resolve", "print", "output", "count", "what's", "compare", "diff", "anything", "reason", "get", "list",
    "overview", "are all", "dump", "verify", "repair",
    "heal", "sort out", "top", "detail", "changes in|to|on|for", "not working", "stopped working",
    "reason for|behind", "check on", "all good|ok|okay|fine|healthy"})  # fmt: skip
# These begin no step behind a comma or a joint.
NO_JOINTS = frozenset({"is", "are", "does", "has", "on fire", "up", "version", "status", "log", "event", "name",
    "cpu|memory|ram of|for|on|in", "cpu|memory|mem|ram and|&|+|/|or cpu|memory|mem|ram", "what's", "anything",
    "reason", "report", "output", "load on|of|average",
    "reason for|behind", "all good|ok|okay|fine|healthy"})  # fmt: skip
# Questions of this kind stand at the head of a clause: "which pods are down" only lists.
AT_HEAD = frozenset({"is", "are", "has", "have", "did", "do", "does", "was", "were"})
# Beside these words a number of cpu or memory is what was set, not what is used.
SETTINGS = frozenset(
    {"limit", "limits", "request", "requests", "requested", "quota", "quotas", "allocatable", "capacity"}
)
HEALTHY = frozenset(
    {"healthy", "unhealthy", "ok", "okay", "alive", "up", "down", "fine", "stable", "broken", "working"}
)
# `what's scheduled on worker-1`: the pods there, not the node.
ON_NODE = frozenset({"running", "scheduled", "runs", "run", "living", "lives", "placed", "hosted", "sitting"})

# --- states of pods, as people say them ------------------------------------------------------------------------------
STATUSES = {
    "crashloopbackoff": "CrashLoopBackOff", "crashlooping": "CrashLoopBackOff", "crash-looping": "CrashLoopBackOff",
    "crashloop": "CrashLoopBackOff", "crashloops": "CrashLoopBackOff", "crashing": "CrashLoopBackOff",
    "crashed": "CrashLoopBackOff", "clbo": "CrashLoopBackOff",
    "pending": "Pending", "unschedulable": "Pending", "unscheduled": "Pending", "failed": "Failed",
    "failing": "Failed",
    "imagepullbackoff": "ImagePullBackOff", "imagepullbackoffs": "ImagePullBackOff",
    "crashloopbackoffs": "CrashLoopBackOff", "oomkills": "OOMKilled", "ooms": "OOMKilled",
    "errimagepull": "ImagePullBackOff", "oomkilled": "OOMKilled",
    "oom": "OOMKilled", "oom-killed": "OOMKilled", "oomed": "OOMKilled", "evicted": "Evicted", "notready": "NotReady",
    "not-ready": "NotReady", "unready": "NotReady", "unhealthy": "NotReady", "broken": "NotReady",
    "running": "Running", "completed": "Completed", "succeeded": "Completed", "finished": "Completed",
    "terminating": "Terminating"}  # fmt: skip
