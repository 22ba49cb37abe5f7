"""The builder: a flow made by calls, as the original has it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Unpack, cast

from sequent.dsl.adding import read_added
from sequent.dsl.config import read_config
from sequent.dsl.names import check_flow_name
from sequent.dsl.nodes import Node, Written
from sequent.dsl.option_types import BlockOptions
from sequent.dsl.options import NO_OPTIONS
from sequent.dsl.places import Site, frame_above, option_place, read_at, site_above
from sequent.dsl.references import ResultReference
from sequent.dsl.requirements import Requirement, read_requirement
from sequent.dsl.running import RunMode, RunRequest, run
from sequent.errors import DefinitionError, Place, UsageError
from sequent.model.outcome import Outcome


class Block(Node):
    """A step, or a container once steps are added to it."""

    __slots__ = ("_flow",)

    def __init__(self, written: Written, flow: Sequent) -> None:
        super().__init__(written)
        self._flow = flow

    def add_step(
        self,
        name: str,
        func: Callable[..., Any] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[BlockOptions],
    ) -> Block:
        """Add a step to this one, which thereby is a container.

        Args:
            name: its name, unique among its siblings.
            func: what it does; without it, and without a command, it is a container or does nothing.
            args: what it is called with: data, references and the flow itself.
            kwargs: the same, by name.
            **options: those of ``step`` and ``command``.

        Raises:
            DefinitionError: something of it is not what a step can have.
        """
        return self._flow.add_to(self, name, func, args, kwargs, dict(options), site_above(1))

    @property
    def result(self) -> Any:
        """What it gave, as a reference; set it to the step whose result is this container's."""
        return ResultReference(self, site_above(1))

    @result.setter
    def result(self, step: Block) -> None:
        self.__sequent__.result = _own_child(self, step, "result", site_above(1))

    @property
    def until(self) -> Node | None:
        """The step whose truthy result ends the repeat."""
        return self.__sequent__.until

    @until.setter
    def until(self, step: Block) -> None:
        self.__sequent__.until = _own_child(self, step, "until", site_above(1))

    def __repr__(self) -> str:
        return f"<step {self.__sequent__.shown}>"


def _own_child(parent: Node, step: object, word: str, site: Site) -> Node:
    children = parent.__sequent__.children
    if not isinstance(step, Node) or step.__sequent__.parent is not parent:
        raise DefinitionError(
            f"{word!r} of {parent.__sequent__.shown!r} names nothing that is a step of it",
            code="designated",
            hint=f"name one of {', '.join(map(repr, children)) or 'its steps, once it has any'}",
            place=site.place,
        )
    return step


