"""Steps that are programs: their words, surroundings, results and failures."""

from __future__ import annotations

import datetime
import decimal
import os
import signal
import sys
from pathlib import Path

import pytest

from sequent.errors import UsageError
from sequent.model.references import Literal, ResultOf
from sequent.model.value_text import encode
from sequent.model.work import CommandWork, Formatted, FunctionWork, Template
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.worker import commands
from sequent.runtime.worker.command_words import fill_words

REFERENCE = ResultOf(("s",))
PRINT = "import sys; print(*sys.argv[1:], sep='|', end='')"


def literal(value):
    return Literal(encode(value))


def filled(words, *values):
    given = iter(values)
    from sequent.model import value_text

    return fill_words(
        (literal("prog"), *words), lambda it: value_text.decode(it.text) if isinstance(it, Literal) else next(given)
    )[1:]


class Given:
    """The values of references, in order."""

    def __init__(self, *values):
        self.values = list(values)

    def take(self, value):
        from sequent.model import value_text

        return value_text.decode(value.text) if isinstance(value, Literal) else self.values.pop(0)


@pytest.fixture
def execute(tmp_path):
    log = tmp_path / "log"
    segment = Segment(str(log), os.open(log, os.O_RDWR | os.O_CREAT | os.O_APPEND))

    def run(*words, given=(), computes=None, **options):
        work = CommandWork(words=tuple(map(literal, words)), **options)
        return commands.run_command(work, Given(*given), {"SEQUENT_STEP_NAME": "it"}, segment, lambda _: computes)

    run.log = log
    yield run
    segment.close()


def problem_of(call):
    with pytest.raises(commands.CommandError) as caught:
        call()
    return caught.value.told(lambda text: text)


def test_one_value_is_one_word_whatever_is_in_it():
    assert filled((REFERENCE, literal("$HOME *; x")), "a b\n'\"") == ["a b\n'\"", "$HOME *; x"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (2.5, "2.5"),
        (decimal.Decimal("1.10"), "1.10"),
        (datetime.date(2026, 11, 24), "2026-11-24"),
        (datetime.datetime(2026, 11, 24, 7, 5, tzinfo=datetime.UTC), "2026-11-24T07:05:00+00:00"),
        (Path("/a/b"), "/a/b"),
        (b"\xff", "\udcff"),
    ],
)
def test_values_become_words(value, text):
    assert filled((REFERENCE,), value) == [text]


def test_a_list_gives_as_many_words_and_an_empty_one_none():
    assert filled((literal(["a", 1]), REFERENCE, REFERENCE), ["b", Path("c")], []) == ["a", "1", "b", "c"]


def test_text_with_references_stays_one_word_and_formats_them():
    template = Template((Formatted(REFERENCE, "", "%Y%m%d"), ".", Formatted(REFERENCE, "r", ">5"), ".csv"))
    assert filled((template,), datetime.date(2026, 11, 24), "x") == ["20261124.  'x'.csv"]


@pytest.mark.parametrize("value", [None, True, {"a": 1}, [["nested"]], "a\0b", object()])
def test_what_is_no_word_is_refused(value):
    with pytest.raises(UsageError, match="word 2 of the command"):
        filled((REFERENCE,), value)


@pytest.mark.parametrize(
    "words",
    [(REFERENCE,), (Template((Formatted(REFERENCE), "x")),), (literal("-v"), REFERENCE)],
)
def test_a_filled_in_word_never_becomes_an_option_unseen(words):
    with pytest.raises(UsageError, match=r"--delete.*option") as caught:
        filled(words, "--delete")
    assert '"--"' in caught.value.hint


def test_a_list_never_becomes_an_option_unseen():
    with pytest.raises(UsageError, match="-rf"):
        filled((REFERENCE,), ["a", "-rf"])


@pytest.mark.parametrize(
    "words",
    [
        (literal("--"), REFERENCE),
        (Template(("--name=", Formatted(REFERENCE))),),
        (Template((Formatted(REFERENCE), "=1")),),
        (literal(["-x", "-y"]),),
    ],
)
def test_options_that_the_author_has_provided_for_are_accepted(words):
    assert filled(words, "-x")


def test_two_dashes_that_are_filled_in_protect_nothing():
    with pytest.raises(UsageError, match="option"):
        filled((REFERENCE, REFERENCE), "--", "-x")


COMPUTED = FunctionWork("words", takes_self=True)


