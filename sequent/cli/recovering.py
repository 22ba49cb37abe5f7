"""``recover``: take a run up again."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sequent.cli import machine
from sequent.cli.options import Options, opened_store
from sequent.cli.text import moment, safe
from sequent.cli.typed import DEFAULTS, TypedOptions
from sequent.errors import UsageError
from sequent.model.status import RunStatus
from sequent.runtime.ports import Store
from sequent.runtime.rows import RunRecord


def recover(
    run: Annotated[
        str | None, Parameter(help="A run's id, or a unique beginning of it; else the store's latest.")
    ] = None,
    /,
    *,
    flow: Annotated[
        str | None, Parameter(help="Where its flow is now, as module:flow or path/file.py:flow; else as recorded.")
    ] = None,
    max_concurrent: Annotated[int | None, Parameter(help="How many tasks may run at once; 0: no limit.")] = None,
    options: TypedOptions = DEFAULTS,
) -> int:
    """Take a run up again: what has succeeded is kept, the rest runs."""
    with opened_store(options) as store:
        record = store.find(run or "latest")
        if record.status is RunStatus.SUCCESS:
            return _nothing_to_do(record, options)
        if run is None:
            began = moment(record.created)
            options.say(f"recovering {safe(record.id)}, a run of {safe(record.target.flow)} started at {began}")
        if flow is None:
            refuse_foreign(store, record)
        if record.target.is_script:
            return _recover_script(record, store, flow)
        return _recover_flow(record, store, flow, max_concurrent, options)


def _nothing_to_do(record: RunRecord, options: Options) -> int:
    when = f" at {moment(record.ended)}" if record.ended is not None else ""
    options.say(f"run {safe(record.id)} of {safe(record.target.flow)} finished with success{when}; nothing to do")
    if options.json:
        machine.write({"run": machine.run_document(record)})
    return 0


def refuse_foreign(store: Store, record: RunRecord) -> None:
    """Take what the store says about where a flow's code is only where nobody else can have written it.

    Raises:
        UsageError: others could have; the message says what is open to them.
    """
    reason = open_to_others(store.name, os.geteuid())
    if reason:
        raise UsageError(
            f"the flow of run {record.id!r} is not loaded from what the store says: {reason}",
            code="foreign-store",
            hint=f"say where the flow is: sequent recover {record.id} --flow module:flow",
        )


def open_to_others(name: str, user: int) -> str:
    """Why others than this user may have written that store; empty where they cannot have.

    Its directory need not be looked at: a store whose file others could replace is not opened at all.
    """
    try:
        status = Path(name).stat()
    except OSError:
        return f"{name!r} is not a file of yours"
    if status.st_uid != user:
        return f"{name!r} belongs to another user"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{name!r} is writable for others (mode {stat.S_IMODE(status.st_mode):04o})"
    return ""


def _recover_script(record: RunRecord, store: Store, flow: str | None) -> int:
    from sequent import api

    if flow is not None:
        raise UsageError(
            f"run {record.id!r} was started by the script {record.target.file!r}, which is run again to recover it",
            hint="recover it without --flow",
        )
    return api.recover_script(record, store)


def _recover_flow(
    record: RunRecord, store: Store, flow: str | None, max_concurrent: int | None, options: Options
) -> int:
    from sequent import api
    from sequent.cli.ending import driven
    from sequent.dsl import definition_of
    from sequent.runtime.executors.agents import launch_agent
    from sequent.runtime.loading import load_flow

    agent = launch_agent()
    try:
        loaded = api.locate(record) if flow is None else load_flow(flow)
        definition = definition_of(loaded.flow)
        if definition.spec.name != record.target.flow:
            raise UsageError(
                f"run {record.id!r} is of the flow {record.target.flow!r}, and {flow or loaded.target.file!r} "
                f"is the flow {definition.spec.name!r}",
                hint="give the flow that the run is of",
            )
        return driven(
            options,
            lambda observer: api.recover(
                definition,
                record,
                store=store,
                target=loaded.target,
                observer=observer,
                agent=agent,
                max_concurrent=max_concurrent,
            ),
        )
    except BaseException:
        agent.close()
        raise