class Sequent:
    """A flow, built by calls: steps are added to it, and to each other."""

    def __init__(
        self,
        name: str = "",
        store: str | os.PathLike[str] = "",
        run_mode: RunMode = RunMode.RESTART,
        recovery_run: int | None = None,
        config: Mapping[str, Any] | None = None,
        config_tag: str = "",
        *,
        run_id: str | None = None,
    ) -> None:
        """Begin a flow.

        Args:
            name: what it is called; after its module without one.
            store: where its runs are kept: a path, ``:memory:`` or a URL; where ``SEQUENT_STORE`` says, or the
                user's own, without it.
            run_mode: ``RUN_RESTART``, or ``RUN_RECOVER`` to take a run up again.
            recovery_run: not supported yet.
            config: ``sleep_between_loops``, ``LOGGING``, ``task_construct``, ``max_concurrent``,
                ``stop_on_exception``.
            config_tag: not supported yet.
            run_id: the run to recover, or the id of the new one.

        Raises:
            DefinitionError: one of these is not what a flow can have.
        """
        frame = frame_above(1)
        site = Site(frame.f_code, frame.f_lasti)
        self.module = str(frame.f_globals.get("__name__", ""))
        self.file = str(frame.f_globals.get("__file__") or "")
        for word, value, empty in (("recovery_run", recovery_run, None), ("config_tag", config_tag, "")):
            if value != empty:
                raise _not_supported(word, site)
        _check_mode(run_mode, site)
        shown = name or os.path.splitext(os.path.basename(self.file))[0] or "flow"  # noqa: PTH119, PTH122  pathlib is slow to load
        self.name = check_flow_name(shown, site)
        self.config = read_at(site, "config", partial(read_config, config))
        self.store = read_at(site, "store", partial(_read_store, store))
        self.run_mode = run_mode
        self.run_id = read_at(site, "run_id", partial(_read_run_id, run_id))
        """The id of its run; of the latest, once ``run()`` has returned."""
        self.root = Block(Written(site, NO_OPTIONS, name=self.name, children={}, is_leaf=False), self)
        self._asked_id = run_id
        self._is_running = False

    def add_step(
        self,
        name: str,
        func: Callable[..., Any] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[BlockOptions],
    ) -> Block:
        """Add a step to the flow; see ``Block.add_step``."""
        return self.add_to(self.root, name, func, args, kwargs, dict(options), site_above(1))

    def add_to(
        self,
        parent: Block,
        name: object,
        func: object,
        args: object,
        kwargs: object,
        options: dict[str, Any],
        site: Site,
    ) -> Block:
        """Add a step to one of the flow's containers."""
        if self._is_running:
            raise DefinitionError("the flow is already running", code="running", place=site.place)
        added = read_added(parent, name, func, args, kwargs, options, site, self)
        block = Block(Written(site, added.options, added.work, added.name, parent, {}), self)
        children: Any = parent.__sequent__.children
        children[added.name] = block
        parent.__sequent__.is_leaf = False
        return block

    def add_event(self, requires: object = None) -> Requirement:
        """Give a requirement a name of its own, to be used in others.

        Args:
            requires: ``(step, STATUS)`` pairs in a tuple, of which all must hold, ``or_(...)``, or another event.

        Raises:
            DefinitionError: it is not a requirement, or requires nothing.
        """
        place = site_above(1).place
        event = read_requirement(requires, place)
        if event is None:
            raise DefinitionError(
                "an event requires nothing", code="requirement", hint="give it (step, STATUS) pairs", place=place
            )
        return event

    @property
    def result(self) -> Node | None:
        """The step whose result is the run's."""
        return self.root.__sequent__.result

    @result.setter
    def result(self, step: Block) -> None:
        self.root.__sequent__.result = _own_child(self.root, step, "result", site_above(1))

    def run(self, max_loops: int = -1) -> Outcome:
        """Run the flow, or take its run up again; return how it ended, which is true only on success.

        Args:
            max_loops: negative, all there is to do.

        Raises:
            UsageError: it is running already.
        """
        from sequent.dsl.definitions import definition_of

        if self._is_running:
            raise UsageError(f"the flow {self.name!r} is already running", code="running")
        self._is_running = True
        try:
            outcome = run(
                RunRequest(
                    definition=definition_of(self),
                    params={},
                    store=self.store or None,
                    run_mode=self.run_mode,
                    run_id=self._asked_id,
                    max_loops=max_loops,
                )
            )
        finally:
            self._is_running = False
        self.run_id = outcome.run_id
        return outcome

    def get_step_name(self) -> str:
        """In a step: its name, joined with those of its containers by ``_``."""
        return os.environ.get("SEQUENT_STEP_NAME", "")

    def get_step_sequence(self) -> str:
        """In a step: the numbers of the iterations it is in, outermost first: ``1.2.2``."""
        return os.environ.get("SEQUENT_STEP_SEQUENCE", "")

    def __repr__(self) -> str:
        return f"<flow {self.name}>"


def _check_mode(mode: object, site: Site) -> None:
    if mode is RunMode.CONTINUE:
        raise _not_supported("run_mode=RUN_CONTINUE", site)
    if not isinstance(mode, RunMode):
        raise DefinitionError(
            f"'run_mode' is {mode!r}",
            code="option",
            hint="it is RUN_RESTART or RUN_RECOVER",
            place=option_place(site, "run_mode"),
        )


def _read_store(store: object, place: Place) -> str:
    if store is None or isinstance(store, str | os.PathLike):
        return os.fspath(cast("str | os.PathLike[str]", store or ""))
    raise DefinitionError(
        f"'store' is {store!r:.100}", code="option", hint="it is a path, ':memory:' or sqlite:///FILE", place=place
    )


def _read_run_id(run_id: object, place: Place) -> str | None:
    if run_id is None or isinstance(run_id, str):
        return run_id
    raise DefinitionError(f"'run_id' is {run_id!r:.100}", code="option", hint="it is a text: 'r00412'", place=place)


def _not_supported(word: str, site: Site) -> DefinitionError:
    return DefinitionError(
        f"not supported yet: {word}",
        code="not-supported",
        hint="leave it out",
        place=option_place(site, word.split("=", maxsplit=1)[0]),
    )
