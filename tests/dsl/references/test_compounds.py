"""References inside lists, tuples and dicts: each is required, and filled in, wherever an argument may stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sequent
from sequent import command, container, item, outer, param, previous, secret, step
from sequent.compiler import compile_flow
from sequent.compiler.description_text import source_text
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import InvalidFlowError
from sequent.testing import simulate

RESULTS = {"one": 1, "text": "a b", "rows": [1, [2]], "table": {"a": {"b": 3}}, "empty": None}
PARTS = {"one": lambda r: r, "table": lambda r: r["a"]["b"], "rows": lambda r: r[1][0]}
leaves = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=3),
    st.sampled_from([*RESULTS]).map(lambda name: ("result", name)),
    st.sampled_from([*PARTS]).map(lambda name: ("part", name)),
)
keys = st.one_of(st.text(max_size=3), st.integers(), st.just("$d"), st.tuples(st.integers(), st.text(max_size=2)))
shapes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: ("list", parts)),
        st.lists(inner, max_size=4).map(lambda parts: ("tuple", parts)),
        st.dictionaries(keys, inner, max_size=4).map(lambda parts: ("dict", parts)),
    ),
    max_leaves=12,
)


def built(shape, leaf):
    """A value of this shape, whose references are what ``leaf`` gives for a word and a name."""
    match shape:
        case ("list", parts):
            return [built(part, leaf) for part in parts]
        case ("tuple", parts):
            return tuple(built(part, leaf) for part in parts)
        case ("dict", parts):
            return {key: built(part, leaf) for key, part in parts.items()}
        case (word, name):
            return leaf(word, name)
        case _:
            return shape


def names_in(shape):
    found = set()
    built(shape, lambda _, name: found.add(name))
    return found


def value_of(word, name):
    return PARTS[name](RESULTS[name]) if word == "part" else RESULTS[name]


@given(shapes, shapes, shapes)
def test_what_a_step_gets_is_what_was_meant_and_it_waits_for_all_of_it(by_position, by_name, default):
    flow = sequent.Sequent("flow")
    steps = {name: flow.add_step(name, func=dict.copy, args=({},)) for name in RESULTS}

    def reference(word, name):
        return PARTS[name](steps[name].result) if word == "part" else steps[name].result

    def take(first, second, third):
        return [first, second, third]

    take.__defaults__ = (built(default, reference),)
    flow.add_step(
        "taken", func=take, args=(built(by_position, reference),), kwargs={"second": built(by_name, reference)}
    )
    tasks = []
    simulated = simulate(flow, results={**RESULTS, "taken": tasks.append})
    assert simulated.outcome
    (task,) = tasks
    got = [*task.args, task.kwargs["second"], task.kwargs.get("third", take.__defaults__[0])]
    assert got == [built(each, value_of) for each in (by_position, by_name, default)]
    takes = " ".join(map(source_text, compile_flow(definition_of(flow).spec).description["taken"].takes))
    needed = names_in(by_position) | names_in(by_name) | names_in(default)
    assert {name for name in RESULTS if f"{name}.result" in takes} == needed


def test_every_kind_of_reference_may_stand_inside(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQUENT_SECRET_WORD", "geheim")

    @container(task_construct="invoke")
    class flow:
        day: str = param(default="2026")
        fixed = 7

        @step
        def table(self) -> dict[str, list[int]]:
            return {"a": [1, 2]}

        @step(stop_on_exception=False)
        def broken(self) -> int:
            raise ValueError("broken for good")

        @container(repeats=[1, 2, 3], requires=broken.done)
        class loop:
            number: int = item()

            @step
            def add(
                self,
                given=[  # noqa: B006  it is copied
                    item(),  # noqa: B008
                    (previous(0),),  # noqa: B008
                    {"day": outer.day, "fixed": outer.fixed, "part": [outer.table.result["a"][1]]},
                    number,
                ],
            ) -> int:
                own, (before,), told, again = given
                assert told == {"day": "2026", "fixed": 7, "part": [2]}
                assert own == again == self.number
                return before + own

            result = add

        @step(requires=broken.failed)
        def last(
            self,
            given=(
                {"sums": loop.result, "instead": [broken.result_or(-1)]},  # noqa: B008
                [broken.failures],
                [day, {"w": secret("WORD")}],  # noqa: B008
            ),
        ) -> list[object]:
            results, (failures,), (day, secrets) = given
            return [results, failures.total, day, len(secrets["w"])]

        result = last

    assert flow.run(store=":memory:").result == [{"sums": [1, 3, 6], "instead": [-1]}, 1, "2026", 6]


def test_the_flow_itself_may_stand_inside_in_the_builder():
    flow = sequent.Sequent("flow", store=":memory:", config={"task_construct": "invoke"})
    flow.result = flow.add_step("where", func=lambda told: told["flow"][0].get_step_name(), args=({"flow": [flow]},))
    assert flow.run().result == "where"


def test_lists_of_words_may_be_nested():
    @container(task_construct="invoke")
    class flow:
        @step
        def names(self) -> list[str]:
            return ["c", "d e"]

        show = command("printf", "%s|", ["a", ("b", [names.result, [f"<{names.result[0]}>"]])], result=str)

        @command(result=str)
        def again(self, given: dict[str, list[str]] = {"names": [names.result[1], "x"]}) -> list[object]:  # noqa: B006
            return ["printf", "%s|", [given["names"], ["y", ["z"]]]]

        @step
        def both(self, given=[show.result, again.result]):  # noqa: B006
            return given

        result = both

    assert flow.run(store=":memory:").result == ["a|b|c|d e|<c>|", "d e|x|y|z|"]


def test_a_container_that_is_used_again_takes_them():
    @container
    class block:
        region: dict[str, object] = param()
        several: list[str] = param()

        @step
        def show(self, name: object = region["names"][0], whole: object = region) -> list[object]:
            return [name, whole, self.region, self.several]

        @container
        class inner:
            region: object = outer.region
            second: object = outer.region["names"][1]

            @step
            def show(self, name: object = outer.several[-1]) -> list[object]:
                return [self.region, self.second, name]

            result = show

        @step(repeats=several)
        def each(self, one: str = item()) -> str:
            return one

        words = command("echo", several, result=str)

        @step
        def every(self, given=(show.result, inner.result, each.result, words.result)) -> object:
            return given

        result = every

    @container(task_construct="invoke")
    class flow:
        day: str = param(default="2026")

        @step
        def names(self) -> list[str]:
            return ["n1", "n2"]

        @step
        def first(self) -> str:
            return "x"

        used = container(
            kwargs={"region": {"names": [names.result[0], "fix"], "day": day}, "several": [first.result, "y"]}
        )(block)
        result = used

    region = {"names": ["n1", "fix"], "day": "2026"}
    assert flow.run(store=":memory:").result == (
        ["n1", region, region, ["x", "y"]],
        [region, "fix", "y"],
        ["x", "y"],
        "x y",
    )


def test_what_is_asked_of_a_compound_that_it_does_not_have_is_told_when_it_is_checked():
    @container
    class block:
        region: dict[str, object] = param()

        @step
        def show(self, name: object = region["nams"]) -> None: ...

        @step(delay=region)
        def late(self) -> None: ...

    @container
    class flow:
        @step
        def names(self) -> list[str]: ...

        used = container(kwargs={"region": {"names": names.result}})(block)

    with pytest.raises(InvalidFlowError) as caught:
        definition_of(flow)
    first, second = caught.value.problems
    assert "'nams'" in first.message
    assert "did you mean 'names'" in str(first)
    assert second.message == "'delay' is region, which is a dict here"


def test_a_secret_inside_is_refused_where_others_could_see_it():
    @container
    class block:
        region: dict[str, object] = param()
        show = step(lambda: 1)

    with pytest.raises(sequent.SequentError, match="which others could see there"):
        container(kwargs={"region": {"a": [secret("WORD")]}})(block)
    with pytest.raises(sequent.SequentError, match="which others could see there"):

        @command
        def words(given=[{"a": secret("WORD")}]):  # noqa: B006, B008
            return given


def test_a_fingerprint_follows_the_data_beside_the_references():
    def fingerprint(value):
        flow = sequent.Sequent("flow")
        one = flow.add_step("one", func=print)
        flow.add_step("two", func=print, args=([one.result, value],))
        return definition_of(flow).spec.root.children[1].work.fingerprint

    assert fingerprint(1) == fingerprint(1) != fingerprint(2)


def test_a_simulation_fills_them_in_and_waits():
    flow = sequent.Sequent("flow")
    counts = {name: flow.add_step(name, func=len, args=(name,)) for name in ("a", "b")}
    flow.add_step(
        "total", func=lambda counts: counts, kwargs={"counts": {name: one.result for name, one in counts.items()}}
    )
    seen = []
    assert simulate(flow, results={"a": 1, "b": 2, "total": lambda task: seen.append(task.kwargs)}).outcome
    assert seen == [{"counts": {"a": 1, "b": 2}}]
