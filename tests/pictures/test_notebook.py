"""What notebooks show of flows and outcomes: enough to go on, and never more than text of what others wrote."""

from html.parser import HTMLParser

import pytest

import sequent
from sequent import container, step
from sequent.model.outcome import Failure, Failures, Outcome, Problem
from sequent.model.status import RunStatus, Status

HOSTILE = "<img src=x onerror=alert(1)> & \x1b[0m"


def outcome(status=RunStatus.FAILURE, **fields):
    return Outcome(run_id="r00007", status=status, store="/runs/my store.db", **fields)._repr_html_()


def failure(number=1, **fields):
    problem = Problem(type="ValueError", message=HOSTILE, file="<f>.py", line=7, traceback=f"Traceback {HOSTILE}")
    return Failure(path="load", sequence=f"1.{number}", problem=problem, **fields)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_failure_has_its_line_its_traceback_and_the_way_on():
    html = outcome(
        counts={Status.SUCCESS: 1204, Status.FAILURE: 1}, failures=(failure(attempt=2),), failed=1, recovery=3
    )
    assert "<b>failure</b> run <code>r00007</code>, recovery 3: 1,204 success, 1 failure" in html
    assert "load/1.1, attempt 2: ValueError: " in html
    assert "(&lt;f&gt;.py:7)" in html
    assert "<pre>Traceback " in html
    assert ".run(run_mode=sequent.RUN_RECOVER)" in html
    assert "sequent recover r00007 --store &#x27;/runs/my store.db&#x27;" in html


def test_a_success_has_a_short_result_and_nothing_to_take_up():
    html = outcome(RunStatus.SUCCESS, result=[HOSTILE] * 1000)
    assert "<b>success</b>" in html
    assert len(html) < 12_000
    assert "RUN_" not in html


def test_a_suspended_run_is_continued_and_says_why_it_waits():
    html = outcome(RunStatus.SUSPENDED, reason="only delays are left")
    assert "sequent continue r00007" in html
    assert "RUN_CONTINUE" in html
    assert "only delays are left" in html


def test_of_a_store_in_memory_no_other_process_takes_a_run_up():
    html = Outcome(run_id="r1", status=RunStatus.FAILURE, store=":memory:")._repr_html_()
    assert "sequent recover" not in html


def test_of_many_failures_the_first_are_shown_and_the_rest_counted():
    html = outcome(failures=tuple(failure(number) for number in range(1, 31)), failed=300)
    assert html.count("<details>") == 10
    assert "and 290 more failures" in html


@pytest.mark.parametrize(
    "shown",
    [
        outcome(failures=(failure(),), failed=1, result=HOSTILE),
        outcome(RunStatus.SUCCESS, result=HOSTILE, reason=HOSTILE),
    ],
)
def test_what_others_wrote_stays_text(shown):
    elements = Elements(shown)
    assert elements.open == []
    assert "img" not in elements.seen
    assert "\x1b" not in shown


def test_a_flow_has_its_picture_and_a_part_of_one_only_its_name():
    @container
    class whole:
        """Words about it: <b>bold</b>."""

        @container
        class part:
            @step
            def load(self) -> None: ...

    html = whole._repr_html_()
    assert "<svg" in html
    assert "Words about it: &lt;b&gt;bold&lt;/b&gt;." in html
    assert Elements(html).open == []
    assert whole.part._repr_html_() is None


def test_a_flow_that_is_built_has_its_picture_and_not_the_words_of_its_class():
    flow = sequent.Sequent("built")
    flow.add_step("load", func=print)
    html = flow._repr_html_()
    assert "load</text>" in html
    assert "<p>" not in html


def test_a_flow_with_mistakes_shows_them():
    flow = sequent.Sequent("wrong")
    one = flow.add_step("one", func=print)
    flow.add_step("two", func=print, requires=((one, sequent.STEP_SUCCESS), (one, sequent.STEP_FAILURE)))
    html = flow._repr_html_()
    assert "<svg" not in html
    assert "two" in html
    assert 'class="failure"' in html


@container
class trial:
    """Tries something."""

    n: int = sequent.param(default=1, help="how often")
    name: str = sequent.param()

    @step
    def work(self) -> None: ...


def test_a_flow_with_parameters_shows_itself_as_the_flow_does_with_their_values():
    html = trial(n=3)._repr_html_()
    bare = trial._repr_html_()
    drawn = bare[bare.index("<svg") : bare.index("</svg>")]
    assert drawn in html
    assert "Tries something." in html
    assert "<th>value</th>" in html
    assert "<td><code>n</code></td><td>int</td><td>3</td><td>1</td><td>how often</td>" in html
    assert "<td><code>name</code></td><td>str</td><td></td><td></td><td></td>" in html
    assert "<th>value</th>" not in trial()._repr_html_()
    assert trial(name=HOSTILE)._repr_html_().count("<img") == 0


def test_a_part_of_a_flow_and_an_author_s_own_form_are_left_alone():
    @container
    class flow:
        @container
        class inner:
            @step
            def work(self): ...

    assert not hasattr(flow.inner(), "_repr_html_")


def test_a_failure_shows_itself_and_so_do_several():
    html = failure(attempt=2)._repr_html_()
    assert html.startswith('<div class="sequent-shown">')
    assert "load/1.1, attempt 2: ValueError: " in html
    assert "<pre>Traceback " in html
    assert "img" not in Elements(html).seen
    several = Failures([failure(number) for number in range(1, 21)], total=1000)._repr_html_()
    assert several.count("<details>") == 10
    assert "and 990 more failures" in several
