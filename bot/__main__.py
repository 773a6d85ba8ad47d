"""The chat process: settings -> adapters -> routes; start, drain, stop. It holds no cluster credentials."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from bot.health import Health, routes
from bot.wiring import connect, settings_of
from workers.domain.errors import KubechatError
from workers.store.upgrade import upgrade
from workers.telemetry import configure, log

DRAIN_SECONDS = 3.0


def main() -> int:
    configure()
    try:
        settings = settings_of(None)
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade(settings.database_url)
        instance = connect(settings)
    except KubechatError as error:
        log().error("bot.unstarted", code=error.code, message=error.text)
        return 1
    try:
        return asyncio.run(
            _serve(Health(instance.store, instance.bus, instance.following), settings.http_host, settings.http_port)
        )
    finally:
        instance.close()


async def _serve(health: Health, host: str, port: int) -> int:
    """Until SIGTERM or SIGINT; requests that are under way are answered first."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    app = web.Application()
    app.add_routes(routes(health))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            log().error("bot.unstarted", doing=f"listening on {host}:{port}", message=error.strerror or str(error))
            return 1
        address = ":".join(str(part) for part in runner.addresses[0][:2])
        _tell_ready(f"http://{address}\n")
        log().info("bot.started", address=address)
        await over.wait()
        health.drain()
        log().info("bot.stopping")
    finally:
        await runner.cleanup()
    return 0


def _tell_ready(text: str) -> None:
    """For the supervisor, which names the file; the environment is read in composition roots only."""
    if name := os.environ.get("KUBECHAT_READY_FILE"):
        Path(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
