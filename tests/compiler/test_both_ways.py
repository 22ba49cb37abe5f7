"""A flow written as a class body and the same built by calls are the same plan."""

from __future__ import annotations

import json
import linecache
from itertools import count

from attrs import define, field
from hypothesis import given

from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.model.plan import Plan
from sequent.model.references import Path
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.spec import ContainerSpec, FlowSpec, StepSpec
from sequent.model.status import Claim
from tests.compiler.reading import Around, meant, readers, taken_by
from tests.flows import flow_specs

WORDS = {Claim.SUCCESS: "", Claim.FAILURE: ".failed"}
BEGINNING = "from sequent import *\ndef work(x0=None, x1=None):\n    pass\n"
_programs = count(1)


@define
class Program:
    """Writes a flow; everything gets a name of its own, so that ``outer`` reaches all that stands further out."""

    spec: FlowSpec
    names: dict[Path, str] = field(factory=dict)
    lines: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.names = {path: f"n{number}" for number, (_, path, _) in enumerate(readers(self.spec.root))}

    def options(self, child: StepSpec | ContainerSpec, path: Path, around: Around) -> list[str]:
        given = []
        if child.requires is not None:
            given.append(f"requires={self.requirement(child.requires, path, around)}")
        if child.repeats is not None:
            given.append(f"repeats={child.repeats.text}, parallel={child.parallel}")
        if isinstance(child, StepSpec) and child.until:
            given.append("until=True")
        if not child.handles:
            given.append("handles=False")
        if child.stop_on_exception is not None:
            given.append(f"stop_on_exception={child.stop_on_exception}")
        if isinstance(child, StepSpec):
            taken = [self.name(meant(target, path, around), path) for target in taken_by(child)]
            kwargs = ", ".join(f"'x{number}': {name}.result" for number, name in enumerate(taken))
            given.append(f"kwargs={{{kwargs}}}")
        return given


class ClassProgram(Program):
    """As a class body, with ``&`` and ``|``."""

    def name(self, target: Path, path: Path) -> str:
        return self.names[target] if target[:-1] == path[:-1] else f"outer.{self.names[target]}"

    def requirement(self, part: Requirement, path: Path, around: Around) -> str:
        if isinstance(part, Atom):
            claim = WORDS.get(part.claim, f".{part.claim}") + returned_values(part)
            return self.name(meant(part.target, path, around), path) + claim
        sign = " & " if isinstance(part, AllOf) else " | "
        return f"({sign.join(self.requirement(inner, path, around) for inner in part.parts)})"

    def write(self, container: ContainerSpec, path: Path, around: Around) -> None:
        around = (*around, container)
        indent = "    " * len(around)
        for child in container.children:
            own = (*path, child.name)
            given = ", ".join(self.options(child, own, around))
            if isinstance(child, StepSpec):
                self.lines.append(f"{indent}{self.names[own]} = step({given})(work)")
            else:
                self.lines += [f"{indent}@container({given})", f"{indent}class {self.names[own]}:"]
                self.write(child, own, around)
        if not container.children:
            self.lines.append(f"{indent}only = step(work)")
        for word, named in (("result", container.result), ("until", container.until)):
            if named is not None:
                self.lines.append(f"{indent}{word} = {self.names[(*path, named)]}")

    def text(self) -> str:
        self.lines = ["@container", "class flow:"]
        self.write(self.spec.root, (), ())
        return "\n".join(self.lines)


class BuilderProgram(Program):
    """As calls, with ``and_``, ``or_`` and pairs."""

    def name(self, target: Path, path: Path) -> str:
        return self.names[target]

    def requirement(self, part: Requirement, path: Path, around: Around) -> str:
        if isinstance(part, Atom) and part.claim is Claim.RETURNED:
            return f"{self.names[meant(part.target, path, around)]}.returned{returned_values(part)}"
        if isinstance(part, Atom):
            return f"({self.names[meant(part.target, path, around)]}, STEP_{part.claim.name})"
        word = "and_" if isinstance(part, AllOf) else "or_"
        return f"{word}({', '.join(self.requirement(inner, path, around) for inner in part.parts)})"

    def write(self, container: ContainerSpec, path: Path, around: Around) -> None:
        name = self.names.get(path, "flow")
        around = (*around, container)
        for child in container.children:
            own = (*path, child.name)
            function = ["func=work"] if isinstance(child, StepSpec) else []
            given = ", ".join([repr(self.names[own]), *function, *self.options(child, own, around)])
            self.lines.append(f"{self.names[own]} = {name}.add_step({given})")
            if isinstance(child, ContainerSpec):
                self.write(child, own, around)
        if not container.children:
            self.lines.append(f"{name}.add_step('only', func=work)")
        for word, named in (("result", container.result), ("until", container.until)):
            if named is not None:
                self.lines.append(f"{name}.{word} = {self.names[(*path, named)]}")

    def text(self) -> str:
        self.lines = ["flow = Sequent('flow')"]
        self.write(self.spec.root, (), ())
        return "\n".join(self.lines)


def returned_values(atom: Atom) -> str:
    """What is asked of a result, as it is written in Python; nothing of other claims."""
    return f"({', '.join(repr(json.loads(text)) for text in atom.values)})" if atom.values else ""


def plan_of(text: str) -> Plan:
    """The plan of a program that defines ``flow``."""
    name = f"<program {next(_programs)}>"
    source = f"{BEGINNING}{text}\n"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names: dict = {"__name__": "program", "__file__": name}
    exec(compile(source, name, "exec"), names)  # noqa: S102  the program was written by this test
    return compile_flow(definition_of(names["flow"]).spec)


@given(flow_specs(asks_results=True))
def test_a_class_body_and_calls_give_the_same_plan(spec):
    written, built = plan_of(ClassProgram(spec).text()), plan_of(BuilderProgram(spec).text())
    assert set(Program(spec).names.values()) < {path.rpartition(".")[2] for path in written.description}
    assert written.description == built.description
    assert written.nodes == built.nodes
    assert written.reactions == built.reactions
