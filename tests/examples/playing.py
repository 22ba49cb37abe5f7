"""Runs an example in a directory and a store of its own, and tells what ran."""

from __future__ import annotations

from attrs import evolve

from sequent.api import run
from sequent.dsl.parameters.param import encode_params
from sequent.dsl.run_port import RunMode, RunRequest
from sequent.dsl.specification.definitions import definition_of
from sequent.model.status import Status
from sequent.runtime.store import open_store


class Player:
    """Runs and recovers one flow, its steps executed in one of the ways that there are."""

    def __init__(self, directory, construct):
        self.directory = directory
        self.construct = construct
        self.store = str(directory / "store.db")
        self._told = 0

    def write(self, name, text=""):
        """Write a file of the working directory."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)

    def read(self, name):
        return (self.directory / name).read_text()

    def has(self, name):
        return (self.directory / name).exists()

    def run(self, flow, **params):
        return self._start(flow, params, RunMode.RESTART)

    def recover(self, flow):
        return self._start(flow, {}, RunMode.RECOVER)

    def _start(self, flow, params, mode):
        definition = definition_of(flow)
        config = evolve(definition.spec.config, task_construct=self.construct)
        definition = evolve(definition, spec=evolve(definition.spec, config=config))
        encoded = encode_params(definition, params) if mode is RunMode.RESTART else {}
        return run(RunRequest(definition=definition, params=encoded, store=self.store, run_mode=mode))

    def ran(self):
        """The attempts since this was last asked, by their start; failures are marked, and so is nothing else."""
        opened = open_store(self.store)
        try:
            attempts = list(opened.attempts(opened.find("latest")))
        finally:
            opened.close()
        fresh, self._told = attempts[self._told :], len(attempts)
        return [_label(attempt) for attempt in fresh]


def _label(attempt):
    number = "" if attempt.sequence == "1" else f"/{attempt.sequence}"
    mark = {Status.SUCCESS: "", Status.FAILURE: "!"}[attempt.status]
    return f"{attempt.path}{number}{mark}"
