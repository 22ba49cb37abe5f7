"""Lists the files of runs on other hosts, and removes those of runs that have ended."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeAlias

from sequent.cli.arguments.options import GlobalOptions, opened_store
from sequent.cli.output import json_output
from sequent.cli.output.error_text import as_text
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, safe, size
from sequent.errors import HostError
from sequent.model.hosts import HostSettings
from sequent.model.spec import FlowConfig
from sequent.model.status import RunStatus
from sequent.runtime.executors.remote.remote_run import beginning_of, key_of_run
from sequent.runtime.hosts.agents_there import list_agents_on, remove_agents_on
from sequent.runtime.hosts.protocol.remains import AgentThere
from sequent.runtime.records import RunRecord

UNREACHABLE = 4
"""The exit code if one of the hosts cannot be reached."""
_MOST = 16
_Answer: TypeAlias = tuple[AgentThere, ...] | HostError
_ENDED = (RunStatus.SUCCESS, RunStatus.FAILURE)


def list_remains(
    config: FlowConfig, names: Sequence[str], options: GlobalOptions, timeout: float, *, cleans: bool
) -> int:
    """List the files of runs on each host; with ``cleans``, first remove those of runs that have ended."""
    reading = Lock()

    def stored() -> dict[str, RunRecord]:
        with reading:
            return {key_of_run(record): record for record in store.runs()}

    def ask(host: HostSettings) -> _Answer:
        try:
            found = list_agents_on(host, timeout)
            # Only now: a recovery may have begun while the host answered.
            runs = stored() if cleans and found else {}
            ended = [each.key for each in found if _has_ended(each, runs)]
            return remove_agents_on(host, ended, timeout) if ended else found
        except HostError as error:
            return error

    with opened_store(options) as store, ThreadPoolExecutor(min(len(names), _MOST)) as threads:
        found = list(threads.map(ask, map(config.host, names)))
        runs = stored()
    answers = [in_order(answer, runs) for answer in found]
    if options.json:
        documents = [_document(name, answer, runs) for name, answer in zip(names, answers, strict=True)]
        json_output.write({"hosts": documents})
    else:
        paint = Paint.of(sys.stdout)
        for name, answer in zip(names, answers, strict=True):
            out("\n".join(_lines(name, answer, runs, paint)))
    return UNREACHABLE if any(isinstance(answer, HostError) for answer in answers) else 0


def in_order(answer: _Answer, runs: Mapping[str, RunRecord]) -> _Answer:
    """Sort the remains on a host: by the start of their runs, and those of other stores behind them, by name."""

    def rank(agent: AgentThere) -> tuple[bool, float, str, str]:
        record = _record_of(agent, runs)
        return record is None, 0.0 if record is None else record.created, agent.run.id, agent.key

    return answer if isinstance(answer, HostError) else tuple(sorted(answer, key=rank))


def _has_ended(agent: AgentThere, runs: Mapping[str, RunRecord]) -> bool:
    record = _record_of(agent, runs)
    return record is not None and record.status in _ENDED


def _record_of(agent: AgentThere, runs: Mapping[str, RunRecord]) -> RunRecord | None:
    """Return the run of an agent, if this store has it."""
    return runs.get(beginning_of(agent.key))


def _lines(name: str, answer: _Answer, runs: Mapping[str, RunRecord], paint: Paint) -> list[str]:
    if isinstance(answer, HostError):
        return [f"{paint.alarm('✗')} {paint.strong(safe(name))}", *_indented(as_text(answer, paint))]
    rows = [f"  {_run_text(each, runs):<32}{_state(each, runs):<22}{_rest_text(each)}" for each in answer]
    return [paint.strong(safe(name)), *(rows or ["  nothing is left there"])]


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.split("\n")]


def _run_text(agent: AgentThere, runs: Mapping[str, RunRecord]) -> str:
    record = _record_of(agent, runs)
    if record is not None:
        return safe(f"{record.id} of {record.target.flow}")
    return safe(f"{agent.run.id} of {agent.run.flow}") if agent.run.id else agent.key[:16]


def _state(agent: AgentThere, runs: Mapping[str, RunRecord]) -> str:
    """Return the state of a run in this store."""
    record = _record_of(agent, runs)
    return "of another store" if record is None else record.status.value


def _rest_text(agent: AgentThere) -> str:
    parts = [f"{agent.attempts:,} attempt{'s' * (agent.attempts != 1)}", size(agent.size)]
    if agent.outcomes:
        parts.insert(1, "outcomes to be collected")
    if agent.serves:
        parts.append("its agent runs")
    return ", ".join(parts)


def _document(name: str, answer: _Answer, runs: Mapping[str, RunRecord]) -> json_output.Document:
    if isinstance(answer, HostError):
        return {"name": name, "remains": None, "problem": json_output.error_document(answer)}
    return {"name": name, "remains": [_remain_document(each, runs) for each in answer], "problem": None}


def _remain_document(agent: AgentThere, runs: Mapping[str, RunRecord]) -> json_output.Document:
    record = _record_of(agent, runs)
    return {
        "key": agent.key,
        "run": (record.id if record is not None else agent.run.id) or None,
        "flow": (record.target.flow if record is not None else agent.run.flow) or None,
        "status": None if record is None else record.status.value,
        "agent": agent.serves,
        "attempts": agent.attempts,
        "outcomes": agent.outcomes,
        "size": agent.size,
    }
