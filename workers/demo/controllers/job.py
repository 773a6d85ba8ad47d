"""Runs a Job's pod once and marks the Job complete or failed."""

from collections.abc import Callable, Sequence
from datetime import datetime

from workers.demo import pods
from workers.demo.controllers.actions import Create, Delete, Emit, Plan, SetStatus
from workers.demo.identity import Json, stamp
from workers.demo.objects import condition, is_true, terminating

SOURCE = "job-controller"
COUNTED = ("startTime", "active", "ready")  # of a running job only


def reconcile(job: Json, owned: Sequence[Json], now: datetime, new_name: Callable[[], str]) -> Plan:
    """One step; only Jobs of one completion are known. Pure."""
    plan = Plan()
    if terminating(job) or is_true(job, "Complete") or is_true(job, "Failed"):
        return plan
    if job["spec"].get("suspend"):
        return _suspended(job, owned, now)
    phases = [pods.phase(pod) for pod in owned]
    status: Json = {**(job.get("status") or {})}
    status.setdefault("startTime", stamp(now))
    counts = {
        "active": sum(pods.is_active(pod) for pod in owned),
        "ready": sum(pods.is_ready(pod) for pod in owned),
        "succeeded": phases.count("Succeeded"),
        "failed": phases.count("Failed"),
    }
    if not counts["active"] and not counts["succeeded"] and counts["failed"] <= job["spec"].get("backoffLimit", 6):
        name = f"{job['metadata']['name']}-{new_name()}"
        made = pods.from_template(job["spec"]["template"], name, job, labels={"job-name": job["metadata"]["name"]})
        plan.add(Create(made), Emit(job, "SuccessfulCreate", f"Created pod: {name}", source=SOURCE))
    conditions = list(status.get("conditions") or [])
    if is_true(job, "Suspended"):
        conditions = condition(conditions, "Suspended", "False", now, "JobResumed", "Job resumed")
        plan.add(Emit(job, "Resumed", "Job resumed", source=SOURCE))
    if counts["succeeded"]:
        conditions = condition(
            conditions, "Complete", "True", now, "CompletionsReached", "Reached expected number of succeeded pods"
        )
        status["completionTime"] = stamp(now)
        plan.add(Emit(job, "Completed", "Job completed", source=SOURCE))
    elif counts["failed"] > job["spec"].get("backoffLimit", 6):
        message = "Job has reached the specified backoff limit"
        conditions = condition(conditions, "Failed", "True", now, "BackoffLimitExceeded", message)
        plan.add(Emit(job, "BackoffLimitExceeded", message, warning=True, source=SOURCE))
    status |= {key: value for key, value in counts.items() if value or key in status}
    if conditions:
        status["conditions"] = conditions
    if status != job.get("status"):
        plan.add(SetStatus({**job, "status": status}))
    return plan


def _suspended(job: Json, owned: Sequence[Json], now: datetime) -> Plan:
    """Its active pods go; it starts anew when it is resumed."""
    plan = Plan()
    plan.add(*(Delete(pod) for pod in owned if pods.is_active(pod)))
    status: Json = {key: value for key, value in (job.get("status") or {}).items() if key not in COUNTED}
    conditions = list(status.get("conditions") or [])
    status["conditions"] = condition(conditions, "Suspended", "True", now, "JobSuspended", "Job suspended")
    if status != job.get("status"):
        plan.add(SetStatus({**job, "status": status}))
    if not is_true(job, "Suspended"):
        plan.add(Emit(job, "Suspended", "Job suspended", source=SOURCE))
    return plan
