"""Defines ``why``, which tells why a part of a run has not started, or how it ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, moment, next_lines
from sequent.cli.runs.run_lookup import find_run
from sequent.view.next_command import commands_for
from sequent.view.why import explained

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import NamedRun, PartPath


def why(run: NamedRun, path: PartPath, /, *, options: GlobalOptions = DEFAULTS) -> int:
    """Explain why a step, a container, a copy or an iteration of a run has not started, or how it ended."""
    with opened_store(options) as store:
        record = find_run(store, "why", run, path)
        told = explained(store, record, path, time.time())
        commands = commands_for(told, record, store.interventions(record))
        if options.json:
            from sequent.cli.output import json_output, why_document

            document = {**why_document.why_document(told), "next": commands}
            json_output.write({"store": store.name, "run": record.id, "why": document})
        else:
            from sequent.view.why_lines import why_lines

            out("\n".join(why_lines(told, Paint.of(sys.stdout), moment)))
            if commands:
                out("\n".join(("", *next_lines(commands))))
    return 0
