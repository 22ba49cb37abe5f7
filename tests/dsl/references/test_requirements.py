"""What a step waits for, joined by ``&`` and ``|``."""

from typing import Any

from sequent import and_, container, or_, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.requirements import AllOf, AnyOf, Atom
from sequent.model.status import Claim


def test_chains_of_one_operator_are_one_level():
    @container
    class flow:
        a = step(lambda: 1)
        b = step(lambda: 1)
        c = step(lambda: 1)

        @step(requires=a & b & c.failed | (a & c))
        def one(self): ...

        @step(requires=and_(or_(a, b.done, c), a))
        def two(self): ...

    one, two = (part.requires for part in definition_of(flow).spec.root.children[3:])
    a, b, c = (Atom((name,), Claim.SUCCESS) for name in "abc")
    failed, done = Atom(("c",), Claim.FAILURE), Atom(("b",), Claim.DONE)
    assert one == AnyOf((AllOf((a, b, failed)), AllOf((a, c))))
    assert two == AllOf((AnyOf((a, done, c)), a))


def test_a_long_chain_is_not_deep():
    @container
    class flow:
        a = step(lambda: 1)
        chain: Any = a
        for _ in range(5000):
            chain = chain & a.done
        del _

        b = step(requires=chain)(lambda: 1)
        del chain

    assert len(definition_of(flow).spec.root.children[1].requires.parts) == 5001
