"""The reference itself, tried on examples that were worked out by hand."""

from __future__ import annotations

from sequent.model.requirements import AllOf, AnyOf
from sequent.model.spec import ContainerSpec, FlowSpec, ItemsLiteral, StepSpec
from sequent.model.status import Claim, RunStatus, Status, Verdict
from sequent.model.value_text import decode
from tests.reference import Reference
from tests.reference_tree import Key, Recorded
from tests.small_flows import DRAWN, block, done, failed, flow, items, on, outer, step


def text(key: Key) -> str:
    return f"{key[0]}/{'.'.join(map(str, key[1]))}"


class Play:
    """Plays a flow, one task at a time and in the order in which they became ready."""

    def __init__(
        self, spec: FlowSpec, *failing: str, record: dict[Key, Recorded] | None = None, recovery: int = 0
    ) -> None:
        self.reference = Reference(spec, record, recovery)
        self.failing = failing
        self.ends: list[str] = []
        self.lists = {".".join(path): items for path, items in lists_of(spec.root, ())}
        self.answer()

    def start(self, *tasks: str) -> None:
        for key in [key for key in self.reference.tasks if text(key) in tasks]:
            self.reference.started(key)

    def end(self, task: str, status: Status = Status.SUCCESS, verdict: Verdict = Verdict.UNKNOWN) -> None:
        (key,) = (key for key in self.reference.active() if text(key) == task)
        self.reference.ended(key, status, verdict)
        self.ends.append(task)
        self.answer()

    def answer(self) -> None:
        while waiting := self.reference.to_open():
            for key in waiting:
                self.reference.opened(key, self.lists.get(key[0]))

    def run(self) -> Play:
        while self.reference.startable() or self.reference.active():
            for key in [key for key in self.reference.tasks if key in self.reference.startable()]:
                if key in self.reference.startable():
                    self.reference.started(key)
                    fails = text(key) in self.failing or key[0] in self.failing
                    self.end(text(key), Status.FAILURE if fails else Status.SUCCESS)
        return self

    @property
    def outcome(self) -> RunStatus | None:
        return self.reference.outcome()

    def status(self, task: str) -> Status | None:
        return {text(key): status for key, status in self.reference.statuses().items()}.get(task)

    def again(self, spec: FlowSpec, *failing: str) -> Play:
        return Play(spec, *failing, record=self.reference.record, recovery=self.reference.recovery + 1)


