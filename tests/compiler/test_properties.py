"""What holds of any flow: its circuits say what its requirements say, whatever the order and the names."""

from __future__ import annotations

from itertools import product

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sequent.compiler import compile_flow
from sequent.errors import InvalidFlowError
from sequent.model.inputs import ItemInput, ResultInput
from sequent.model.plan import ContainerPlan, Plan, StepPlan, start_of
from sequent.model.references import OuterName, ResultOf
from sequent.model.requirements import AllOf, AnyOf, Atom, Requirement
from sequent.model.spec import ContainerSpec, FlowSpec
from sequent.model.status import SETTLES, Claim, Status
from sequent.model.work import FunctionWork
from tests.compiler.reading import meant, readers, taken_by
from tests.compiler.writing import flow, step
from tests.flows import NAMES, flow_specs

SETTLED = (Status.SUCCESS, Status.FAILURE, Status.SKIPPED, Status.CANCELLED)
RESULTS = ("1", "2", "null")


def is_so(claim, values, status, result):
    """Whether a claim is true of what settled so, with that result."""
    return status is Status.SUCCESS and result in values if claim is Claim.RETURNED else claim in SETTLES[status]


# -- circuits say what requirements say -----------------------------------------------------------------


def holds(part, true_of):
    if isinstance(part, Atom):
        return true_of(part)
    return (all if isinstance(part, AllOf) else any)(holds(inner, true_of) for inner in part.parts)


def all_required(child):
    parts = [] if child.requires is None else [child.requires]
    return AllOf((*parts, *(Atom(target, Claim.SUCCESS) for target in taken_by(child))))


def maker(plan, node):
    """The step whose result is that of a node."""
    while isinstance(node, ContainerPlan):
        node = plan.nodes[node.children[node.result]]
    return node


def starts(plan, child, is_true):
    """Whether a child starts if everything has settled so: its container's circuit, followed backwards."""
    container = plan.nodes[child.parent]
    fed = [
        (atom, plan.nodes[other])
        for other, atoms in zip(container.children, container.atoms, strict=True)
        for atom in atoms
    ] + [(outer, plan.nodes[outer.node]) for outer in container.outer_atoms]

    def inputs(target):
        claims = []
        for atom, node in fed:
            if atom.target == target:
                assert (atom.question >= 0) == (atom.claim is Claim.RETURNED)
                values = maker(plan, node).asked[atom.question] if atom.question >= 0 else ()
                claims.append(is_true(node.path, atom.claim, values))
        return claims + [truth(number) for number, gate in enumerate(container.gates) if gate.target == target]

    def truth(number):
        gate, values = container.gates[number], inputs(number)
        assert len(values) == gate.size >= 2
        return (all if gate.is_all else any)(values)

    values = inputs(start_of(child.position))
    assert len(values) == (0 if child.position in container.free else 1)
    return all(values)


@given(flow_specs(asks_results=True), st.data())
def test_a_circuit_is_true_exactly_when_the_requirement_is(spec, data):
    plan = compile_flow(spec)
    nodes = list(readers(spec.root))
    ends = {path: (data.draw(st.sampled_from(SETTLED)), data.draw(st.sampled_from(RESULTS))) for _, path, _ in nodes}

    def is_true(path, claim, values):
        return is_so(claim, values, *ends[path])

    for child, path, around in nodes:

        def holds_of(atom, path=path, around=around):
            return is_true(meant(atom.target, path, around), atom.claim, atom.values)

        assert starts(plan, plan.node_at(path), is_true) == holds(all_required(child), holds_of)


