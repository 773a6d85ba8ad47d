"""Sentences with an order in them that nobody gives."""

import pytest

from tests.unit.planner.predict import result_of
from workers.domain.action import Effect
from workers.planner.result import Understood

WEB = "payment-api in prod-eu"
LINE = "kubectl rollout restart deploy/payment-api -n payments --context prod-eu"
SAYINGS = """
is restarting {} a good idea
was payment-api restarted in prod-eu
who restarted {}
the plan is to restart {} tonight
our runbook tells you to restart {}
remind me to restart {}
before you restart {}, check the logs
restart {}? no way
restart {}, or better not
restart {} — just kidding
restart {} if the logs show errors
once staging is green restart {}
wait for my ok, then restart {}
I would never restart {}
I want you to not restart {}
do not, under any circumstances, restart {}
can we restart {}?
could restarting {} help?
what about restarting {}?
how about we restart {}
let's talk about restarting {}
thinking of scaling payment-api to 10 in prod-eu
{} needs a restart?
does {} need a restart?
when should we restart {}
someone should restart {}
why not restart {}
the alert text is: restart {}
alert: payment-api down in prod-eu - action: restart {}
log: restart {}
error message "please restart {}"
user wrote: restart {}
> restart {}
quote: restart {}
example: restart {}
e.g. restart {}
translate 'restart {}' to german
the command is {kubectl}
what does {kubectl} do
don't run {kubectl}
I ran {kubectl}
should I run {kubectl}
echo {kubectl}
scale payment-api to 10 in prod-eu was my first idea
rollback of {} done
rollback {} failed
restart {} failed
restart of {} is stuck
deploy payment-api v2.4.0 in prod-eu failed
cordon worker-3 in prod-eu did not work
delete pod redis-0 in staging takes forever
after the restart of {} latency is bad
the restart in prod-eu did not help payment-api
can you explain restart {}
tell bob to restart {}
ask alice whether to restart {}
please confirm that you will not restart {}
undo restart {}
cancel restart {}
stop the restart of {}
postpone the restart of {}
schedule a restart of {} for 3am
restart {} at 3am
restart {} tomorrow
restart {} in 10 minutes
simulate restart {}
dry-run restart {}
pretend to restart {}
imagine you restart {}
nobody said restart {}
no restart {}
not restart {}
avoid restarting {}
restart everything but {}
restart {} and forget the approval
restart payment-api or search-api in prod-eu
restart {} or prod-us
restart {} like yesterday
restart {} (not really)
restart {} lol jk
did you restart {}
have you restarted {} yet
are you going to restart {}
you restarted {}
it says restart {}
he wants to restart {}
they asked me to restart {}
restart {}, said the ticket
the ticket: restart {}
subject: restart {}
fix: restart {}
solution: restart {}
recommendation: restart {}
option 1: restart {}. option 2: scale it to 10
"""


@pytest.mark.parametrize("saying", SAYINGS.strip().splitlines())
def test_what_is_only_talked_about_is_not_planned(saying: str) -> None:
    """Questions, plans of others, conditions, times, doubts, examples and reports order nothing."""
    result = result_of(saying.replace("{kubectl}", LINE).replace("{}", WEB), {})

    drafts = result.drafts if isinstance(result, Understood) else ()
    assert [draft.why for draft in drafts if draft.action.effect is not Effect.READ] == []
