"""``flow.run(...)``: runs a flow with its parameters."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sequent.dsl.parameters.param import encode_params
from sequent.dsl.references.reference_search import refuse_texts
from sequent.dsl.run_port import OpenStore, RunMode, RunRequest, run
from sequent.dsl.source_lines import site_above
from sequent.dsl.specification.definitions import definition_of
from sequent.model.outcome import Outcome


def values_of(flow: object) -> Mapping[str, object]:
    """Return the parameters that a flow was given, as in ``nightly(day=...)``, by name."""
    run: object = vars(flow).get("run") if hasattr(flow, "__dict__") else None
    return run.values if isinstance(run, BoundRun) else {}


class BoundRun:
    """Runs a flow with these parameters."""

    def __init__(self, flow: object, values: Mapping[str, object]) -> None:
        self._flow = flow
        self.values = values
        """The parameters, by name."""

    def __call__(
        self,
        *,
        store: str | os.PathLike[str] | OpenStore | None = None,
        run_mode: RunMode = RunMode.RESTART,
        run_id: str | None = None,
        max_loops: int = -1,
        recovery_run: int | None = None,
        accept_changes: bool = False,
    ) -> Outcome:
        """Run the flow, here and now.

        Args:
            store: a path, ``:memory:`` or a URL, or an open store; by default that of ``SEQUENT_STORE``, or the user's
                own.
            run_mode: ``RUN_RECOVER`` recovers an earlier run; ``RUN_CONTINUE`` resumes a suspended one.
            run_id: the id of that run, or of the new one.
            max_loops: the number of passes over what is due; negative: until all is done.
            recovery_run: the recovery that the new one is based on; by default the latest.
            accept_changes: whether a run may be recovered although the flow has changed since it was made.
        """
        site = site_above(1)
        refuse_texts({"store": store, "run_id": run_id}, site)
        definition = definition_of(self._flow)
        params = {} if run_mode is not RunMode.RESTART and not self.values else encode_params(definition, self.values)
        return run(
            RunRequest(
                definition=definition,
                params=params,
                store=store,
                run_mode=run_mode,
                run_id=run_id,
                max_loops=max_loops,
                recovery_run=recovery_run,
                accept_changes=accept_changes,
            ),
            site.place,
        )
