"""The sources of referenced values: results, items and parameters, with every name resolved."""

from __future__ import annotations

from attrs import define

from sequent.compiler.name_lookup import Names, Reader
from sequent.compiler.problems import Problems
from sequent.compiler.tree import TreeNode
from sequent.errors import Place
from sequent.model.inputs import (
    CompoundInput,
    FailuresInput,
    Input,
    ItemInput,
    LiteralInput,
    ParamInput,
    PartInput,
    PreviousInput,
    ResultInput,
    ResultOrInput,
)
from sequent.model.references import (
    Compound,
    FailuresOf,
    FlowHandle,
    ItemOf,
    Literal,
    OuterValue,
    ParamOf,
    PartOf,
    Path,
    PreviousOf,
    ResultOf,
    ResultOr,
    SecretOf,
    Value,
)
from sequent.model.requirements import Atom
from sequent.model.spec import ContainerSpec
from sequent.model.status import Claim


@define
class References:
    """Finds the input that a reference means, and the requirement that it implies; explains wrong references."""

    names: Names
    problems: Problems

    def find(self, value: Value, use: str, reader: Reader, repeating: int | None) -> Input | None:
        """Return the input of a value or a reference; add the requirement that it implies to its reader.

        Args:
            value: as written.
            use: its use by the reader, in words.
            reader: the node that takes it.
            repeating: the container whose item ``item()`` is, if there is one.

        Returns:
            The input; None, with a problem, if it cannot be found, or is known only where a step runs.
        """
        match value:
            case Literal():
                return LiteralInput(value.text)
            case ResultOf() | ResultOr() | FailuresOf():
                node = self.names.find(value.target, reader, value.place)
                return None if node is None else self._of_node(node, value, reader)
            case ItemOf():
                if repeating is None:
                    self._refuse_item(reader, value.place or reader.place)
                return None if repeating is None else ItemInput(repeating)
            case ParamOf():
                return self._param(value.name, reader, value.place or reader.place)
            case OuterValue():
                return self._outer(value.name, reader, value.place or reader.place)
            case PreviousOf():
                return self._previous(value, reader, repeating)
            case Compound():
                return self._compound(value, use, reader, repeating)
            case PartOf():
                whole = self.find(value.whole, "whole of a part", reader, repeating)
                return None if whole is None else _part(whole, value.keys)
            case FlowHandle() | SecretOf():
                self._refuse_handle(value, use, reader)
                return None

    def _compound(self, value: Compound, use: str, reader: Reader, repeating: int | None) -> Input | None:
        inputs = [self.find(part, f"{use} (a part of it)", reader, repeating) for part in value.parts]
        parts = tuple(part for part in inputs if part is not None)
        return CompoundInput(value.form, parts, value.keys) if len(parts) == len(inputs) else None

    def _refuse_handle(self, value: FlowHandle | SecretOf, use: str, reader: Reader) -> None:
        """Refuse a handle of the flow or a secret as a value that must be known where the run is driven."""
        shown = "the flow itself" if isinstance(value, FlowHandle) else f"the secret {value.name!r}"
        self.problems.add(
            "no-value",
            f"{reader.node.shown} has {shown} as its {use}",
            path=reader.node.text,
            place=(None if isinstance(value, FlowHandle) else value.place) or reader.place,
            hint="give a value, a parameter, an item or a result; only a step takes a secret or its flow",
        )

    def _of_node(self, node: TreeNode, reference: ResultOf | ResultOr | FailuresOf, reader: Reader) -> Input | None:
        place = reference.place or reader.place
        if isinstance(reference, FailuresOf):
            reader.node.told_of.append((node, place))
            return FailuresInput(node.index)
        maker = maker_of(node)
        if maker is None:
            self._refuse_result(node, reader, place)
            return None
        if isinstance(reference, ResultOr):
            reader.node.taken.append(Atom(node.path, Claim.DONE, place, is_stand_in=True))
            return ResultOrInput(node.index, maker, reference.default.text)
        reader.node.taken.append(Atom(node.path, Claim.SUCCESS, place))
        return ResultInput(node.index, maker)

    def _previous(self, reference: PreviousOf, reader: Reader, repeating: int | None) -> Input | None:
        place = reference.place or reader.place
        start = self.find(reference.start, "start of previous()", reader, repeating)
        around = None if repeating is None else self.names.tree.by_index[repeating]
        maker = None if around is None else maker_of(around)
        if around is None:
            self._refuse_previous(
                reader, place, " outside any repeat", "give repeats= to it or to a container around it"
            )
        elif maker is None:
            why = f", and {around.shown}, which repeats, names no result: the iteration before has no result"
            self._refuse_previous(reader, place, why, _result_hint(around))
        elif around.is_parallel:
            why = f", and {around.shown} runs its iterations in parallel: there is no iteration before"
            self._refuse_previous(reader, place, why, "leave parallel= out, or do not take previous()")
        elif start is not None:
            return PreviousInput(around.block_index, maker, start)
        return None

    def _refuse_previous(self, reader: Reader, place: Place | None, why: str, hint: str) -> None:
        message = f"{reader.node.shown} takes previous(){why}"
        self.problems.add("previous", message, path=reader.node.text, place=place, hint=hint)

    def _refuse_result(self, node: TreeNode, reader: Reader, place: Place | None) -> None:
        self.problems.add(
            "no-result",
            f"{reader.node.shown} takes the result of the container {node.shown}, which names none",
            path=reader.node.text,
            place=place,
            hint=_result_hint(node),
        )

    def _refuse_item(self, reader: Reader, place: Place | None) -> None:
        around = [container.shown for container in reader.node.around if container.path]
        inside = f": neither it nor {', '.join(around)} repeats" if around else ": it does not repeat"
        if reader.node.spec.repeats is not None:
            inside = ": in its own options, item() is the item of an enclosing repeat"
        self.problems.add(
            "item",
            f"{reader.node.shown} takes item() outside any repeat{inside}",
            path=reader.node.text,
            place=place,
            hint="give repeats= to it or to a container around it",
        )

    def _param(self, name: str, reader: Reader, place: Place | None) -> ParamInput | None:
        if name in self.names.params():
            return ParamInput(name)
        self.problems.add(
            "unknown-param",
            f"{reader.node.shown} takes the parameter {name!r}, which the flow does not have",
            path=reader.node.text,
            place=place,
            hint=self.problems.nearest(name, self.names.params()),
        )
        return None

    def _outer(self, name: str, reader: Reader, place: Place | None) -> Input | None:
        for container in reader.levels():
            if name in container.attributes:
                return container.attributes[name]
            if not container.path and name in self.names.params():
                return ParamInput(name)
            if name in container.names:
                self.problems.add(
                    "outer-value",
                    f"{reader.node.shown} takes outer.{name}, which is {container.names[name].shown}, as a value",
                    path=reader.node.text,
                    place=place,
                    hint=f"write outer.{name}.result",
                )
                return None
        self.names.refuse_outer(name, reader, place)
        return None


def maker_of(node: TreeNode) -> Path | None:
    """Return the path of the step whose result a node's result is; None if a container names none."""
    while isinstance(node.spec, ContainerSpec):
        inner = node.names.get(node.spec.result) if node.spec.result is not None else None
        if inner is None:
            return None
        node = inner
    return node.path


def _part(whole: Input, keys: tuple[str | int, ...]) -> PartInput:
    return PartInput(whole.whole, (*whole.keys, *keys)) if isinstance(whole, PartInput) else PartInput(whole, keys)


def _result_hint(node: TreeNode) -> str:
    names = list(node.names)
    return f"write result = {names[0]} in its body; it has: {', '.join(names[:20])}" if names else "it has no steps"
