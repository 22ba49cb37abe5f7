"""redun: rows in SQLite for each step's call, arguments and result; on two threads."""

from __future__ import annotations

import logging
import sys
import time

from redun import Scheduler, task
from redun.config import Config

redun_namespace = "peer"


@task()
def link(before: int) -> int:
    return before + 1


@task()
def leaf(number: int) -> int:
    return number


@task()
def chain(count: int) -> int:
    last = 0
    for _ in range(count):
        last = link(last)
    return last


@task()
def fan_out(count: int) -> list[int]:
    return [leaf(number) for number in range(count)]


if __name__ == "__main__":
    shape, count = sys.argv[1], int(sys.argv[2])
    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(100_000)
    config = {
        "backend": {"db_uri": "sqlite:///redun.db"},
        "executors.default": {"type": "local", "max_workers": "2", "mode": "thread"},
    }
    scheduler = Scheduler(config=Config(config))
    scheduler.load()
    began = time.perf_counter()
    scheduler.run({"chain": chain, "fan_out": fan_out}[shape](count))
    print(time.perf_counter() - began)
