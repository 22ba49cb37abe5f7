"""Describes the coming attempt of a simulation: its place and its arguments, as its step would see them."""

from __future__ import annotations

from functools import cached_property

from attrs import field, frozen

from sequent.model import value_text
from sequent.model.references import SecretOf
from sequent.model.spec import StepSpec
from sequent.model.work import CommandWork, FunctionWork
from sequent.runtime.context import Context, FlowInStep
from sequent.runtime.orders import AttemptOrder
from sequent.runtime.worker.inputs import Catalogue, Inputs, instance_of
from sequent.runtime.worker.secrets import Secrets


class _NoSecrets(Secrets):
    """A placeholder for the secrets of a simulated step, which gets none."""

    def __init__(self) -> None:
        """Do nothing: a simulation has no secrets."""

    def take(self, reference: SecretOf) -> str:
        return f"<secret {reference.name}>"


@frozen(slots=False)
class Task:
    """An attempt of a step, as the callables of a simulation get it."""

    order: AttemptOrder = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    run_id: str
    at: float
    """Simulated seconds since the beginning."""

    @property
    def path(self) -> str:
        """The dotted path."""
        return self.order.path

    @property
    def sequence(self) -> str:
        """The iteration numbers from the outermost inwards: ``1.2``."""
        return self.order.sequence

    @property
    def host(self) -> str:
        """The host that its step names; '' for the machine on which the flow was started."""
        return self.order.host

    @property
    def attempt(self) -> int:
        """The number of the attempt, from 1, counted across retries and recoveries."""
        return self.order.attempt

    @property
    def recovery(self) -> int:
        """The number of the recovery; 0 in the first run."""
        return self.order.recovery

    @property
    def key(self) -> str:
        """Path, host and sequence: ``transmit.send/1.2``, ``load@etl2/1``."""
        return f"{self.order.located}/{self.sequence}"

    @cached_property
    def item(self) -> object:
        """The item of the nearest repeat; None outside of repeats."""
        text = self.order.item
        return None if text is None else value_text.decode(text, self.catalogue.classes_of(""))

    @property
    def args(self) -> list[object]:
        """The arguments of the step's function, without ``self``: named ones are in ``kwargs``."""
        return self._arguments[0]

    @property
    def kwargs(self) -> dict[str, object]:
        """The arguments of the step's function, by name.

        The result of a step for which the simulation has none is None, and a secret is a placeholder.
        """
        return self._arguments[1]

    @cached_property
    def container(self) -> object:
        """The ``self`` of the step; None if its container is not written as a class."""
        path = tuple(self.path.split("."))[:-1]
        if path not in self.catalogue.definition.bodies:
            return None
        return instance_of(self.catalogue, path, self.order.attributes)

    @property
    def spec(self) -> StepSpec:
        """The step as its author wrote it."""
        return self.catalogue.steps[self.path][1]

    @cached_property
    def _arguments(self) -> tuple[list[object], dict[str, object]]:
        written = self.spec.work
        work = written.computed if isinstance(written, CommandWork) else written
        if not isinstance(work, FunctionWork):
            return [], {}
        return Inputs(self.order, self.catalogue, _NoSecrets(), self._handle).arguments(work)

    def _handle(self) -> object:
        context = Context(
            path=self.path,
            name=self.path.replace(".", "_"),
            sequence=self.sequence,
            item=self.item,
            run_id=self.run_id,
            recovery=self.recovery,
            attempt=self.attempt,
            token=self.order.token,
            host=self.host,
            located=self.order.located,
        )
        return FlowInStep(self.catalogue.definition.spec.name, context)
