"""Values on their last way, from an order to the step: parts, files, and the classes of what was written down."""

from __future__ import annotations

import enum
import linecache

import pytest

from sequent import container, item, outer, previous, step
from sequent.runtime.orders import Cut, Spooled
from tests.runtime.driving import Driving, forked
from tests.runtime.worker_steps import Colour, Row


class Tone(enum.Enum):
    LOW = 1


@container
class flow:
    """Everything here is executed with values that the test gives in its orders."""

    @step
    def rows(self) -> list[Row]: ...

    @step
    def table(self) -> dict[str, list[int]]: ...

    @step
    def last(self, row: Row = rows.result[-1]) -> str:
        return row.name

    @step
    def misses(
        self,
        column: list[int] = table.result["bam"],  # what is blamed
    ) -> int:
        return len(column)

    @step
    def counts(self, found: list[Row] = rows.result) -> list[object]:
        return [len(found), found[-1].name]

    @step
    def stands_in(self, found: list[object] = table.result_or([Colour.RED])) -> list[str]:  # noqa: B008  a reference
        return [str(each) for each in found]

    @container(repeats=[Row("a", Colour.RED), Row("b", Colour.RED)])
    class each:
        row: Row = item()
        name: str = outer.table.result["name"]

        @step
        def shows(self) -> list[str]:
            return [self.row.name, self.name]

        @step
        def folds(self, before: Colour = previous(Colour.RED)) -> str:  # noqa: B008  a reference
            return before.name

        result = folds

    @container(repeats=[Tone.LOW])
    class tones:
        """No step returns what is repeated over here, and none names its class."""

        tone: object = item()

        @step
        def shows(self) -> str:
            return repr(self.tone)


ROW = '{{"$r":["Row",{{"name":"{}","colour":{{"$e":["Colour","RED"]}}}}]}}'


@pytest.fixture(scope="module")
def driving(tmp_path_factory):
    with forked(flow, tmp_path_factory.mktemp("run")) as found:
        yield found


def test_a_step_gets_the_part_that_it_asks_for_with_its_classes(driving: Driving):
    text = f"[{ROW.format('a')},{ROW.format('z')}]"
    ended = driving.run("last", inputs=(Cut(text, ("-1",)),), makers=("rows",))
    assert (ended.problem, ended.result) == (None, '"z"')


def test_a_part_that_is_not_there_is_the_steps_failure_at_the_line_that_asks_for_it(driving: Driving):
    problem = driving.run("misses", inputs=(Cut('{"bai":[1]}', ('"bam"',)),), makers=("table",)).problem
    assert problem
    assert problem.type == "PartError"
    assert problem.message == "the result of 'table', a dict, has no 'bam'; it has: 'bai'\n  hint: did you mean 'bai'?"
    assert "what is blamed" in linecache.getline(problem.file, problem.line)


def test_what_self_shows_may_be_a_part_too_and_is_blamed_on_its_line(driving: Driving):
    shown = (("row", ROW.format("a")), ("name", Cut('{"name":"x"}', ('"name"',))))
    assert driving.run("each.shows", attributes=shown).result == '["a","x"]'
    problem = driving.run("each.shows", attributes=(*shown[:1], ("name", Cut("[]", ('"name"',))))).problem
    assert problem
    assert problem.message.startswith("'name', a list, has no 'name'")
    assert "outer.table.result" in linecache.getline(problem.file, problem.line)


def test_a_large_list_is_read_from_its_file_and_so_are_parts_of_it(driving: Driving, tmp_path):
    file = tmp_path / "1"
    file.write_text("\n".join(["[", *(ROW.format(f"r{number}") for number in range(5_000)), "]"]) + "\n")
    spooled = Spooled(bytes(file))
    assert driving.run("counts", inputs=(spooled,), makers=("rows",)).result == '[5000,"r4999"]'
    assert driving.run("last", inputs=(Cut(spooled, ("-2",)),), makers=("rows",)).result == '"r4998"'


def test_classes_of_what_was_written_in_place_of_a_result_are_known(driving: Driving):
    colour = '{"$e":["Colour","RED"]}'
    assert driving.run("stands_in", inputs=(f"[{colour}]",), makers=("table",)).result == '["Colour.RED"]'
    assert driving.run("each.folds", inputs=(colour,), makers=("each.folds",)).result == '"RED"'


def test_classes_of_items_that_were_written_down_are_known(driving: Driving):
    low = '{"$e":["Tone","LOW"]}'
    ended = driving.run("tones.shows", item=low, attributes=(("tone", low),))
    assert (ended.problem, ended.result) == (None, '"<Tone.LOW: 1>"')