def test_computed_words_are_checked_as_written_ones_and_are_the_authors_own(execute):
    words = [sys.executable, "-c", PRINT, ["-v", 3], Path("/a b")]
    assert execute(computed=COMPUTED, computes=words, result="str") == "-v|3|/a b"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("rsync -a", "'rsync -a', a str"),
        (None, "are None"),
        (["echo", None], "word 2 of the command is None"),
        (["echo", True], "word 2 of the command is True"),
        (["echo", "a\0b"], "word 2 of the command contains a NUL"),
        ([], "names no program"),
        ([""], "names no program"),
    ],
)
def test_computed_words_that_are_none_are_refused(execute, found, message):
    with pytest.raises(UsageError, match=message):
        execute(computed=COMPUTED, computes=found)


def test_a_shell_gets_data_as_words_that_it_never_reads_as_text(execute):
    shell = 'printf "%s|" "$@"; echo "$0"'
    assert execute("$(echo no) `x`", "a  b", shell=shell, result="str") == "$(echo no) `x`|a  b|sequent"


@pytest.mark.parametrize("text", ["false; echo on", "false | cat; echo on", 'echo "$nothing"; echo on'])
def test_a_shell_ends_at_the_first_thing_that_fails(execute, text):
    assert problem_of(lambda: execute(shell=text)).type == "ExitStatus"
    assert "on" not in execute.log.read_text().split()


def test_no_shell_sees_the_words(execute):
    assert execute(sys.executable, "-c", PRINT, "$HOME", "*", ";", "a b", result="str") == "$HOME|*|;|a b"


@pytest.mark.parametrize(
    ("kind", "output", "result"),
    [
        ("none", "x", None),
        ("str", "x\n\n", "x\n"),
        ("bytes", "x\n", b"x\n"),
        ("lines", "a\nb\n", ["a", "b"]),
        ("lines", "", []),
        ("int", " 42\n", 42),
        ("float", "2.5\n", 2.5),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("exit_code", "x", 0),
    ],
)
def test_standard_output_becomes_the_result_and_is_logged_all_the_same(execute, kind, output, result):
    assert execute("printf", "%s", output, result=kind) == result
    assert execute.log.read_text() == output


@pytest.mark.parametrize(("kind", "words"), [("int", "a whole number"), ("json", "JSON"), ("float", "a number")])
def test_output_that_is_no_such_result_fails_and_is_shown(execute, kind, words):
    problem = problem_of(lambda: execute("echo", "nonsense", result=kind))
    assert words in problem.message
    assert "nonsense" in problem.message


def test_output_that_is_no_text_is_for_bytes(execute):
    assert "result=bytes" in problem_of(lambda: execute("printf", r"\377", result="str")).message
    assert execute("printf", r"\377", result="bytes") == b"\xff"


def test_an_exit_code_that_is_no_success_fails_with_it(execute):
    problem = problem_of(lambda: execute("sh", "-c", "exit 7"))
    assert (problem.type, problem.exit_code) == ("ExitStatus", 7)
    assert execute("sh", "-c", "exit 7", success=(0, 7), result="exit_code") == 7


def test_a_program_that_fails_is_told_with_the_last_line_that_it_wrote(execute):
    problem = problem_of(lambda: execute("sh", "-c", "echo; echo ' no such share' >&2; exit 3"))
    assert problem.message == "'sh' ended with exit code 3: no such share"


@pytest.mark.parametrize("result", ["none", "str"])
def test_of_more_lines_the_last_ten_are_told(execute, result):
    problem = problem_of(lambda: execute("sh", "-c", "seq 20 >&2; exit 3", result=result))
    assert problem.message.split("\n") == ["'sh' ended with exit code 3: 20", *map(str, range(11, 21))]


@pytest.mark.parametrize("result", ["none", "str", "exit_code"])
def test_what_went_to_standard_error_is_told_however_much_else_was_written(execute, result):
    script = "echo before; echo no such share >&2; seq 2000; exit 3"
    problem = problem_of(lambda: execute("sh", "-c", script, result=result))
    assert problem.message == "'sh' ended with exit code 3: no such share"
    assert sorted(execute.log.read_text().splitlines()) == sorted(
        ["before", "no such share", *map(str, range(1, 2001))]
    )


def test_of_a_program_whose_standard_error_says_nothing_the_rest_is_told_unless_it_is_the_result(execute):
    script = "echo two tests failed; echo >&2; exit 3"
    assert problem_of(lambda: execute("sh", "-c", script)).message == "'sh' ended with exit code 3: two tests failed"
    assert problem_of(lambda: execute("sh", "-c", script, result="str")).message == "'sh' ended with exit code 3"


def test_a_program_that_was_killed_is_told_with_its_last_words(execute):
    killed = problem_of(lambda: execute("sh", "-c", "echo too much memory >&2; kill -9 $$"))
    assert killed.message == "'sh' was ended by SIGKILL: too much memory"


