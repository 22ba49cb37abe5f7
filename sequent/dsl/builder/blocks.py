"""The builder: a flow made by calls, as in the original."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any, Unpack

from sequent.dsl.builder.add_step_arguments import read_added, read_event, read_imports
from sequent.dsl.builder.positional_arguments import read_order, read_positions
from sequent.dsl.names import check_flow_name
from sequent.dsl.options.hosts import hosts_of_flow
from sequent.dsl.options.option_types import BlockOptions, FlowOptions
from sequent.dsl.options.written_options import FLOW_OPTIONS, read_options
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_search import refuse_texts
from sequent.dsl.references.reference_words import ResultSource, result_or
from sequent.dsl.references.requirements import Requirement
from sequent.dsl.run_port import RunMode, RunRequest, asking_step, read_mode, read_recovery_run, run
from sequent.dsl.source_lines import Site, frame_above, names_around, read_at, site_above
from sequent.dsl.specification.definitions import BuiltFlow, definition_of
from sequent.dsl.steps.nodes import Node, Written, own_child
from sequent.dsl.steps.returning import returned_by_node
from sequent.errors import DefinitionError, UsageError
from sequent.model.option_readers import read_optional_text
from sequent.model.outcome import Outcome
from sequent.model.showing import shown
from sequent.model.variables import CONFIG_TAG
from sequent.settings.config_argument import read_config, read_store
from sequent.settings.databases import DEFAULT


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
        *further: Any,
        **options: Unpack[BlockOptions],
    ) -> Block:
        """Add a step to this one, which thereby becomes a container.

        Args:
            name: its name, unique among its siblings.
            func: the function to call; without it, and without a command, it is a container or does nothing.
            args: the arguments of the call: data, references and the flow itself.
            kwargs: the arguments by name.
            *further: options by position, as the original's programs may give them.
            **options: those of ``step`` and ``command``.

        Raises:
            DefinitionError: an argument is not one that a step can have.
        """
        site = site_above(1)
        return self._flow.add_to(self, name, func, args, kwargs, read_positions(further, dict(options), site), site)

    def add_event(self, requires: object = None, *, require: object = None) -> Requirement:
        """Give a requirement a name of its own; see ``Sequent.add_event``."""
        return read_event(requires, require, site_above(1))

    @property
    def result(self) -> Any:
        """Its result, as a reference; set it to the step whose result is this container's."""
        return Reference(ResultSource(site_above(1), self))

    @result.setter
    def result(self, step: Block) -> None:
        self.__sequent__.result = own_child(self, step, "result", site_above(1))

    def result_or(self, value: object) -> Any:
        """Return its result, or a value if there is none, as a reference; a step that takes it handles a failure."""
        return result_or(self, value, site_above(1))

    def returned(self, *values: object) -> Requirement:
        """Require that it succeeds and returns one of these: None, bool, int, str, members of an enum."""
        return returned_by_node(self, values, site_above(1))

    @property
    def until(self) -> Node | None:
        """The step whose truthy result ends the repeat."""
        return self.__sequent__.until

    @until.setter
    def until(self, step: Block) -> None:
        self.__sequent__.until = own_child(self, step, "until", site_above(1))

    def __repr__(self) -> str:
        return f"<step {self.__sequent__.shown}>"


def _stem(file: str) -> str:
    return os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122  pathlib is slow to load


