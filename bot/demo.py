"""`kubechat demo`: the terminal chat over the simulated fleet, in a folder that is removed at the end."""

import tempfile
from pathlib import Path

from bot.chat.console import open_console
from bot.processes import interruptible, served
from bot.wiring import settings_of

TRIES = (
    "what is wrong with payment-worker in prod-eu?",
    "scale payment-api to 5 in staging",
    "roll back payment-worker in prod-eu   (then: run, /as bob, approve)",
)


def run_demo(person: str) -> int:
    """Until the person leaves; the environment's settings play no part."""
    from workers.demo.process import running_fleet
    from workers.demo.rbac import NAMES

    with (
        interruptible(),
        tempfile.TemporaryDirectory(prefix="kubechat-demo-") as folder,
        running_fleet(Path(folder) / "fleet") as fleet,
    ):
        data = Path(folder) / "data"
        settings = settings_of(data, {}, kubeconfig=fleet.kubeconfig, http_port=0, index_as=NAMES)
        with served(settings):
            try:
                return open_console(person, data, TRIES)
            except KeyboardInterrupt:
                return 0
