"""Prefect: a flow over a server of its own, each result in a file by its inputs; the fan-out on two threads."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

shape, count = sys.argv[1], int(sys.argv[2])
os.environ |= {
    "DO_NOT_TRACK": "1",
    "PREFECT_HOME": str(Path.cwd() / "prefect"),
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
if len(sys.argv) > 3:
    os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = sys.argv[3].replace("postgresql://", "postgresql+asyncpg://")

# Prefect reads its settings while it is imported.
from prefect import flow, task  # noqa: E402
from prefect.cache_policies import INPUTS  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402


@task(persist_result=True, cache_policy=INPUTS)
def link(number: int) -> int:
    return number


@flow
def chain() -> None:
    for number in range(count):
        link(number)


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
def fan_out() -> None:
    for future in [link.submit(number) for number in range(count)]:
        future.result()


with get_client(sync_client=True) as client:
    client.hello()
    began = time.perf_counter()
    (chain if shape == "chain" else fan_out)()
    print(time.perf_counter() - began)