def lists_of(spec: StepSpec | ContainerSpec, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
    own = [(path, len(decode(spec.repeats.text)))] if isinstance(spec.repeats, ItemsLiteral) else []  # type: ignore[arg-type]
    children = spec.children if isinstance(spec, ContainerSpec) else ()
    return own + [found for child in children for found in lists_of(child, (*path, child.name))]


GOLDEN = flow(
    block(
        "s1",
        block("s11", step("s111"), step("s112", on("s1.s11.s111")), repeats=items(2)),
        step("s12", on("s1.s11")),
        repeats=items(2),
    ),
    step("s2", on("s1")),
)


def test_the_documentations_example_has_the_golden_order() -> None:
    play = Play(GOLDEN).run()
    assert (
        play.ends
        == (
            "s1.s11.s111/1.1.1 s1.s11.s112/1.1.1 s1.s11.s111/1.1.2 s1.s11.s112/1.1.2 s1.s12/1.1 "
            "s1.s11.s111/1.2.1 s1.s11.s112/1.2.1 s1.s11.s111/1.2.2 s1.s11.s112/1.2.2 s1.s12/1.2 s2/1"
        ).split()
    )
    assert play.outcome is RunStatus.SUCCESS


def test_the_documentations_recovery_runs_only_what_is_left() -> None:
    play = Play(GOLDEN, "s1.s11.s111/1.2.2").run()
    assert play.ends[-2:] == ["s1.s11.s112/1.2.1", "s1.s11.s111/1.2.2"]
    assert play.outcome is RunStatus.FAILURE
    again = play.again(GOLDEN).run()
    assert again.ends == "s1.s11.s111/1.2.2 s1.s11.s112/1.2.2 s1.s12/1.2 s2/1".split()
    assert again.outcome is RunStatus.SUCCESS


def test_a_handled_failure_leaves_the_flow_a_success() -> None:
    spec = flow(step("a"), step("rescue", failed("a")), step("b", on("a")), step("c", on("rescue")))
    play = Play(spec, "a").run()
    assert play.ends == ["a/1", "rescue/1", "c/1"]
    assert play.status("b/1") is Status.SKIPPED
    assert play.outcome is RunStatus.SUCCESS


def test_what_skips_everything_downstream_skips_it_in_the_same_moment() -> None:
    spec = flow(
        step("a"), step("b", on("a")), step("c", on("b")), step("h", AllOf((failed("a"), on("c", Claim.SKIPPED))))
    )
    assert Play(spec, "a").run().ends == ["a/1", "h/1"]


def test_done_watches_and_leaves_the_failure_unhandled() -> None:
    spec = flow(step("a"), step("tidy", done("a")), step("other", on("tidy")))
    play = Play(spec, "a").run()
    assert play.ends == ["a/1", "tidy/1"]
    assert play.status("other/1") is Status.CANCELLED
    assert play.outcome is RunStatus.FAILURE


def test_a_step_that_does_not_handle_tells_somebody_and_the_flow_still_fails() -> None:
    spec = flow(step("a"), step("alert", failed("a"), handles=False))
    play = Play(spec, "a").run()
    assert play.ends == ["a/1", "alert/1"]
    assert play.outcome is RunStatus.FAILURE


def test_complete_handles_from_either_branch() -> None:
    spec = flow(step("a"), step("b"), step("h", AnyOf((on("b"), on("a", Claim.COMPLETE)))))
    play = Play(spec, "a")
    play.start("b/1", "a/1")
    play.end("b/1")
    play.start("h/1")
    play.end("a/1", Status.FAILURE)
    play.end("h/1")
    assert play.outcome is RunStatus.SUCCESS


def test_nothing_stops_while_a_handler_may_still_come() -> None:
    spec = flow(
        step("a"), step("b"), step("h", AllOf((failed("a"), failed("b")))), step("c", on("b")), step("d", on("c"))
    )
    play = Play(spec)
    play.start("a/1", "b/1")
    play.end("a/1", Status.FAILURE)
    assert play.status("c/1") is Status.WAITING
    play.end("b/1")
    assert play.status("h/1") is Status.SKIPPED
    assert play.status("c/1") is Status.CANCELLED
    assert play.outcome is RunStatus.FAILURE


def test_an_unhandled_failure_cancels_what_has_not_begun_and_lets_the_rest_finish() -> None:
    spec = flow(step("a"), step("b"), step("c", on("b")))
    play = Play(spec)
    play.start("a/1", "b/1")
    play.end("a/1", Status.FAILURE)
    assert play.status("c/1") is Status.CANCELLED
    assert play.outcome is None
    play.end("b/1")
    assert play.outcome is RunStatus.FAILURE


def test_a_failure_is_handled_one_level_further_out() -> None:
    spec = flow(
        block("inner", step("a"), step("b"), step("c", on("inner.b"))),
        step("rescue", failed("inner")),
        step("other"),
        step("late", on("other")),
    )
    play = Play(spec)
    play.start("inner.a/1.1", "inner.b/1.1", "other/1")
    play.end("inner.a/1.1", Status.FAILURE)
    assert play.status("inner.c/1.1") is Status.CANCELLED
    assert play.status("late/1") is Status.WAITING
    play.end("inner.b/1.1")
    assert play.reference.startable() == {("rescue", (1,))}
    play.end("other/1")
    play.run()
    assert play.outcome is RunStatus.SUCCESS


def test_where_no_level_can_handle_it_the_whole_flow_stops_at_once() -> None:
    spec = flow(
        block("inner", step("a"), step("b")), step("other"), step("late", on("other")), step("tidy", done("inner"))
    )
    play = Play(spec)
    play.start("inner.a/1.1", "inner.b/1.1", "other/1")
    play.end("inner.a/1.1", Status.FAILURE)
    assert play.status("late/1") is Status.CANCELLED
    assert play.status("tidy/1") is Status.WAITING
    play.end("inner.b/1.1")
    assert play.reference.startable() == {("tidy", (1,))}


def test_with_the_stop_held_back_the_rest_goes_on_until_that_level_has_settled() -> None:
    spec = flow(
        block("loop", step("a"), step("b", on("loop.a")), repeats=items(3), stop_on_exception=False),
        step("other"),
        step("late", on("other")),
    )
    play = Play(spec, "loop.a/1.1")
    play.start("other/1")
    play.start("loop.a/1.1")
    play.end("loop.a/1.1", Status.FAILURE)
    assert play.status("loop.b/1.1") is Status.SKIPPED
    assert play.status("loop.a/1.2") is Status.READY
    assert play.status("late/1") is Status.WAITING
    for task in ("loop.a/1.2", "loop.b/1.2", "loop.a/1.3", "loop.b/1.3"):
        play.start(task)
        play.end(task)
    assert play.status("late/1") is Status.CANCELLED
    play.end("other/1")
    assert play.outcome is RunStatus.FAILURE


def test_a_flow_that_does_not_stop_runs_all_it_can_and_fails() -> None:
    spec = flow(step("a"), step("b", on("a")), step("c"), step("d", on("c")), stop=False)
    play = Play(spec, "a").run()
    assert play.ends == ["a/1", "c/1", "d/1"]
    assert play.outcome is RunStatus.FAILURE


def test_a_failed_iteration_ends_the_loop_and_a_recovery_goes_on_there() -> None:
    spec = flow(step("load", repeats=items(4)), step("after", on("load")))
    play = Play(spec, "load/1.2").run()
    assert play.ends == ["load/1.1", "load/1.2"]
    assert play.again(spec).run().ends == ["load/1.2", "load/1.3", "load/1.4", "after/1"]


def test_parallel_iterations_are_bounded_and_keep_their_numbers() -> None:
    play = Play(flow(step("load", repeats=items(5), parallel=2)))
    assert {text(key) for key in play.reference.startable()} == {"load/1.1", "load/1.2"}
    play.start("load/1.2")
    play.end("load/1.2")
    assert {text(key) for key in play.reference.startable()} == {"load/1.1", "load/1.3"}
    assert len(Play(flow(step("load", repeats=items(5), parallel=0))).reference.startable()) == 5


def test_an_empty_repeat_is_a_success() -> None:
    play = Play(flow(step("load", repeats=items(0)), step("after", on("load")))).run()
    assert play.ends == ["after/1"]


def test_until_ends_the_repeat_once_its_iteration_has_settled() -> None:
    spec = flow(block("loop", step("check"), step("more", on("loop.check")), repeats=items(9), until="check"))
    play = Play(spec)
    play.start("loop.check/1.1")
    play.end("loop.check/1.1", verdict=Verdict.FALSY)
    play.start("loop.more/1.1")
    play.end("loop.more/1.1")
    play.start("loop.check/1.2")
    play.end("loop.check/1.2", verdict=Verdict.TRUTHY)
    assert play.outcome is None
    play.start("loop.more/1.2")
    play.end("loop.more/1.2")
    assert play.outcome is RunStatus.SUCCESS


def test_items_that_are_drawn_end_when_there_are_no_more() -> None:
    play = Play(flow(step("load", repeats=DRAWN), step("after", on("load"))))
    key = ("load", (1,))
    for _ in range(2):
        play.reference.drew(key)
        play.run()
    play.reference.exhausted(key)
    assert play.run().ends == ["load/1.1", "load/1.2", "after/1"]


def test_a_broken_draw_fails_the_container_and_is_handled_as_its_failure() -> None:
    spec = flow(step("load", repeats=DRAWN), step("rescue", failed("load")))
    play = Play(spec)
    play.reference.broke(("load", (1,)))
    assert play.run().ends == ["rescue/1"]
    assert play.outcome is RunStatus.SUCCESS


def test_a_stop_starts_nothing_more_watchers_included_and_is_recovered() -> None:
    spec = flow(step("a"), step("b", on("a")), step("tidy", done("a")))
    play = Play(spec)
    play.start("a/1")
    play.reference.stopped()
    play.end("a/1")
    assert play.outcome is RunStatus.STOPPED
    assert play.again(spec).run().ends == ["b/1", "tidy/1"]


def test_the_third_loss_in_a_row_is_a_failure() -> None:
    play = Play(flow(step("a")))
    for _ in range(3):
        play.start("a/1")
        play.reference.lost(("a", (1,)))
    assert play.outcome is RunStatus.FAILURE


def test_a_handler_runs_again_only_if_the_same_thing_fails_again() -> None:
    spec = flow(step("a"), step("h", failed("a")), step("b"))
    first = Play(spec)
    first.start("a/1", "b/1")
    first.end("a/1", Status.FAILURE)
    first.start("h/1")
    first.end("h/1")
    first.end("b/1", Status.FAILURE)
    second = first.again(spec)
    assert {text(key) for key in second.reference.startable()} == {"a/1", "b/1"}
    second.start("a/1", "b/1")
    second.end("a/1", Status.FAILURE)
    assert second.status("h/1") is Status.READY
    second.start("h/1")
    second.end("b/1", Status.FAILURE)
    second.end("h/1")
    assert second.again(spec).run().ends == ["a/1", "b/1"]


def test_what_waited_by_done_runs_again_if_that_ran_again() -> None:
    spec = flow(step("a"), step("tidy", done("a")), step("after", on("tidy")), step("b"), step("tidy_b", done("b")))
    first = Play(spec, "b").run()
    again = first.again(spec).run()
    assert "tidy/1" not in again.ends
    assert "tidy_b/1" in again.ends
    assert again.outcome is RunStatus.SUCCESS


def test_a_container_that_was_a_success_is_kept_whole_with_its_handled_failures() -> None:
    spec = flow(block("c", step("a"), step("h", failed("c.a"))), step("b", on("c")))
    first = Play(spec, "c.a", "b").run()
    assert first.ends == ["c.a/1.1", "c.h/1.1", "b/1"]
    assert first.again(spec).run().ends == ["b/1"]


def test_requirements_reach_further_out() -> None:
    spec = flow(
        step("a"), block("c", step("x", outer("a", Claim.FAILURE)), step("y")), step("t", done("a")), stop=False
    )
    play = Play(spec, "a").run()
    assert sorted(play.ends) == ["a/1", "c.x/1.1", "c.y/1.1", "t/1"]
    assert play.outcome is RunStatus.FAILURE


def test_ready_and_active_come_true_before_the_end() -> None:
    spec = flow(step("a"), step("r", on("a", Claim.READY)), step("b", on("a", Claim.ACTIVE)))
    play = Play(spec)
    assert {text(key) for key in play.reference.startable()} == {"a/1", "r/1"}
    play.reference.started(("a", (1,)))
    assert play.status("b/1") is Status.WAITING
    play.reference.began(("a", (1,)))
    assert play.status("b/1") is Status.READY


def test_a_watching_container_runs_as_usual_in_what_has_stopped() -> None:
    spec = flow(
        step("a"), block("clean", step("x"), step("y", on("clean.x")), requires=done("a")), step("z", on("clean"))
    )
    play = Play(spec, "a").run()
    assert play.ends == ["a/1", "clean.x/1.1", "clean.y/1.1"]
