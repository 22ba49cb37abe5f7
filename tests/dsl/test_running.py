"""``run()`` asks whoever runs flows, with parameters checked and encoded."""

import subprocess
import sys
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest

from sequent import RUN_RECOVER, Sequent, container, param, step
from sequent.dsl import definition_of, running
from sequent.dsl.parameters import encode_params, parse_text
from sequent.errors import DefinitionError, UsageError
from sequent.model.outcome import Outcome
from sequent.model.status import RunStatus


class Colour(Enum):
    RED = "r"
    BLUE = "b"


@container
class nightly:
    day: date = param(help="business day")
    limit: int | None = param(default=3)

    @step
    def orders(self) -> None: ...


@contextmanager
def requests():
    """Collect what is asked for, in place of whoever runs flows."""
    asked = []

    def collect(request):
        asked.append(request)
        return Outcome(run_id="r7", status=RunStatus.SUCCESS)

    before = running._port.runner
    running.set_runner(collect)
    try:
        yield asked
    finally:
        running._port.runner = before


def test_a_class_is_run_with_its_parameters():
    with requests() as asked:
        assert nightly(day=date(2026, 11, 24)).run(store=":memory:").run_id == "r7"
    (request,) = asked
    assert request.definition.spec.name == "nightly"
    assert request.params == {"day": '{"$da":"2026-11-24"}', "limit": "3"}
    assert request.store == ":memory:"


def test_a_missing_parameter_is_named():
    with requests() as asked, pytest.raises(UsageError, match=r"needs the parameter 'day' \(date\)"):
        nightly.run()
    assert not asked


def test_a_recovery_needs_no_parameters():
    with requests() as asked:
        nightly.run(run_mode=RUN_RECOVER, run_id="r3")
    assert (asked[0].run_mode, asked[0].run_id, asked[0].params) == (RUN_RECOVER, "r3", {})


def test_a_built_flow_is_run_and_knows_its_run():
    flow = Sequent(store="here.db")
    flow.add_step("a")
    with requests() as asked:
        assert flow.run(max_loops=2)
    assert flow.run_id == "r7"
    assert (asked[0].store, asked[0].max_loops) == ("here.db", 2)


def test_a_running_flow_takes_no_steps_and_runs_once():
    flow = Sequent()
    flow.add_step("a")
    told = []

    def again(request):
        for call in (flow.run, lambda: flow.add_step("b")):
            with pytest.raises((UsageError, DefinitionError), match="already running"):
                call()
        told.append(request)
        return Outcome(run_id="r1", status=RunStatus.SUCCESS)

    with requests():
        running.set_runner(again)
        flow.run()
    assert told


def test_run_is_refused_while_its_file_is_loaded():
    with requests() as asked:
        with running.loading("flows/x.py"), pytest.raises(UsageError, match=r"flows/x\.py is being loaded"):
            nightly(day=date(2026, 1, 1)).run()
        nightly(day=date(2026, 1, 1)).run()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"day": "2026-11-24"}, None),
        ({"day": date(2026, 11, 24), "limit": None}, None),
        ({"day": "24.11."}, "'day' is '24.11.', which is not a date"),
        ({"day": 3}, "'day' is 3, a int"),
        ({"day": datetime(2026, 11, 24)}, "'day' is"),  # noqa: DTZ001  a moment is no day, whatever its zone
        ({"day": date(2026, 11, 24), "limit": True}, "'limit' is True"),
        ({"dya": 1}, "did you mean 'day'"),
    ],
)
def test_parameters_are_checked(given, text):
    definition = definition_of(nightly)
    if text is None:
        assert encode_params(definition, given)["day"] == '{"$da":"2026-11-24"}'
        return
    with pytest.raises(UsageError) as caught:
        encode_params(definition, given)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (str, "x", "x"),
        (int, "3", 3),
        (float, "1e3", 1000.0),
        (bool, "yes", True),
        (bool, "False", False),
        (date, "2026-11-24", date(2026, 11, 24)),
        (timedelta, "90", timedelta(seconds=90)),
        (Decimal, "1.10", Decimal("1.10")),
        (Path, "/srv", Path("/srv")),
        (Colour, "RED", Colour.RED),
        (Colour, "b", Colour.BLUE),
        (Literal["a", 2], "2", 2),
        (int | None, "none", None),
        (int | str, "x", "x"),
        (str | int, "3", 3),
        (list[int], "1, 2", [1, 2]),
        (list[str], '["a,b"]', ["a,b"]),
        (tuple[int, ...], "1,2", (1, 2)),
        (dict[str, int], '{"a": 1}', {"a": 1}),
    ],
)
def test_text_is_read_by_the_annotation(annotation, text, value):
    found = parse_text(annotation, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "x"),
        (bool, "2"),
        (Colour, "GREEN"),
        (Literal["a"], "b"),
        (dict[str, int], '{"a": "b"}'),
        (list[int], "1,x"),
    ],
)
def test_text_that_is_no_such_value_is_refused_with_what_is_allowed(annotation, text):
    with pytest.raises(UsageError) as caught:
        parse_text(annotation, text)
    assert repr(text) in str(caught.value)
    assert "hint:" in str(caught.value)


def test_the_words_are_sorted_and_all_there():
    import sequent

    assert sequent.__all__ == sorted(sequent.__all__, key=lambda word: (not word.isupper(), word))
    for word in sequent.__all__:
        assert getattr(sequent, word) is not None
    with pytest.raises(AttributeError, match="'stpe'"):
        _ = sequent.stpe


@pytest.mark.parametrize("line", ["import sequent", "from sequent import Sequent, container, step, command, context"])
def test_importing_the_words_loads_nothing_slow(line):
    program = f"{line}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "sequent" in loaded
    assert not loaded & {"sqlalchemy", "networkx", "rich", "paramiko", "cyclopts", "asyncio", "loguru"}
