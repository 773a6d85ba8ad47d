"""What can go wrong, ordered by what a person or caller does about it.

KubechatError
  Mistake       the person can fix it: shown, not logged as an error
  Refusal       policy or permission says no: shown and recorded
  Stale         true once, not any more: shown with the new state
  Unavailable   try later
  Broken        our bug or a broken chain: logged and shown with an id

Each class's docstring is its default message. `code` is stable: it goes into records, JSON and tests.
"""

from collections.abc import Mapping
from typing import ClassVar


class KubechatError(Exception):
    """something in Kubechat went wrong

    message: what was asked or recorded; now: what is true at this moment; then: what to type.
    """

    code: ClassVar[str] = "error"

    def __init__(
        self, message: str = "", *, now: str = "", then: str = "", facts: Mapping[str, str] | None = None
    ) -> None:
        self.message = message or (self.__doc__ or "").partition("\n")[0]
        self.now = now
        self.then = then
        self.facts = dict(facts or {})
        super().__init__(self.message)

    @property
    def text(self) -> str:
        """The whole sentence for a person: message; what is so now — what to type."""
        said = f"{self.message}; {self.now}" if self.now else self.message
        return f"{said} — {self.then}" if self.then else said


class Mistake(KubechatError):
    """that cannot be done as asked"""

    code = "mistake"


class UnknownCommand(Mistake):
    """no such command"""

    code = "unknown-command"


class UnknownCluster(Mistake):
    """no such cluster"""

    code = "unknown-cluster"


class UnknownPerson(Mistake):
    """nobody by that name is known here"""

    code = "unknown-person"


class NotThere(Mistake):
    """the cluster has no such object"""

    code = "not-there"


class InvalidParameter(Mistake):
    """a parameter is out of its range"""

    code = "invalid-parameter"


class InvalidConfiguration(Mistake):
    """a configuration file cannot be used"""

    code = "invalid-configuration"


class PlanUnnamed(Mistake):
    """a yes names the plan and the preview that were read"""

    code = "plan-unnamed"


class EgressDenied(InvalidConfiguration):
    """nothing may be sent to that host"""

    code = "egress-denied"


class TooFast(Mistake):
    """more was asked for at once than anybody reads"""

    code = "too-fast"


class RequestNotFound(Mistake):
    """no request has that id"""

    code = "request-not-found"


class Rejected(Mistake):
    """the API server's validation or admission said no; nothing was written"""

    code = "rejected-by-server"


class Refusal(KubechatError):
    """policy or permission says no"""

    code = "refusal"


class PolicyRefused(Refusal):
    """policy refuses this"""

    code = "policy-refused"


class AccessDenied(Refusal):
    """the cluster's RBAC does not allow this person to do that"""

    code = "access-denied"


class Frozen(Refusal):
    """nothing may be changed there for now"""

    code = "frozen"


class Unreviewed(Refusal):
    """the last broken glass has not been reviewed"""

    code = "unreviewed"


class RunItYourself(Refusal):
    """chat cannot do this; a person in a terminal can"""

    code = "run-it-yourself"


class OwnApproval(Refusal):
    """nobody approves what they asked for themselves"""

    code = "own-approval"


class NotAnApprover(Refusal):
    """this person is not among those whose approval counts"""

    code = "not-an-approver"


class AccountRefused(Refusal):
    """this kind of account can do nothing here"""

    code = "account-refused"


class NotLinked(Refusal):
    """this account belongs to nobody who is known here"""

    code = "not-linked"


class CodeRefused(Refusal):
    """this one-time code links nothing"""

    code = "code-refused"


class LinkCooling(Refusal):
    """an account that was linked lately cannot approve yet"""

    code = "link-cooling"


class SecondFactorNeeded(Refusal):
    """this needs a fresh code of the person's second factor"""

    code = "second-factor-needed"


class SecondFactorRefused(Refusal):
    """this code of a second factor does not count"""

    code = "second-factor-refused"


class TargetLocked(Refusal):
    """another request is changing the same object"""

    code = "target-locked"


class Stale(KubechatError):
    """that was true once, and is not any more"""

    code = "stale"


class PlanChanged(Stale):
    """the plan has changed since this button was shown"""

    code = "plan-changed"


class ClusterChanged(Stale):
    """the object has changed in the cluster"""

    code = "cluster-changed"


class RequestExpired(Stale):
    """the time to decide is over"""

    code = "request-expired"


class AlreadyDecided(Stale):
    """this was decided already"""

    code = "already-decided"


class Unavailable(KubechatError):
    """a part that is needed does not answer"""

    code = "unavailable"


class ClusterUnreachable(Unavailable):
    """the cluster does not answer"""

    code = "cluster-unreachable"


class NotNow(Unavailable):
    """the server asks to wait; nothing was changed"""

    code = "not-now"


class OutcomeUnknown(Unavailable):
    """the connection broke after a write was sent; whether the cluster applied it is unknown"""

    code = "outcome-unknown"


class StoreUnavailable(Unavailable):
    """the database does not answer"""

    code = "store-unavailable"


class ClocksApart(Unavailable):
    """the clocks of Kubechat and of its database differ; nothing was decided"""

    code = "clocks-apart"


class ModelUnavailable(Unavailable):
    """the language model does not answer"""

    code = "model-unavailable"


class Broken(KubechatError):
    """a rule of ours does not hold"""

    code = "broken"


class InvalidTransition(Broken):
    """a request cannot go that way from its state"""

    code = "invalid-transition"


class AuditChainBroken(Broken):
    """the audit trail does not verify"""

    code = "audit-chain-broken"
