"""Words that change nothing about a request; a change is planned only when every other word is understood."""

from workers.planner.tokens import vocabulary

POLITE = (
    "please", "pls", "plz", "plss", "kindly", "thanks", "thank you", "thx", "ty", "cheers", "hey", "hi", "hello",
    "oi", "yo",
    "ok", "okay", "so", "well", "right", "could you please", "could you", "can you please", "can you",
    "would you please",
    "would you", "will you", "can someone please", "can someone", "could someone", "can somebody", "can u",
    "could u", "can we please",
    "i need you to", "i'd like you to", "i want you to", "i'd like to", "i would like to", "i want to",
    "i need to", "we need to", "we should",
    "go ahead and", "let's", "lets", "just", "now", "quickly", "asap", "right now", "right away", "immediately",
    "urgent", "urgently",
    "team", "folks", "guys", "all right", "alright", "then", "next", "finally", "first", "and", "also",
    "kubechat", "bot", "kube",
    "for me", "for us", "my friend", "mate", "buddy", "do me a favor and", "would you mind", "help me",
    "help me to", "i think", "yes",
    "can i get", "can i have", "can i see", "could i get", "may i see", "may i have", "let me see",
    "time to", "it's time to", "could somebody please", "could somebody",
    "can anybody please", "can anybody", "can anyone please", "can anyone", "could anyone", "when you get a chance",
    "when you have a moment|minute|sec", "whenever you can", "whenever you get a chance", "if you can", "if you could",
    "if you don't mind", "once that's done|finished|complete", "once it's done|finished|complete",
    "once that is done|finished|complete",
    "once it is done|finished|complete", "after that", "afterwards", "when that's done|finished",
    "when it's done|finished", "next up", "action items", "action item",
    "todo", "to do", "task", "request", "real quick",
)  # fmt: skip

# Politeness that makes a question a request; without it a sentence that ends in "?" is a question.
ASKING = ("could you", "can you", "would you", "will you", "can someone", "could someone", "can somebody",
    "can u", "could u",
          "would you mind", "can we please", "please")  # fmt: skip

# Fill between the parts of a command.
GLUE = vocabulary(
    """
    the a an and & both their they of in on at for to from with my our its this that these those both is are be it them
    they's cluster clusters env environment region called named lives which where app application workload
    component microservice down up out new current again back pls please now just only ones there here
    everywhere one's all each every across over inside within under running run one there's it's as well too
    plus & + - -- -> => via into onto by number total count more namespace please! itself entire whole
    gracefully safely
    asap right plz pls okay ok afterwards immediately quickly urgently urgent away thanks thx cheers ty kindly me
    """
)

# Fill that only some verbs may have: words of that trade which carry no parameter.
TRADE = {
    "restart": vocabulary(
    """
    rolling rollout restart pods pod instances replicas container containers of deployment
    """
),
    "scale": vocabulary(
    """
    replicas replica pods pod instances instance copies copy brokers broker members count number size set
    replicas= have has be desired sure runs ensure total additional extra another more fewer less in out
    """
),
    "rollback": vocabulary(
    """
    last latest previous prior before deploy deployment release version rollout change revision what was one
    state known good earlier whatever had old older image update upgrade running bad its
    """
),
    "set_image": frozenset({"should", "be"})
    | vocabulary(
    """
    image tag version release container use using registry roll rollout deploy
    """
),
    "delete_pod": vocabulary(
    """
    pod pods single stuck matching having whose
    label labels labelled selector with named object seconds grace period force forcefully off
    """
),
    "cordon": frozenset(["node", "nodes", "pods", "new", "scheduling", "unschedulable", "off", "schedule"]),
    "drain": vocabulary("window node nodes pods off maintenance everything workloads box machine host seconds with"),
    "evict": vocabulary("pod pods off node its from seconds with label grace"),
    "pause": vocabulary(
        "deploys rollout rollouts deploy deployment release rolling update updates cronjob job schedule hold"
    ),
    "resume": vocabulary(
        "deploys rollout rollouts deploy deployment release rolling update updates cronjob job schedule hold off"
    ),
    "exec": vocabulary("pod container inside session open command shell of bash sh using via exec"),
    "cp": vocabulary("thread heap dump log logs backup out pod container of copy over local"),
    "port_forward": vocabulary("port ports service svc pod remote local access"),
    "label": vocabulary("with as label labels key value off add"),
    "annotate": vocabulary("with as annotation annotations key value off add"),
    "patch": vocabulary(
        """
        env var variable environment container resource resources size value field with as each have more replicas
        replica hpa autoscaler per
        """
    ),
    "autoscale": vocabulary(
        """
        replicas replica pods pod instances hpa autoscaler autoscaling horizontalpodautoscaler horizontal with between
        cpu utilization usage target targeting bounds range min max deployment limit limits at up
        """
    ),
    "create": vocabulary("using one-off with called job run manually once manual off execution hand one-off extra run"),
    "run": vocabulary("with called pod container image"),
    "apply": vocabulary("apply with from changes to"),
    "uncordon": vocabulary(
    """
    node nodes pods scheduling schedulable service rotation again back
    """
),
}  # fmt: skip

# A clause that begins so is a remark beside the request: it gives a place or an object, never a step.
REMARKS = ("it's", "it is", "its", "it", "they're", "they are", "they", "there is", "there's", "we're", "we are",
    "we see", "seems",
           "looks like", "nothing else", "that's", "this is", "thanks", "customers", "users", "i'm", "i am",
           "we have", "bad",
           "no rush", "cheers", "sorry", "fyi", "note")  # fmt: skip
