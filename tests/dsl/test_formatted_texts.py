"""What cannot be done with the text of a value that is not there yet is refused at its line."""

import os
from pathlib import Path

import pytest

from sequent import command, container, param
from sequent.errors import DefinitionError

ALONE = {
    "upper case": lambda day: f"{day}".upper(),
    "lower case": lambda day: str(day).lower(),
    "a title": lambda day: f"{day}".title(),
    "swapped case": lambda day: format(day).swapcase(),
    "zeros before it": lambda day: f"{day}".zfill(12),
    "spaces after it": lambda day: f"{day}".ljust(30),
    "spaces before it": lambda day: str(day).rjust(30),
    "the middle": lambda day: f"{day}".center(30),
    "its length": lambda day: len(f"{day}"),
    "its beginning": lambda day: f"{day}"[:4],
    "one of its letters": lambda day: str(day)[0],
    "backwards": lambda day: f"{day}"[::-1],
    "compared": lambda day: f"{day}" == "2026",
    "compared, the other way": lambda day: str(day) != "2026",
    "ordered": lambda day: f"{day}" < "2026",
    "found in a list": lambda day: f"{day}" in ("2025", "2026"),
    "twice": lambda day: f"{day}" * 2,
    "a form after !s": lambda day: f"{day!s:>5}",
    "a form after str()": lambda day: format(str(day), ">40"),
    "a form by format()": lambda day: "{!s:5}".format(day),  # noqa: UP032  one of the ways
    "a form by %": lambda day: "%5s" % (day,),  # noqa: UP031  one of the ways
    "a path": Path,
    "a path beneath": lambda day: Path("/data") / day,
    "joined": lambda day: os.path.join("/data", day),
    "opened": open,
}
WITHIN = {
    "upper case": lambda day: f"at-{day}".upper(),
    "a title": lambda day: f"{day}.csv".title(),
    "without some letters": lambda day: f"{day}.csv".replace("(", ""),
    "without its end": lambda day: f"at-{day}"[:-2],
}


@pytest.mark.parametrize("kind", ALONE)
def test_what_rests_on_the_letters_of_a_value_is_refused_where_it_is_done(kind):
    do = ALONE[kind]
    with pytest.raises(DefinitionError) as caught:

        @container
        class flow:
            day: str = param(default="2026")
            show = command("echo", "x", str(do(day)))

    error = caught.value
    assert "known only while running" in error.message
    assert error.place is not None
    assert error.place.file == __file__
    assert error.hint


@pytest.mark.parametrize("kind", WITHIN)
def test_a_word_whose_reference_was_changed_is_refused(kind):
    do = WITHIN[kind]
    with pytest.raises(DefinitionError, match="a reference in it that was changed afterwards") as caught:

        @container
        class flow:
            day: str = param(default="2026")
            show = command("echo", do(day))

    assert caught.value.place is not None
    assert caught.value.place.file == __file__


def test_what_keeps_the_text_whole_is_filled_in():
    @container(task_construct="invoke")
    class flow:
        day: str = param(default="Ab")
        show = command(
            "echo",
            str(day),
            f"{day}",
            f"{day!r}",
            f"{day:_>4}",
            f"{day}" + ".csv",
            "%s-%s" % (day, day),  # noqa: UP031  one of the ways
            "/".join([f"{day}", str(day)]),
            f"{day}".strip(),
            f"<{f'{day}'}>",
            result=str,
        )
        result = show

    assert flow().run(store=":memory:").result == "Ab Ab 'Ab' __Ab Ab.csv Ab-Ab Ab/Ab Ab <Ab>"
