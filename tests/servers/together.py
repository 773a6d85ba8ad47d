"""Many threads that begin at one moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def together(number: int, act: Callable[[int], Any]) -> list[Any]:
    """What each of so many threads returns or raises, all begun at one moment."""
    gate = threading.Barrier(number)

    def one(index: int) -> Any:
        gate.wait(10)
        try:
            return act(index)
        except Exception as error:  # noqa: BLE001  # the test looks at it
            return error

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))
