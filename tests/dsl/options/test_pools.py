"""Pools: what steps and containers acquire and release, and which pools are the flow's."""

import pytest

from sequent import Pool, Sequent, command, container, step
from sequent import virtual_resource_pool as vrp
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError
from sequent.model.spec import UNLIMITED, PoolSpec, capacity_text


def work(*args, **kwargs): ...


class Licence(vrp.Resource): ...


db = Pool("db", 4)
seats = Pool("seats", 2, shared=True)


def test_amounts_arrive_by_the_names_of_their_pools_however_they_are_written():
    @container
    class flow:
        one = step(acquires={seats: 1, db: 2}, releases={db: 1})(work)
        two = command("true", acquires=[(db, 2), (seats, 1)], releases=((db, 1),))

        @container(acquires=[(db, 4)], releases=[])
        class inner:
            three = step(work)

    built = Sequent()
    built.add_step("four", work, acquires=[(db, 2), (seats, 1)], releases=[(db, 1)])
    one, two, inner = definition_of(flow).spec.root.children
    (four,) = definition_of(built).spec.root.children
    for part in (one, two, four):
        assert (part.acquires, part.releases) == ((("db", 2), ("seats", 1)), (("db", 1),))
    assert (inner.acquires, inner.releases) == ((("db", 4),), ())
    assert (inner.children[0].acquires, inner.children[0].releases) == ((), None)


@pytest.mark.parametrize("nothing", [None, [], (), {}])
def test_acquiring_nothing_is_nothing(nothing):
    flow = Sequent()
    flow.add_step("one", work, acquires=nothing, releases=None)
    (one,) = definition_of(flow).spec.root.children
    assert (one.acquires, one.releases) == ((), None)


def test_the_pools_of_a_flow_are_those_that_it_names_in_the_order_of_their_names():
    Pool("elsewhere", 3)

    @container
    class flow:
        one = step(releases=[(seats, 1)])(work)

        @container
        class inner:
            two = step(acquires={db: 1})(work)

    assert definition_of(flow).spec.pools == (PoolSpec("db", 4), PoolSpec("seats", 2, is_shared=True))


def test_a_pool_knows_its_line():
    flow = Sequent()
    mine = Pool("mine", 1)
    flow.add_step("one", work, acquires={mine: 1})
    (pool,) = definition_of(flow).spec.pools
    assert pool.place.file == __file__
    assert pool.place.line == mine.site.place.line > db.site.place.line


def test_one_name_is_one_pool_so_that_twins_are_the_same():
    flow = Sequent()
    flow.add_step("one", work, acquires={Pool("db", 4): 1})
    flow.add_step("two", work, acquires={db: 1})
    assert definition_of(flow).spec.pools == (PoolSpec("db", 4),)


def test_the_original_s_pools_are_pools():
    rp1 = vrp.ResourcePool("RP1", resource_cls=Licence, policy={"resource_limit": 2}).load()
    flow = Sequent(config={"sleep_between_loops": 0.05})
    flow.add_step("s1", repeats=[1, 2], acquires=[(rp1, 2)])
    spec = definition_of(flow).spec
    assert spec.pools == (PoolSpec("RP1", 2),)
    assert spec.root.children[0].acquires == (("RP1", 2),)
    assert spec.pools[0].place.file == __file__


@pytest.mark.parametrize("policy", [None, {}, {"resource_limit": -1}, {"autoload": False, "load_size": 3}])
def test_the_original_s_pools_need_no_load_and_no_limit(policy):
    flow = Sequent()
    flow.add_step("s1", work, acquires=[(vrp.ResourcePool("RP1", Licence, policy), 2000)])
    assert definition_of(flow).spec.pools == (PoolSpec("RP1", UNLIMITED),)
    assert capacity_text(UNLIMITED) == "no limit"


