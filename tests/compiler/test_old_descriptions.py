"""A flow as the first version described it: as these lines were then, word by word."""

from datetime import UTC, datetime

from sequent.compiler import describe
from sequent.compiler.differences import differences
from sequent.compiler.old_descriptions import sentences_of
from sequent.model.description import Sentence
from sequent.model.durations import Backoff
from sequent.model.references import FailuresOf, ItemOf, Literal, OuterValue, ParamOf, PartOf, PreviousOf, ResultOr
from sequent.model.spec import FlowConfig, FlowSpec, ItemsCall, ParamSpec
from sequent.model.status import Action, Construct, Status
from sequent.model.value_text import encode
from tests.compiler.writing import amounts, container, flow, items, step

OPTIONS = {
    "acquires": amounts("db 2, gpu 1"),
    "releases": (),
    "recovery": {Status.SUCCESS: Action.RERUN, Status.FAILURE: Action.SKIP},
    "timeout": Literal("5400.0"),
    "delay": Literal(encode(datetime(2026, 11, 24, 6, tzinfo=UTC))),
    "retries": 2,
    "backoff": Backoff(1.5, 2.0, 60.0, 0.1),
    "retry_on": ("builtins.OSError", 75),
    "priority": 3,
    "max_concurrent": 4,
}
EVERY_WORD = flow(
    step("a", **OPTIONS),
    step("b", 'a!returned="x"', [PartOf(ResultOr(("a",), Literal("0")), ("k", 0))], handles=False),
    step("c", "b!failed", [FailuresOf(("b",))], task_construct=Construct.THREAD, delay=PartOf(ParamOf("n"), (0,))),
    step("d", takes=[PreviousOf(ItemOf())], repeats=items(1)),
    container("e", step("f"), repeats=items(1), parallel=ParamOf("n"), max_concurrent=0),
    params=[ParamSpec(name="n", type="int")],
    pools={"gpu": 1, "db*": 2},
)
WAS = {
    "": "flow, parameter n: int, pool db: 2 shared by all runs, pool gpu: 1",
    "a": "step, acquires 2 of db and 1 of gpu, gives back nothing, in a recovery failure skip, success rerun; "
    "delay until 2026-11-24T06:00:00+00:00, timeout 1h 30m, retries 2, "
    "waits 1.5s, each time 2 times as long up to 1m, give or take 10%, retries on builtins.OSError, 75, "
    "priority 3, at most 4 at once",
    "b": "step, requires a.result_or & a.returned(\"x\"), takes a.result_or(0)['k'][0], does not handle",
    "c": "step, requires b.failed, takes b.failures, delay the parameter n[0], in a thread",
    "d": "step, repeats a list, takes the previous result of d, first the item of d",
    "e": "container, repeats a list, parallel the parameter n; any number at once",
    "e.f": "step",
}
"""As the first version described it; behind a semicolon is what no recovery rested on."""


def said(spec):
    return {path: sentence.text for path, sentence in sentences_of(describe(spec)).items()}


def test_every_part_of_a_flow_has_a_line():
    day = ParamSpec(name="day", type="date", default=Literal("1"))
    inner = container(
        "c",
        step("d", takes=[OuterValue("day"), ItemOf()]),
        step("e", repeats=ItemsCall(name="pages", takes_self=False), until=True, stop_on_exception=True),
        repeats=items(1),
        until="d",
        result="d",
        handles=False,
    )
    spec = flow(step("a", task_construct=Construct.INVOKE), inner, params=[day], result="a")
    loose = FlowSpec(name="f", root=spec.root, params=spec.params, config=FlowConfig(stop_on_exception=False))
    assert said(loose) == {
        "": "flow, parameter day: date, does not stop on exception, result a",
        "a": "step, invoked",
        "c": "container, repeats a list, until d, result d, does not handle",
        "c.d": "step, takes the item of c, the parameter day",
        "c.e": "step, repeats what a callable gives, until its result, stops on exception",
    }


def test_every_word_stands_where_it_stood():
    assert said(EVERY_WORD) == {path: text.partition("; ")[0] for path, text in WAS.items()}


def kept(**changes):
    return {path: Sentence(text) for path, text in {**WAS, **changes}.items()}


def test_a_flow_that_is_what_it_was_differs_in_nothing():
    assert differences(kept(), sentences_of(describe(EVERY_WORD))) == ()


def test_what_it_was_is_told_in_the_words_of_then():
    changes = {
        "a": f"{WAS['a'].replace('1 of gpu', '2 of gpu')}",
        "e.f": "step, requires e.g",
        "gone": "step; retries 2",
    }
    found = differences(kept(**changes), sentences_of(describe(EVERY_WORD)))
    assert [difference.text for difference in found] == [
        "'a' has changed. Before: acquires 2 of db and 2 of gpu. Now: acquires 2 of db and 1 of gpu",
        "'e.f' has changed. No longer: requires e.g",
        "'gone' is gone. It was a step",
    ]


def test_of_a_sentence_that_was_kept_it_is_known_what_it_is_of():
    parts = kept()
    assert [path for path, part in parts.items() if part.is_container] == ["", "e"]
    assert [path for path, part in parts.items() if part.reruns_successes] == ["a"]
