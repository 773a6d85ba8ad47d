"""Typing mistakes in words of orders and kinds; what else is misspelt is looked up among live names."""

from collections.abc import Mapping

MISSPELT: Mapping[str, str] = {
    "scael": "scale", "sclae": "scale", "scal": "scale", "restrat": "restart", "resart": "restart",
    "restar": "restart",
    "retsart": "restart", "restartt": "restart", "rsetart": "restart", "rolback": "rollback", "rollbakc": "rollback",
    "rolllback": "rollback", "delte": "delete", "deleet": "delete", "dlete": "delete", "crodon": "cordon",
    "cordn": "cordon",
    "uncordn": "uncordon", "decsribe": "describe", "descirbe": "describe", "desribe": "describe", "lgos": "logs",
    "losg": "logs", "loggs": "logs",
    "wich": "which", "whcih": "which", "waht": "what", "hwo": "how", "lgs": "logs", "logss": "logs",
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