@given(flow_specs(asks_results=True))
def test_who_handles_watches_and_announces_is_as_the_requirements_say(spec):
    plan = compile_flow(spec)
    asked = {
        path: [(meant(atom.target, path, around), atom.claim) for atom in atoms_in(all_required(child))]
        for child, path, around in readers(spec.root)
    }
    active = {target for claims in asked.values() for target, claim in claims if claim is Claim.ACTIVE}
    for child, path, around in readers(spec.root):
        found = plan.node_at(path)
        if isinstance(found, StepPlan):
            assert found.announces == (path in active)
        assert found.watches == (not child.handles or Claim.DONE in {claim for _, claim in asked[path]})
        handlers = plan.nodes[found.parent].handlers[found.position]
        siblings = around[-1].children
        assert [siblings[position].name for position in handlers] == [
            other.name
            for other in siblings
            if other.handles and {(path, Claim.FAILURE), (path, Claim.COMPLETE)} & set(asked[(*path[:-1], other.name)])
        ]


def atoms_in(part):
    return [part] if isinstance(part, Atom) else [atom for inner in part.parts for atom in atoms_in(inner)]


# -- order and names do not matter ----------------------------------------------------------------------


def said(plan: Plan, rename=lambda path: path):
    """All that a plan says, by path and without indexes."""
    paths = [rename(node.path) for node in plan.nodes]
    # A repeated step shares its path with its container of one.
    keys = [(path, isinstance(node, StepPlan)) for path, node in zip(paths, plan.nodes, strict=True)]
    return {keys[node.index]: _node(plan, node, keys, rename) for node in plan.nodes}


def _node(plan, node, keys, rename):
    reaction = plan.reactions.get(node.index)
    reacts = reaction and ({keys[n] for n in reaction.to_failure_of}, {keys[n] for n in reaction.to_run_of})
    shared = (keys[node.parent] if node.index else None, node.stops, node.watches, reacts)
    if isinstance(node, StepPlan):
        return (
            *shared,
            node.announces,
            node.is_empty,
            node.is_until,
            set(node.asked),
            [_input(value, keys, rename) for value in node.inputs],
        )
    children = [keys[child] for child in node.children]
    return (
        *shared,
        set(children),
        {children[position]: _condition(plan, node, start_of(position), keys) for position in range(len(children))},
        {children[position] for position in node.free},
        {child: {children[p] for p in by} for child, by in zip(children, node.handlers, strict=True)},
        (node.repeats, node.parallel, node.wraps),
        [None if position is None else children[position] for position in (node.until, node.result)],
    )


def _condition(plan, container, target, keys):
    claims = [
        (keys[child], atom.claim, _asked(plan, child, atom))
        for child, atoms in zip(container.children, container.atoms, strict=True)
        for atom in atoms
        if atom.target == target
    ] + [
        (keys[outer.node], outer.claim, _asked(plan, outer.node, outer))
        for outer in container.outer_atoms
        if outer.target == target
    ]
    gates = [
        (gate.is_all, _condition(plan, container, number, keys))
        for number, gate in enumerate(container.gates)
        if gate.target == target
    ]
    return frozenset(claims + gates)


def _asked(plan, node, atom):
    return maker(plan, plan.nodes[node]).asked[atom.question] if atom.claim is Claim.RETURNED else ()


def _input(value, keys, rename):
    if isinstance(value, ResultInput):
        return keys[value.node], rename(value.maker)
    return keys[value.container] if isinstance(value, ItemInput) else value


def shuffled(spec, draw):
    """The same with the children of every container, and the parts of every requirement, in another order."""
    changed = evolve(spec, requires=_reordered(spec.requires, draw))
    if not isinstance(changed, ContainerSpec):
        return changed
    return evolve(changed, children=tuple(shuffled(child, draw) for child in draw(st.permutations(changed.children))))


def _reordered(part: Requirement | None, draw):
    if part is None or isinstance(part, Atom):
        return part
    return type(part)(tuple(_reordered(inner, draw) for inner in draw(st.permutations(part.parts))))


@given(flow_specs(asks_results=True), st.data())
def test_the_order_of_definitions_and_of_parts_changes_nothing(spec, data):
    plan, other = compile_flow(spec), compile_flow(evolve(spec, root=shuffled(spec.root, data.draw)))
    assert other.description == plan.description
    assert said(other) == said(plan)


