"""What cannot be done with the text of a value that is not there yet is refused at its line."""

import os
from datetime import date
from pathlib import Path

import pytest

from sequent import command, container, param
from sequent.errors import DefinitionError

PADDED = "%(day)12s.csv"
PLAIN = "100%%, %s"

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
    "a form after another": lambda day: f"{f'{day:>5}':>9}",
    "a form by %": lambda day: "%5s" % day,  # noqa: UP031  one of the ways
    "a form by %, of a text": lambda day: "%-9s" % f"{day}",  # noqa: UP031  as above
    "a form by %, of what repr gives": lambda day: "%9r" % day,  # noqa: UP031  as above
    "a form by %, in a name": lambda day: PADDED % {"day": day},
    "a form by %, computed": lambda day: "%{}s".format(5) % day,  # noqa: UP032  as above
    "a number by %": lambda day: "%05d" % day,  # noqa: UP031  as above
    "a fraction by %": lambda day: "%.2f" % day,  # noqa: UP031  as above
    "looked up": lambda day: {"2026": 1}.get(f"{day}", 0),
    "in a set": lambda day: f"{day}" in {"2025", "2026"},
    "repr, before it": lambda day: repr(day).rjust(40),
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


FORMS = {
    "a form": (lambda day: f"{day:>10}", "     Ab.cd"),
    "a form within": (lambda day: f"<{day:_^9}>", "<__Ab.cd__>"),
    "a form of a form": (lambda day: f"{day:>{5 + 5}}", "     Ab.cd"),
    "a form of format()": (lambda day: format(day, "<8") + "|", "Ab.cd   |"),
    "a form after !s": (lambda day: f"{day!s:>8}", "   Ab.cd"),
    "a form after !r": (lambda day: f"{day!r:>8}", " 'Ab.cd'"),
    "a form after str()": (lambda day: format(str(day), ">8"), "   Ab.cd"),
    "a form after repr()": (lambda day: f"{repr(day):>8}", " 'Ab.cd'"),  # noqa: RUF010  one of the ways
    "str.format": (lambda day: "{:>8}".format(day), "   Ab.cd"),  # noqa: UP032  as above
    "str.format, !s": (lambda day: "{!s:8}|".format(day), "Ab.cd   |"),  # noqa: UP032  as above
    "str.format, !r": (lambda day: "{day!r:.3}".format(day=day), "'Ab"),  # noqa: UP032  as above
    "str.format, a width": (lambda day: "{:{w}}".format(day, w=8), "Ab.cd   "),
    "str.format_map": (lambda day: "{day:.2}".format_map({"day": day}), "Ab"),
    "% in a tuple": (lambda day: "%8s" % (day,), "   Ab.cd"),  # noqa: UP031  as above
    "% and a precision": (lambda day: "<%-5.2s>" % (day,), "<Ab   >"),  # noqa: UP031  as above
    "% alone": (lambda day: "%s.csv" % day, "Ab.cd.csv"),  # noqa: UP031  as above
    "% in a name": (lambda day: PLAIN % day, "100%, Ab.cd"),
    "% of another": (lambda day: "%05.1f %s" % [(2, day)][0], "002.0 Ab.cd"),  # noqa: UP031  as above
    "% of a dict": (lambda day: "%(a)s-%(a)r" % {"a": day}, "Ab.cd-'Ab.cd'"),  # noqa: UP031  as above
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_is_that_of_the_value_when_it_is_filled_in(kind):
    do, expected = FORMS[kind]

    @container(task_construct="invoke")
    class flow:
        day: str = param(default="Ab.cd")
        show = command("printf", "%s", do(day), result=str)
        result = show

    assert flow().run(store=":memory:").result == expected


def test_the_forms_of_numbers_and_dates_are_theirs():
    @container(task_construct="invoke")
    class flow:
        day: date = param(default=date(2026, 3, 4))
        n: int = param(default=7)
        show = command("echo", f"{day:%Y%m}", format(day, "%d"), f"{n:05}", "{:+d}".format(n), result=str)  # noqa: UP032
        result = show

    assert flow().run(store=":memory:").result == "202603 04 00007 +7"


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
