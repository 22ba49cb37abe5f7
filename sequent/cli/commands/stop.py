"""Defines ``stop``, which stops a run from another terminal: running steps finish, nothing new starts."""

from __future__ import annotations

import os
import signal
import socket

from sequent.cli.arguments.options import opened_store
from sequent.cli.arguments.typed_options import DEFAULTS, Run, TypedOptions
from sequent.cli.output.text import moment, safe
from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.runtime.records import Owner, RunRecord


def stop(run: Run = "latest", /, *, options: TypedOptions = DEFAULTS) -> int:
    """Stop a run: nothing more starts, running steps may finish, and it can be recovered. A second stop ends them."""
    with opened_store(options) as store:
        record = store.find(run)
        owner = _driver(record)
        process = os.pidfd_open(owner.pid)
        try:
            # The process id may have been reused since the lookup: then nobody drives the run.
            _driver(store.find(record.id))
            signal.pidfd_send_signal(process, signal.SIGINT)
        except PermissionError:
            raise UsageError(
                f"run {record.id!r} is driven by process {owner.pid} of {owner.user!r}, and only that user may stop it",
                code="foreign-process",
                hint=f"stop it as that user, or as root: {typed('stop', record.id)}",
            ) from None
        finally:
            os.close(process)
    options.say(f"asked process {owner.pid} to stop {safe(record.id)}: running steps may finish")
    return 0


def _driver(record: RunRecord) -> Owner:
    """Return the driver of a run on this machine.

    Raises:
        UsageError: nothing drives the run, or the driver is on another machine.
    """
    owner = record.owner
    if owner is None:
        ended = f" since {moment(record.ended)}" if record.ended is not None else ""
        raise UsageError(
            f"run {record.id!r} of {record.target.flow!r} is not running: {record.status.value}{ended}",
            code="not-running",
            hint=f"see how it went: {typed('show', record.id)}",
        )
    if owner.host != socket.gethostname():
        raise UsageError(
            f"run {record.id!r} is driven by process {owner.pid} on the host {owner.host!r}",
            code="elsewhere",
            hint=f"stop it there: {typed('stop', record.id)}",
        )
    return owner