def renamed(spec, to):
    path = lambda target: OuterName(to[target.name]) if isinstance(target, OuterName) else tuple(to[n] for n in target)  # noqa: E731

    def requirement(part):
        if part is None or isinstance(part, Atom):
            return part and evolve(part, target=path(part.target))
        return type(part)(tuple(map(requirement, part.parts)))

    changed = evolve(spec, name=to.get(spec.name, spec.name), requires=requirement(spec.requires))
    if isinstance(changed, ContainerSpec):
        children = tuple(renamed(child, to) for child in changed.children)
        return evolve(changed, children=children, until=to.get(changed.until), result=to.get(changed.result))
    if isinstance(changed.work, FunctionWork):
        arguments = (evolve(a, value=ResultOf(path(a.value.target))) for a in changed.work.arguments)
        return evolve(changed, work=evolve(changed.work, arguments=tuple(arguments)))
    return changed


@given(flow_specs(asks_results=True), st.permutations(NAMES))
def test_names_mean_nothing(spec, names):
    to = dict(zip(NAMES, names, strict=True))
    plan, other = compile_flow(spec), compile_flow(evolve(spec, root=renamed(spec.root, to)))
    assert said(other) == said(plan, rename=lambda path: tuple(to[name] for name in path))


@given(flow_specs(asks_results=True))
def test_a_plan_points_to_itself_consistently(spec):
    plan = compile_flow(spec)
    for index, node in enumerate(plan.nodes):
        assert node.index == index
        if index:
            container = plan.nodes[node.parent]
            assert node.parent < index
            assert container.children[node.position] == index
    assert set(plan.description) == {".".join(node.path) for node in plan.nodes}


# -- what can never run -----------------------------------------------------------------------------------


targets = st.sampled_from([("s0",), ("s1",), ("s2",), ("s3",)])
asked = st.lists(st.sampled_from(RESULTS), min_size=1, max_size=2, unique=True).map(tuple)
requirements = st.recursive(
    st.builds(Atom, targets, st.sampled_from([claim for claim in Claim if claim is not Claim.RETURNED]))
    | st.builds(Atom, targets, st.just(Claim.RETURNED), values=asked),
    lambda parts: st.builds(
        lambda join, few: join(tuple(few)), st.sampled_from((AllOf, AnyOf)), st.lists(parts, min_size=2, max_size=3)
    ),
    max_leaves=6,
)
FORMS = (None, Atom(("s0",), Claim.SUCCESS), Atom(("s0",), Claim.DONE))


def worlds(requires):
    """Every way in which steps that need only what is before them can settle, and with what results."""
    lucks = (*((Status.SUCCESS, result) for result in RESULTS), (Status.FAILURE, ""))
    for luck in product(lucks, repeat=len(requires)):
        ends: dict = {}
        for number, required in enumerate(requires):
            runs = required is None or holds(
                required, lambda atom, e=ends: is_so(atom.claim, atom.values, *e[atom.target])
            )
            ends[f"s{number}",] = luck[number] if runs else (Status.SKIPPED, "")
        yield {target: status for target, (status, _) in ends.items()}


@given(st.tuples(*[st.sampled_from(FORMS)] * 3), requirements)
def test_a_step_that_can_run_is_never_refused(forms, requires):
    required = [None, *forms, requires]
    spec = flow(*(step(f"s{number}", needed) for number, needed in enumerate(required)))
    if any(status_of["s4",] is not Status.SKIPPED for status_of in worlds(required)):
        assert is_accepted(spec)


@given(requirements)
def test_a_step_that_asks_only_about_steps_that_wait_for_nothing_is_judged_exactly(requires):
    required = [None] * 4 + [requires]
    spec = flow(*(step(f"s{number}", needed) for number, needed in enumerate(required)))
    can_run = any(status_of["s4",] is not Status.SKIPPED for status_of in worlds(required))
    assert is_accepted(spec) == can_run


def is_accepted(spec: FlowSpec) -> bool:
    try:
        compile_flow(spec)
    except InvalidFlowError:
        return False
    return True