WRITTEN = {
    "colours": (rb"\033[1;31mred\033[0m", "red"),
    "a title": (rb"\033]0;owned\007told", "told"),
    "a line that is drawn over": (rb"10 %%\r50 %%\r100 %%\r", "100 %"),
    "controls": (rb"a\000b\b\177c", "abc"),
    "bytes that are no text": (rb"\377!", "\ufffd!"),
    "marks that reorder": ("a\u202eb".encode(), "ab"),
    "a long line": (b"x" * 401, "x" * 400 + "..."),
}


@pytest.mark.parametrize(("written", "told"), WRITTEN.values(), ids=WRITTEN)
def test_what_steers_a_terminal_is_taken_out_of_it(execute, written, told):
    text = written.decode("utf-8")
    problem = problem_of(lambda: execute("sh", "-c", f"printf '{text}\\n' >&2; exit 3"))
    assert problem.message == f"'sh' ended with exit code 3: {told}"


def test_of_much_that_was_written_only_the_end_is_kept(execute):
    problem = problem_of(lambda: execute("sh", "-c", "yes | head -c 300000; echo end; exit 3"))
    assert problem.message.split("\n")[1:] == ["y"] * 9 + ["end"]
    line = problem_of(lambda: execute("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end; exit 3"))
    assert line.message == "'sh' ended with exit code 3: end"


def test_a_signal_that_ended_a_program_is_named(execute):
    problem = problem_of(lambda: execute("sh", "-c", "kill -SEGV $$"))
    assert (problem.type, problem.signal) == ("Signal", signal.SIGSEGV)
    assert "SIGSEGV" in problem.message


def test_a_program_that_is_not_there_is_told_with_the_path_that_was_searched(execute):
    problem = problem_of(lambda: execute("no-such-program", env=(("PATH", literal("/nowhere:/else")),)))
    assert (problem.type, problem.exit_code) == ("NotFound", 127)
    assert "'no-such-program' not found (PATH=/nowhere:/else)" in problem.message


def test_a_missing_directory_and_a_program_that_may_not_be_run_are_told_apart(execute, tmp_path):
    assert "/no/where" in problem_of(lambda: execute("true", cwd=literal("/no/where"))).message
    plain = tmp_path / "plain"
    plain.write_text("text")
    assert "cannot be started" in problem_of(lambda: execute(str(plain))).message


def test_the_environment_is_added_to_and_taken_from(execute, monkeypatch):
    monkeypatch.setenv("TAKEN", "1")
    monkeypatch.setenv("KEPT", "2")
    env = (("TAKEN", None), ("ADDED", Template(("<", Formatted(REFERENCE), ">"))))
    script = 'echo "${TAKEN-none} $KEPT $ADDED $SEQUENT_STEP_NAME"'
    assert execute("sh", "-c", script, env=env, given=(5,), result="str") == "none 2 <5> it"


def test_a_command_runs_in_its_directory(execute, tmp_path):
    assert execute("pwd", cwd=literal(tmp_path), result="str") == str(tmp_path)


@pytest.mark.parametrize(("value", "text"), [("a\0é", "a\0é"), (b"raw", "raw"), (12, "12"), (None, "")])
def test_standard_input_is_a_value_or_empty(execute, value, text):
    stdin = None if value is None else literal(value)
    assert execute("cat", stdin=stdin, result="str") == text


def test_standard_input_is_a_file_where_a_path_is_given(execute, tmp_path):
    file = tmp_path / "in"
    file.write_text("from a file")
    assert execute("cat", stdin=REFERENCE, given=(file,), result="str") == "from a file"
    assert "cannot be opened" in problem_of(lambda: execute("cat", stdin=literal(tmp_path / "none"))).message


def test_input_larger_than_a_pipe_that_nobody_reads_blocks_nothing(execute):
    assert execute("true", stdin=literal("x" * 1_000_000)) is None


def test_errors_go_to_the_log_and_not_into_the_result(execute):
    assert execute("sh", "-c", "echo out; echo err >&2", result="str") == "out"
    assert sorted(execute.log.read_text().split()) == ["err", "out"]


def test_a_child_that_keeps_the_pipe_open_does_not_hold_the_step_up(execute):
    script = "sleep 1000 & echo $!"
    pid = execute("sh", "-c", script, result="int")
    os.kill(pid, signal.SIGKILL)


def test_output_without_end_is_refused_and_its_program_ended(execute, monkeypatch):
    monkeypatch.setattr(commands, "LARGEST_RESULT", 2**20)
    with pytest.raises(UsageError, match="more than 1 MiB") as caught:
        execute("yes", result="str")
    assert "file" in caught.value.hint
