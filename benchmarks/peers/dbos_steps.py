"""DBOS: one workflow, each step a row in SQLite or PostgreSQL at its end; the fan-out on two threads."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from dbos import DBOS, DBOSConfig


@DBOS.step()
def link(number: int) -> int:
    return number


@DBOS.step()
async def leaf(number: int) -> int:
    return await asyncio.to_thread(int, number)


@DBOS.workflow()
def chain(count: int) -> None:
    for number in range(count):
        link(number)


@DBOS.workflow()
async def fan_out(count: int) -> None:
    slots = asyncio.Semaphore(2)

    async def one(number: int) -> None:
        async with slots:
            await leaf(number)

    await asyncio.gather(*map(one, range(count)))


if __name__ == "__main__":
    shape, count = sys.argv[1], int(sys.argv[2])
    database = sys.argv[3] if len(sys.argv) > 3 else f"sqlite:///{Path.cwd() / 'dbos.sqlite'}"
    config: DBOSConfig = {
        "name": "peer",
        "system_database_url": database,
        "run_admin_server": False,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    began = time.perf_counter()
    if shape == "chain":
        chain(count)
    else:
        asyncio.run(fan_out(count))
    print(time.perf_counter() - began)
    DBOS.destroy()