class Sequent(BuiltFlow):
    """A flow, built by calls: steps are added to it, and to each other."""

    def __init__(  # noqa: PLR0913  the original's arguments
        self,
        name: str = "",
        store: str | os.PathLike[str] = "",
        run_mode: RunMode = RunMode.RESTART,
        recovery_run: int | None = None,
        config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
        config_tag: str | None = "",
        *,
        run_id: str | None = None,
        host: str | None = None,
        remotes: Sequence[str] | None = None,
        import_module: str | Sequence[str] | None = None,
        import_file: str | None = None,
        **options: Unpack[FlowOptions],
    ) -> None:
        """Begin a flow.

        Args:
            name: its name; by default that of its module.
            store: the store of its runs: a path, ``:memory:`` or a URL; by default that of ``SEQUENT_STORE``, or the
                user's own.
            run_mode: ``RUN_RESTART``, ``RUN_RECOVER`` to recover a run, or ``RUN_CONTINUE`` to resume one
                that was suspended.
            recovery_run: the recovery that the new one is based on; by default the latest.
            config: settings, as a dict, a file in TOML or YAML, or a YAML string (see *Configuration*).
            config_tag: the key in it where they begin (``PROD.SEQUENT``); None: as ``SEQUENT_CONFIG_TAG`` says.
            run_id: the run to recover, or the id of the new one.
            host: a name for this machine, for use in steps.
            remotes: hosts to reach before anything starts, besides those that steps name.
            import_module: modules that a worker imports before it calls a function, of all steps that name none.
            import_file: the file of that module.
            **options: ``acquires``, the amounts of pools that each of its runs holds as long as it lasts; and
                other options of a whole flow.

        Raises:
            DefinitionError: one of these is not an argument that a flow can have.
        """
        frame = frame_above(1)
        site = Site(frame.f_code, frame.f_lasti)
        texts = {"name": name, "store": store, "config": config, "config_tag": config_tag, "run_id": run_id}
        refuse_texts({**texts, "host": host, "remotes": remotes}, site)
        self.module = str(frame.f_globals.get("__name__", ""))
        self.file = str(frame.f_globals.get("__file__") or "")
        self.name = check_flow_name(name or _stem(self.file) or "flow", site)
        run_mode, recovery_run, config, config_tag = read_order(
            run_mode, recovery_run, config, config_tag, self.file, site
        )
        self._configure(config, config_tag, store, site)
        self.settings = self.settings.with_hosts(*hosts_of_flow(host, remotes, site), site.place)
        self.config = self.settings.config
        self.imports = read_imports({"import_module": import_module, "import_file": import_file}, None, site)
        self.run_mode = read_at(site, "run_mode", partial(read_mode, run_mode))
        self.recovery_run = read_at(site, "recovery_run", partial(read_recovery_run, recovery_run))
        self.run_id = read_at(site, "run_id", partial(read_optional_text, run_id, "run_id", "r00412")) or None
        """The id of its run; of the latest, once ``run()`` has returned."""
        chosen = read_options(options, site, FLOW_OPTIONS, "flow")
        self.root = Block(Written(site, chosen, name=self.name, children={}, is_leaf=False), self)
        self._asked_id = self.run_id
        self._running = Lock()  # held while run() runs it

    def _configure(self, config: object, config_tag: object, store: object, site: Site) -> None:
        tag = os.environ.get(CONFIG_TAG) if config_tag is None else config_tag
        checked = read_at(site, "config_tag", partial(read_optional_text, tag, "config_tag", "SEQUENT")) or ""
        self.settings = read_at(site, "config", partial(read_config, config, checked, self.file))
        named = read_at(site, "store", partial(read_store, store))
        self.store = self.settings.databases.get(named, named)
        self.default_store = self.settings.databases.get(DEFAULT, "")
        """The store of its runs if no other is named."""

    def add_step(
        self,
        name: str,
        func: Callable[..., Any] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *further: Any,
        **options: Unpack[BlockOptions],
    ) -> Block:
        """Add a step to the flow; see ``Block.add_step``."""
        site = site_above(1)
        return self.add_to(self.root, name, func, args, kwargs, read_positions(further, dict(options), site), site)

    def add_to(
        self,
        parent: Node,
        name: object,
        func: object,
        args: object,
        kwargs: object,
        options: dict[str, Any],
        site: Site,
    ) -> Block:
        """Add a step to one of the flow's containers."""
        if self._running.locked():
            raise DefinitionError(
                f"the flow {self.name!r} is already running, and {name!r} is added to it",
                code="running",
                hint="add all steps before run()",
                place=site.place,
            )
        added = read_added(parent, name, func, args, kwargs, options, site, self, imports=self.imports)
        block = Block(Written(site, added.options, added.work, added.name, parent, {}), self)
        block.__sequent__.around = names_around(func, frame_above(2))
        children: Any = parent.__sequent__.children
        children[added.name] = block
        parent.__sequent__.is_leaf = False
        return block

    def add_event(self, requires: object = None, *, require: object = None) -> Requirement:
        """Make a requirement that is used in others.

        Args:
            requires: a tuple of ``(step, STATUS)`` pairs that must all hold, ``or_(...)``, or another event.
            require: the same, by the original's name.

        Raises:
            DefinitionError: it is not a requirement, or requires nothing.
        """
        return read_event(requires, require, site_above(1))

    @property
    def result(self) -> Node | None:
        """The step whose result is the run's."""
        return self.root.__sequent__.result

    @result.setter
    def result(self, step: Block) -> None:
        self.root.__sequent__.result = own_child(self.root, step, "result", site_above(1))

    def run(
        self,
        max_loops: int = -1,
        run_mode: RunMode | None = None,
        *,
        run_id: str | None = None,
        recovery_run: int | None = None,
        accept_changes: bool = False,
    ) -> Outcome:
        """Run the flow, or recover its run; return the outcome, which is true only on success.

        Args:
            max_loops: the number of passes over what is due; negative: until all is done.
            run_mode: replaces the flow's own; its latest run is recovered.
            run_id: replaces the flow's own: the run to recover, or the id of the new one.
            recovery_run: replaces the flow's own.
            accept_changes: whether a run may be recovered although the flow has changed since it was made.

        Raises:
            UsageError: it is running already.
        """
        place = site_above(1).place
        mode = self.run_mode if run_mode is None else run_mode
        if not self._running.acquire(blocking=False):
            hint = "wait until it has ended, or build another flow"
            raise UsageError(f"the flow {self.name!r} is already running", code="running", hint=hint, place=place)
        try:
            request = RunRequest(
                definition=definition_of(self),
                params={},
                store=self.store or None,
                default_store=self.default_store,
                run_mode=mode,
                run_id=run_id or (self._asked_id if mode is RunMode.RESTART else self.run_id),
                max_loops=max_loops,
                recovery_run=self.recovery_run if recovery_run is None else recovery_run,
                accept_changes=accept_changes,
            )
            outcome = run(request, place)
        finally:
            self._running.release()
        self.run_id = outcome.run_id
        return outcome

    def close(self) -> None:
        """Do nothing: a flow holds no resources between its runs. The original's programs end with this call."""

    def get_step_name(self) -> str:
        """Return, in a step, its name, joined with those of its containers by ``_``."""
        return self._told_of_step()[0]

    def get_step_sequence(self) -> str:
        """Return, in a step, the numbers of the iterations around it, outermost first: ``1.2.2``."""
        return self._told_of_step()[1]

    def _told_of_step(self) -> tuple[str, str]:
        """Return name and sequence; a program that a step has started knows them from its environment."""
        prefix = self.config.envvar_prefix
        return asking_step() or (os.environ.get(f"{prefix}STEP_NAME", ""), os.environ.get(f"{prefix}STEP_SEQUENCE", ""))

    def _repr_html_(self) -> str | None:
        return shown(self)

    def __repr__(self) -> str:
        return f"<flow {self.name}>"
