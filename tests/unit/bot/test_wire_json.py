"""The JSON that other programs read."""

import json

from bot.outcome import ExitCode
from bot.wire_json import list_json, problem_json, request_json
from tests.conftest import Golden
from tests.unit.bot import samples
from workers.domain.errors import UnknownPerson
from workers.domain.problem import Problem
from workers.ports import Listed


def test_shape_of_a_waiting_request(golden: Golden) -> None:
    """The documented shape, field by field."""
    value = request_json(samples.planned(), ExitCode.WAITING)

    golden("json/awaiting.json", json.dumps(value, indent=2) + "\n")


def test_shape_of_a_finished_request(golden: Golden) -> None:
    """Results carry outputs and the API server's audit ids; the whole value survives JSON."""
    value = request_json(samples.read(samples.PODS), ExitCode.DONE)

    assert json.loads(json.dumps(value)) == value
    golden("json/read.json", json.dumps(value, indent=2) + "\n")


def test_every_state_has_the_same_fields() -> None:
    """A reader never has to ask whether a field is there."""
    requests = (samples.opened(), samples.asked(), samples.succeeded(), samples.failed(), samples.interrupted())

    fields = {tuple(request_json(request, ExitCode.DONE)) for request in requests}

    assert len(fields) == 1


def test_problem_has_code_text_now_and_next() -> None:
    """The three parts of a refusal and its stable code, with the exit code of the process."""
    problem = Problem.of(UnknownPerson("nobody called 'zed'", now="known: alice"))

    assert problem_json(problem, ExitCode.USAGE) == {
        "v": 1,
        "request": None,
        "problem": {"code": "unknown-person", "text": "nobody called 'zed'", "now": "known: alice", "next": None},
        "exit_code": 2,
    }


def test_list_names_each_request_once() -> None:
    """A list has one short row for each request."""
    value = list_json(Listed(requests=(samples.planned(),)))

    assert [row["request"] for row in value["requests"]] == [samples.ID]
