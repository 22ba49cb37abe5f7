"""One step of a run is tried alone, with what the run stored, and the run stays as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

FLOW = """
import os
from datetime import date
from enum import Enum
from pathlib import Path

from attrs import frozen

from sequent import Pickled, Sequent, approve, command, container, context, item, outer, param, previous, secret, step


class Kind(Enum):
    SMALL = 1
    LARGE = 2


@frozen
class Order:
    client: str
    amount: int


class Basket:
    def __init__(self, amounts):
        self.amounts = amounts


@container
class nightly:
    day: date = param()

    @step
    def orders(self) -> list[Order]:
        Path("executed").open("a").write("orders ")
        return [Order("ada", 3), Order("bob", self.day.day)]

    @step(result=Pickled)
    def pack(self, orders: list[Order] = orders.result):
        return Basket([order.amount for order in orders])

    @container(repeats=["eu", "us"], requires=pack)
    class transmit:
        region: str = item()
        rows: list[Order] = outer.orders.result

        @step
        def send(self, factor: int = 2, kind: Kind = Kind.SMALL) -> dict[str, int]:
            print("sending to", self.region)
            context().logger.info("logged")
            (context().scratch / "part").write_text("x")
            total = sum(order.amount for order in self.rows) * factor
            if self.region == "us" and kind is Kind.SMALL and not Path("mended").exists():
                raise ValueError(f"{total} rows are refused")
            return {"total": total, "sent": total}

        tell = command("echo", "told", region, result=str, requires=send)

        result = send

    @step
    def last(
        self, sent: list[dict[str, int]] = transmit.result, packed=pack.result, first: Order = orders.result[0]
    ) -> int:
        print("packed", packed.amounts)
        return len(sent) + first.amount


@container
class odd:
    @step(repeats=[1, 2, 3])
    def sums(self, number: int = item(), before: int = previous(10)) -> int:
        return number + before

    @step
    def guarded(self, word: str = secret("WORD"), sums: list[int] = sums.result) -> list[int]:
        print("the word is", word)
        return sums

    @step(hosts=["localhost", "127.0.0.1"])
    def copied(self) -> str:
        return context().host + os.environ["SEQUENT_STEP_HOST"]

    sure = approve("Sure?")

    @step(requires=sure.done)
    def after(self) -> None: ...


def made(first, second=2):
    return [first, second]