@pytest.mark.parametrize(
    ("capacity", "shared", "text"),
    [(3, False, "the capacity 3"), (4, True, "the capacity 4, shared by all runs")],
)
def test_one_name_with_two_capacities_is_told_with_both(capacity, shared, text, blamed):
    def write():
        flow = Sequent()
        flow.add_step("one", work, acquires={db: 1})
        flow.add_step("two", work, acquires={Pool("db", capacity, shared=shared): 1})  # wrong
        return definition_of(flow)

    error = blamed(write, "the pool 'db' has", "the capacity 4", text, str(db.site.place), "one name is one pool")
    assert error.code == "pool"


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ({"db": 2}, ["names 'db'", "a string, not a pool", 'Pool("db", 4)']),
        ([("db", 2)], ["names 'db'", "a string, not a pool"]),
        ({3: 2}, ["has 3, which is not a pool"]),
        ([(db, 2), (db, 1)], ["has the pool 'db' twice: 2 and 1", "give their sum"]),
        ({db: 1, Pool("db", 4): 3}, ["has the pool 'db' twice: 1 and 3"]),
        ({db: 0}, ["of the pool 'db' is 0", "positive integer"]),
        ({db: -1}, ["of the pool 'db' is -1", "positive integer"]),
        ({db: 1.5}, ["of the pool 'db' is 1.5", "positive integer"]),
        ({db: True}, ["of the pool 'db' is True", "positive integer"]),
        (db, ["Pool", "{pool: amount}"]),
        ((db, 2), ["not a pair of a pool and an amount", "[(pool, amount)]"]),
        ([(db, 2, 3)], ["not a pair of a pool and an amount"]),
        ("db", ["'db'", "{pool: amount}"]),
        (3, ["3", "{pool: amount}"]),
    ],
)
@pytest.mark.parametrize("word", ["acquires", "releases"])
def test_amounts_that_cannot_be_are_refused_with_what_can(word, given, texts):
    with pytest.raises(DefinitionError) as caught:
        step(**{word: given})
    error = caught.value
    assert error.place.file == __file__
    assert f"'{word}'" in error.message
    assert error.code == ("pool" if "no pool" in texts else error.code)
    for text in texts:
        assert text in str(error)


def test_amounts_that_cannot_be_are_blamed_on_their_line(blamed):
    def write():
        @container
        class flow:
            @step(
                priority=3,
                acquires={db: 0},  # wrong
            )
            def load(self): ...

    assert blamed(write, "'acquires' of the pool 'db' is 0", "positive integer").code == "option"


@pytest.mark.parametrize(
    ("make", "texts"),
    [
        (lambda: Pool("db", 0), ["the capacity of the pool 'db' is 0", "positive integer"]),
        (lambda: Pool("db", 2**70), ["the capacity of the pool 'db' is 1180591620717411303424", "smaller than 2**53"]),
        (lambda: Pool("db", True), ["the capacity of the pool 'db' is True"]),
        (lambda: Pool("db", "4"), ["the capacity of the pool 'db' is '4'"]),
        (lambda: Pool("d b", 4), ["U+0020"]),
        (lambda: Pool("", 4), ["a name is required"]),
        (lambda: Pool("db", 4, shared="yes"), ["'shared' of the pool is 'yes'"]),
        (lambda: vrp.ResourcePool("RP1", policy=2), ["'policy' is 2", "resource_limit"]),
        (lambda: vrp.ResourcePool("RP1", policy={"resource_limt": 2}), ["no key 'resource_limt'", "resource_limit"]),
        (lambda: vrp.ResourcePool("RP1", policy={"resource_limit": 2, "x": 1}), ["no key 'x'"]),
        (lambda: vrp.ResourcePool("RP1", policy={"resource_limit": -2}), ["'RP1' is -2", "positive integer"]),
        (lambda: vrp.ResourcePool("RP1", policy={"resource_limit": 0}), ["'RP1' is 0", "positive integer"]),
        (lambda: vrp.ResourcePool("RP1", resource_cls=int, policy={"resource_limit": 2}), ["derived from Resource"]),
    ],
)
def test_a_pool_that_cannot_be_is_refused_at_its_line(make, texts):
    with pytest.raises(DefinitionError) as caught:
        make()
    assert caught.value.place.file == __file__
    assert caught.value.place.line == make.__code__.co_firstlineno
    assert caught.value.hint
    for text in texts:
        assert text in str(caught.value)


def test_a_pool_stays_as_it_was_made():
    with pytest.raises(AttributeError):
        db.capacity = 5
