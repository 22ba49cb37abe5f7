"""A program and its words, as the specification has them."""

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from sequent import ExitCode, Sequent, command, container, param
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import Literal, ParamOf, ResultOf
from sequent.model.work import Argument, Formatted, Template, references_of


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (None, "none"),
        (str, "str"),
        (bytes, "bytes"),
        (list[str], "lines"),
        (int, "int"),
        (float, "float"),
        (ExitCode, "exit_code"),
        (dict[str, int], "json"),
    ],
)
def test_a_commands_result_says_how_its_output_is_read(result, kind):
    @container
    class flow:
        run_it = command("true", result=result)

    definition = definition_of(flow)
    assert definition.spec.root.children[0].work.result == kind
    assert definition.result_types["run_it",] == (int if result is ExitCode else result)


def test_words_env_cwd_and_stdin_of_a_command_take_data_and_references():
    @container
    class flow:
        day: date = param()
        first = command("date", result=str)
        second = command(
            "tool",
            ["-x", 1, 2.5, first.result],
            Path("/srv"),
            f"{day:%Y%m%d}.csv",
            f"{first.result!s}",
            f"--day={day}",
            env={"A": first.result, "B": None, "C": 1},
            cwd=first.result,
            stdin=b"\0",
            success=(0, 3),
        )

    work = definition_of(flow).spec.root.children[1].work
    first, day = ResultOf(("first",)), ParamOf("day")
    assert [word.text for word in work.words[:4]] == ['"tool"', '"-x"', "1", "2.5"]
    assert work.words[4] == first
    assert work.words[6] == Template((Formatted(day, "", "%Y%m%d"), ".csv"))
    assert work.words[7] == Template((Formatted(first, "s"),))
    assert work.words[8] == Template(("--day=", Formatted(day)))
    assert work.env == (("A", first), ("B", None), ("C", Literal("1")))
    assert (work.cwd, work.success) == (first, (0, 3))
    assert list(references_of(work)) == [first, day, first, day, first, first]


def test_a_formatted_reference_with_repr_is_known_too():
    @container
    class flow:
        first = command("date", result=str)
        second = command("echo", f"<{first.result!r}>")

    word = definition_of(flow).spec.root.children[1].work.words[1]
    assert word == Template(("<", Formatted(ResultOf(("first",)), "r"), ">"))


def test_a_method_may_return_the_words():
    @container
    class flow:
        day: str = param()
        first = command("date", result=str)

        @command(result=str, env={"A": "b"}, success=(0, 1))
        def listing(self, given: str = first.result) -> list[str]:
            return ["ls", self.day, given]

        @command
        @staticmethod
        def bare() -> list[str]:
            return ["true"]

    definition = definition_of(flow)
    listing, bare = (part.work for part in definition.spec.root.children[1:])
    assert (listing.words, listing.result, listing.success) == ((), "str", (0, 1))
    assert listing.computed.takes_self
    assert list(references_of(listing)) == [ResultOf(("first",))]
    assert listing.computed.fingerprint != bare.computed.fingerprint
    assert definition.functions["listing",](flow(day="mon"), "x") == ["ls", "mon", "x"]
    assert definition.result_types["listing",] is str
    assert flow(day="tue").listing("y") == ["ls", "tue", "y"]
    assert flow(day="tue").bare() == ["true"]


def words(name):
    return ["echo", name]


def test_the_builder_takes_a_function_that_returns_the_words():
    flow = Sequent("built")
    first = flow.add_step("first", command=("date",), result=str)
    flow.add_step("second", command=words, kwargs={"name": first.result}, cwd="/srv")
    definition = definition_of(flow)
    work = definition.spec.root.children[1].work
    assert work.computed.arguments == (Argument("name", ResultOf(("first",))),)
    assert work.cwd == Literal('"/srv"')
    assert definition.functions["second",] is words


class Words:
    def __call__(self, name):
        return words(name)


@pytest.mark.parametrize("given", [partial(words), Words()])
def test_the_builder_takes_anything_that_returns_the_words(given):
    flow = Sequent("built")
    flow.add_step("second", command=given, kwargs={"name": "y"})
    assert definition_of(flow).functions["second",] is given


def test_a_text_for_bash_takes_data_as_its_words():
    @container
    class flow:
        first = command("date", result=str)
        second = command(first.result, "-x", ["y", 2], shell='sort "$1" > "$3"')  # noqa: S604  a word of the language
        third = command(shell="ls | wc -l", result=int)  # noqa: S604  as above

    flow_built = Sequent("built")
    flow_built.add_step("fourth", shell="true")  # noqa: S604  as above
    second, third = (part.work for part in definition_of(flow).spec.root.children[1:])
    assert second.words == (ResultOf(("first",)), Literal('"-x"'), Literal('"y"'), Literal("2"))
    assert second.shell == 'sort "$1" > "$3"'
    assert (third.words, third.shell, third.result) == ((), "ls | wc -l", "int")
    assert definition_of(flow_built).spec.root.children[0].work.shell == "true"
