"""The `kubechat` command; the terminal is one more chat system.

Only typer is imported here: everything else is imported inside the commands, so that --help answers at once.
"""

import sys

import typer

from bot import cli_guard, cli_identity, cli_instance, cli_plan, cli_policy, cli_recipes, cli_requests
from bot.cli_options import Left

app = typer.Typer(
    name="kubechat",
    help="Guarded Kubernetes operations from chat: plan, dry-run, two-person approval, undo, audit.",
    epilog="Exit codes: 0 done, 1 refused or failed, 2 usage, 3 waiting for people.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_requests.commands)
app.add_typer(cli_guard.commands)
app.add_typer(cli_instance.commands)
app.add_typer(cli_plan.commands)
app.add_typer(cli_identity.commands)
app.add_typer(cli_recipes.commands)
app.add_typer(cli_policy.commands)


def main() -> None:
    """Runs the command line; every error a person can act on is three lines, or JSON, and an exit code."""
    as_json = "--json" in sys.argv[1:]
    try:
        app()
    except Left as end:
        sys.exit(end.code)
    except SystemExit as end:
        if as_json and end.code == 2:  # typer has said why on standard error
            _print_usage_json()
        raise
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has gone
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  # the top: only our own errors are answered here
        sys.exit(_answered(error, as_json=as_json))


def _answered(error: Exception, *, as_json: bool) -> int:
    from bot.outcome import exit_code_of
    from bot.printing import print_json, print_problem
    from bot.wire_json import problem_json
    from workers.domain.errors import KubechatError
    from workers.domain.problem import Problem

    if not isinstance(error, KubechatError):
        raise error
    code = exit_code_of(error)
    if as_json:
        print_json(problem_json(Problem.of(error), code))
    else:
        print_problem(Problem.of(error))
    return int(code)


def _print_usage_json() -> None:
    text = "the command line cannot be read; standard error says why"
    print(f'{{"v": 1, "request": null, "problem": {{"code": "usage", "text": "{text}"}}, "exit_code": 2}}')
