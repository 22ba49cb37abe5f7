"""How much memory the driver needs to hand very many results to one step."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.run_target import Target
from sequent.model.status import RunStatus, Status
from sequent.runtime.ports import DrivenRun
from sequent.runtime.recovery.changes import fingerprints_of
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, Intent, RepeatOpening, RunEnd, TaskKey
from sequent.runtime.store import open_store

ROOT = Path(__file__).parents[1]
CHILD = """
import json, resource, sys, time
import sequent
from benchmarks import flows
before = time.perf_counter()
outcome = getattr(flows, sys.argv[1])().run(run_mode=sequent.RUN_RECOVER, store=sys.argv[2])
seconds = time.perf_counter() - before
assert outcome, outcome
print(json.dumps({"seconds": seconds, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""
_BATCH = 10_000


def gather() -> str:
    """The driver's memory and time with a million results, beyond those with a hundred."""
    many = int(os.environ.get("BENCHMARK_MANY", "1000000"))
    told: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        for flow, what in (("gather_leaf", "a repeated step"), ("gather_block", "a repeated container")):
            few, large = (_measure(flow, count, Path(name)) for count in (100, many))
            grown = (large["memory"] - few["memory"]) / 1024
            told.append(f"{grown:.0f} MiB and {large['seconds'] - few['seconds']:.1f} s of {what}")
    return f"handing over {many:,} results costs the driver {', '.join(told)}"


def _measure(flow: str, count: int, directory: Path) -> dict[str, float]:
    """Have a run recovered, by a process of its own, in which only the step that gathers is left."""
    store = str(directory / f"{flow}-{count}.db")
    environment = {**os.environ, "BENCHMARK_COUNT": str(count), "LOGURU_LEVEL": "ERROR"}
    _run(["-m", "benchmarks.gather", flow, store], environment)
    return json.loads(_run(["-c", CHILD, flow, store], environment).splitlines()[-1])


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    words = [sys.executable, *arguments]
    return subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def prepare(flow: object, name: str, file: str, store_name: str, count: int) -> None:
    """Write a run in which all iterations have succeeded and nothing else has begun.

    Executing a million steps would take most of the time, and show nothing of what is measured here.
    """
    definition = definition_of(flow)
    plan = compile_flow(definition.spec, {})
    store = open_store(store_name)
    target = Target(flow=name, file=file, module="benchmarks.flows", attribute=name, cwd=str(ROOT))
    run = store.create(target, plan, None, fingerprints_of(plan))
    run.commit(Batch(frames=[FrameOpening(FrameKey(0, 0, 1), 1)]))
    _write_iterations(run, plan, count)
    run.commit(Batch(end=RunEnd(RunStatus.STOPPED, {Status.SUCCESS: count})))
    run.close()
    store.close()


def _write_iterations(run: DrivenRun, plan: Plan, count: int) -> None:
    repeat = next(node for node in plan.nodes if isinstance(node, ContainerPlan) and node.repeats is not None)
    step = repeat.children[0]
    run.commit(Batch(repeats=[RepeatOpening(1, repeat.index, f'{{"$g":[0,{count},1]}}')]))
    numbers = iter(range(1, count + 1))
    while batch := list(itertools.islice(numbers, _BATCH)):
        keys = [TaskKey(1, step, number) if repeat.wraps else TaskKey(number + 1, step, 0) for number in batch]
        frames = [] if repeat.wraps else [FrameKey(1, repeat.index, number) for number in batch]
        run.commit(
            Batch(
                frames=[FrameOpening(key, key.number + 1) for key in frames],
                intents=[Intent(key, 1, os.urandom(16), 1.0) for key in keys],
            )
        )
        results = [f'{{"number":{number},"square":{number * number}}}' for number in batch]
        run.commit(
            Batch(
                endings=[
                    Ending(key, 1, Status.SUCCESS, 2.0, result) for key, result in zip(keys, results, strict=True)
                ],
                closed_frames=[(key, Status.SUCCESS) for key in frames],
            )
        )
    run.commit(Batch(closed_repeats=[(1, repeat.index, Status.SUCCESS)]))


if __name__ == "__main__":
    from benchmarks import flows

    prepare(getattr(flows, sys.argv[1]), sys.argv[1], flows.__file__, sys.argv[2], flows.COUNT)