built = Sequent("built")
built.add_step("made", func=made, args=(1,))
"""


@pytest.fixture
def tried(sequent):
    """A run that has failed in its middle."""
    (sequent.directory / "flow.py").write_text(FLOW)
    done = sequent("run", "flow.py:nightly", "--day", "2026-11-24", "--run-id", "night")
    assert done.returncode == 1, done.stderr
    return sequent


def trying(sequent, *words, code=0, run="night"):
    """What a trial wrote as JSON, and on standard error."""
    done = sequent("try", run, *words, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout), done.stderr


def rows_of(sequent):
    return sequent("show", "night", "-v", "--json").stdout


def test_a_success_is_compared_with_the_stored_result_and_nothing_of_the_run_is_changed(tried):
    before = rows_of(tried), sorted(tried.store.parent.rglob("*"))
    done = tried("try", "night", "transmit.send/1.1", "--with", "factor=3")
    assert done.returncode == 0
    assert done.stdout == '{"total": 81, "sent": 81}\n'
    said = done.stderr.splitlines()
    assert said[0] == "trying transmit.send/1.1 of run night in this process; nothing is written to the run"
    assert said[1] == "sending to eu"
    assert said[2].endswith("INFO root: logged") or said[2].endswith("INFO sequent: logged")
    assert said[3].startswith("✓ success  transmit.send/1.1  in ")
    assert said[4:] == [
        "2 differences to the result in run night:",
        '  result["total"]: 54 → 81',
        '  result["sent"]: 54 → 81',
    ]
    assert (rows_of(tried), sorted(tried.store.parent.rglob("*"))) == before
    assert "the same result as in run night" in tried("try", "night", "transmit.send/1.1").stderr


def test_a_failure_is_told_at_its_line_with_exit_code_1(tried):
    done = tried("try", "night", "transmit.send/1.2", "-q")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "    ValueError: 54 rows are refused\n" in done.stderr
    assert "raise ValueError" in done.stderr
    assert "in run night, attempt 1 failed: ValueError: 54 rows are refused" in done.stderr
    assert "trying" not in done.stderr


def test_a_mended_step_says_that_its_code_has_changed(tried):
    flow = tried.directory / "flow.py"
    flow.write_text(FLOW.replace('print("sending to", self.region)', "kind = Kind.LARGE"))
    told, said = trying(tried, "transmit.send/1.2")
    assert "the code or the arguments of 'transmit.send' have changed since the run\n" in said
    assert told["try"]["status"] == "success"
    assert told["try"]["stored"]["status"] == "failure"
    assert told["try"]["differences"] is None


def test_the_step_runs_in_the_directory_of_the_run_from_anywhere(tried, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [sys.executable, "-m", "sequent", "try", "night", "orders"]
    environment = tried.environment
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tried.directory / "executed").read_text() == "orders orders "


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("orders", "--with", "day=2026-11-25"), [{"$r": ["Order", {"client": "ada", "amount": 3}]}, 25]),
        (("transmit.send/1.2", "--with", "region=eu"), {"total": 54, "sent": 54}),
        (("transmit.send/1.2", "--with", "kind=LARGE"), {"total": 54, "sent": 54}),
        (("transmit.send/1.1", "--with", 'rows=[{"client": "cyd", "amount": 1}]'), {"total": 2, "sent": 2}),
        (("transmit.tell/1.1", "--with", "item=asia"), "told asia"),
        (("last", "--with", 'sent=[{"a": 1}]', "--with", 'first={"client": "x", "amount": 4}'), 5),
        (("last", "--with", "transmit=[]"), 3),
    ],
)
def test_with_gives_another_value_read_by_the_type_of_the_input(tried, words, result):
    told, _ = trying(tried, *words)
    found = told["try"]["result"]
    if words[0] == "orders":
        found[1] = found[1]["$r"][1]["amount"]
    assert found == result


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("transmit.send/1.1", "--with", "factor=x"), "param", "--with factor is 'x', which is not an int"),
        (("transmit.send/1.1", "--with", "fctor=3"), "unknown-input", "did you mean 'factor'"),
        (("transmit.send/1.1", "--with", "factor"), "param", "write --with NAME=VALUE"),
        (("transmit.send/1.1", "--with", "factor=1", "--with", "factor=2"), "param", "given twice"),
        (("last",), "missing-input", "the result of 'transmit/1' is not in run 'night' yet"),
        (("transmit",), "usage", "is a container"),
        (("transmit.send",), "usage", "it runs in several iterations"),
        (("transmit.send/1.3",), "not-begun", "has not begun in run 'night'"),
        (("nowhere",), "unknown-path", "no step or container 'nowhere'"),
        (("orders@etl1",), "unknown-host", "has no copies on hosts"),
    ],
)
def test_a_trial_that_cannot_be_is_refused_with_the_reason(tried, words, code, said):
    told, _ = trying(tried, *words, code=2)
    assert told["error"]["code"] == code
    assert said in f"{told['error']['message']} {told['error']['hint']}"


def test_pickled_inputs_are_read_and_pickled_results_are_not_compared(tried):
    told, said = trying(tried, "last", "--with", "transmit=[]")
    assert told["try"]["result"] == 3
    assert "packed [3, 24]" in said
    done = tried("try", "night", "pack")
    assert done.stdout == "a pickled object\n"
    assert "the result is pickled, so it is not compared with that of run night" in done.stderr
    (tried.store.parent / "runs.db.runs" / "pickle.key").chmod(0o644)
    told, _ = trying(tried, "last", "--with", "transmit=[]", code=1)
    assert "is not the key of a store" in told["try"]["problem"]["message"]


def test_the_debugger_stops_where_the_step_fails(tried):
    process = tried.start("try", "night", "transmit.send/1.2", "--pdb", stdin=subprocess.PIPE)
    out, said = process.communicate("p total + 1\np self.region\nq\n")
    assert process.returncode == 1
    assert out == ""
    assert "(Pdb) 55\n(Pdb) 'us'\n" in said
    assert '-> raise ValueError(f"{total} rows are refused")' in said
    assert "(Pdb)" not in tried("try", "night", "transmit.send/1.1", "--pdb").stderr


def test_a_store_that_others_may_write_needs_the_place_of_the_flow(tried):
    tried.store.chmod(0o620)
    told, _ = trying(tried, "orders", code=2)
    assert told["error"]["code"] == "foreign-store"
    assert told["error"]["hint"].endswith("sequent try night orders --flow module:flow")
    assert (tried.directory / "executed").read_text() == "orders "
    told, _ = trying(tried, "orders", "--flow", "flow.py:nightly")
    assert told["try"]["status"] == "success"


@pytest.fixture
def oddly(sequent):
    (sequent.directory / "flow.py").write_text(FLOW)
    sequent.environment["WORD"] = "abracadabra"
    done = sequent("run", "flow.py:odd", "--run-id", "night", "--max-loops", "1")
    assert done.returncode == 0, done.stderr
    return sequent


def test_an_iteration_has_its_item_and_the_result_before_it(oddly):
    assert [trying(oddly, f"sums/1.{number}")[0]["try"]["result"] for number in (1, 2, 3)] == [11, 13, 16]
    told, _ = trying(oddly, "sums/1.4", code=2)
    assert "the item of 'sums/1.4' is not in run 'night' yet" in told["error"]["message"]


def test_secrets_are_masked_and_needed(oddly):
    told, said = trying(oddly, "guarded")
    assert told["try"]["result"] == [11, 13, 16]
    assert "the word is ***\n" in said
    del oddly.environment["WORD"]
    told, _ = trying(oddly, "guarded", code=1)
    assert "there is no secret 'WORD'" in told["try"]["problem"]["message"]


def test_a_copy_for_a_host_is_tried_here(oddly):
    told, said = trying(oddly, "copied@127.0.0.1")
    assert told["try"]["host"] == "127.0.0.1"
    assert told["try"]["result"] == "127.0.0.1" * 2
    assert "the same result" in said
    assert trying(oddly, "copied@etl1", code=2)[0]["error"]["code"] == "unknown-host"
    assert trying(oddly, "copied", code=2)[0]["error"]["hint"] == "name one: copied@HOST"


def test_a_question_is_not_tried(oddly):
    told, _ = trying(oddly, "sure", code=2)
    assert told["error"]["code"] == "question"
    assert "sequent approve night sure" in told["error"]["hint"]


def test_a_step_of_the_builder_is_tried_with_positional_arguments(sequent):
    (sequent.directory / "flow.py").write_text(FLOW)
    assert sequent("run", "flow.py:built", "--run-id", "night").returncode == 0
    assert trying(sequent, "made")[0]["try"]["result"] == [1, 2]
    told, _ = trying(sequent, "made", "--with", "first=5", "--with", "second=text")
    assert told["try"]["result"] == [5, "text"]
    assert told["try"]["differences"] == [
        {"at": "[0]", "before": 1, "after": 5},
        {"at": "[1]", "before": 2, "after": "text"},
    ]


def test_a_step_that_the_flow_has_no_more_cannot_be_tried(tried):
    (tried.directory / "flow.py").write_text(
        FLOW.replace("def orders(self)", "def renamed(self)").replace("orders.result", "renamed.result")
    )
    told, _ = trying(tried, "renamed", code=2)
    assert told["error"]["code"] == "changed-flow"


def test_a_directory_that_is_gone_is_told(tried, tmp_path):
    command = [sys.executable, "-m", "sequent", "try", "night", "orders", "--flow", f"{tmp_path}/moved/flow.py:nightly"]
    (tmp_path / "moved").mkdir()
    shutil.move(tried.directory / "flow.py", tmp_path / "moved")
    done = subprocess.run(command, cwd="/", env=tried.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tried.directory / "executed").read_text() == "orders orders "
