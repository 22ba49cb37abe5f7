"""The arguments of the original that are given by position, in both of its orders."""

from __future__ import annotations

import pytest

from sequent import STEP_SUCCESS, Sequent
from sequent import virtual_resource_pool as vrp
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import SequentError
from tests.golden.ledger import works


def test_arguments_by_position_are_taken_in_both_of_the_original_s_orders(home):
    pool = vrp.ResourcePool("p", policy={"resource_limit": 2})
    flow = Sequent("flow", "", {"NIGHT": {"max_concurrent": 3}}, "NIGHT")
    assert flow.config.max_concurrent == 3
    a = flow.add_step("a", works)
    requires = ((a, STEP_SUCCESS),)
    documented = flow.add_step("b", works, (), {}, [], requires, 0.1, [(pool, 1)], [], {}, {"stop_on_exception": False})
    released = flow.add_step(
        "c", works, [], {}, requires, 0.1, [(pool, 1)], [], {"stop_on_exception": False}, {}, [1, 2]
    )
    alone = a.__sequent__.parent.add_step("d", works, (), {}, requires)
    for step in (documented, released, alone):
        assert {"requires"} <= step.__sequent__.options.given
        assert definition_of(flow).spec.root.children[0].name == "a"
    for step in (documented, released):
        options = step.__sequent__.options
        assert "delay" in options.values
        assert [(held.name, amount) for held, amount in options.acquires] == [("p", 1)]
        assert (options.releases, options.stop_on_exception) == ((), False)
    assert released.__sequent__.options.repeats is not None


def test_a_file_by_position_is_a_configuration_and_another_text_a_mistake(home):
    (home / "runly.conf").write_text("max_concurrent: 5\n")
    assert Sequent("flow", "", "runly.conf").config.max_concurrent == 5
    with pytest.raises(SequentError, match="'run_mode' is 'recover'"):
        Sequent("flow", "", "recover")
    with pytest.raises(SequentError, match="given twice"):
        Sequent("flow", "", {"max_concurrent": 1}, config={})


@pytest.mark.parametrize(
    ("positions", "options"),
    [((3,), {}), (("text",), {}), ((["h"], 0.1), {}), (((), ()), {"hosts": []}), (((), 0, *[None] * 9), {})],
)
def test_positions_that_mean_nothing_are_refused_with_the_way_to_write_them(home, positions, options):
    with pytest.raises(SequentError, match="by position") as caught:
        Sequent("flow").add_step("a", works, (), {}, *positions, **options)
    assert "requires=" in caught.value.hint
    assert caught.value.place.file == __file__


def test_an_empty_run_id_is_none(home):
    flow = Sequent("flow", run_id="")
    flow.add_step("a", func=works)
    assert flow.run().run_id == "r00001"
