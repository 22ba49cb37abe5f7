"""Rows 20, 21, 44 to 54: what a step does, what it is given, and how it is to run."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake, step_with

ACTIONS = "the actions are STP_RERUN and STP_SKIP"
SPAN = '"30s", "5m", "6h"'

MISTAKES = {
    "row_020": Mistake(
        text="""
@container
class flow:
    a = step(handles=True)  # wrong
""",
        code="work",
        path="a",
        says=("'a' in 'flow' has nothing to do",),
        hint="write load = step(...)(function)",
    ),
    "row_021": Mistake(
        text="""
flow = Sequent()
flow.add_step("a", work, command=("ls",))  # wrong
""",
        code="work",
        path="a",
        says=("'a' has a function and a command",),
        hint="either func= or command=",
    ),
    "row_021_children": Mistake(
        text="""
flow = Sequent()
a = flow.add_step("a", work)
a.add_step("b", work)  # wrong
""",
        code="work",
        path="a.b",
        says=("'a' has work of its own", "'b' is added"),
        hint="either a step",
    ),
    "row_044": Mistake(
        text="""
@container
class flow:
    a = step(lines)  # wrong
""",
        code="generator",
        path="a",
        says=("'lines' is a generator function",),
        hint="return a list, or give the function to repeats=",
    ),
    "row_046": Mistake(
        text="""
def load(): ...
real = load
def load(): ...

flow = Sequent()
flow.add_step(
    "a",
    func=real,  # wrong
    import_module="flow",
)
""",
        code="import",
        path="a",
        says=("'flow.load' is not the object passed",),
        hint="leave import_module out",
    ),
    **{
        f"row_047_{name}": Mistake(
            text=f"\nflow = Sequent()\nflow.add_step('a', take, {given})  # wrong\n",
            code="argument",
            path="a",
            says=(shown,),
            hint=hint,
        )
        for name, given, shown, hint in (
            ("args", "args=5", "'args' of 'take' is 5", "a tuple or a list"),
            ("kwargs", "kwargs=[1]", "'kwargs' of 'take' is [1]", "a dict"),
            ("key", "kwargs={3: 1}", "has the key 3", "the names of parameters"),
            ("unknown", "kwargs={'y': 1}", "unexpected keyword argument 'y'", "it takes (x)"),
            ("many", "args=(1, 2)", "too many positional arguments", "it takes (x)"),
            ("missing", "()", "'x' of 'take' has no value", "pass it in kwargs"),
        )
    },
    **{
        f"row_048_{name}": Mistake(
            text=f"\nflow = Sequent()\nflow.add_step('a', take, kwargs={{'x': {given}}})  # wrong\n",
            code="not-data",
            path="a",
            says=(shown,),
            hint="a path to a file",
        )
        for name, given, shown in (
            ("lock", "threading.Lock()", "kwargs['x'] is a lock"),
            ("file", "{'log': [sys.__stdout__]}", "kwargs['x']['log'][0] is a TextIOWrapper"),
            ("set", "{1, 2}", "kwargs['x'] is a set"),
            ("digits", "10**5000", "kwargs['x'] is or has a whole number of more than 4,300 digits"),
        )
    },
    "row_050": Mistake(
        text="""
flow = Sequent()
flow.add_step("a", take, kwargs={"x": "x" * (20 << 20)})  # wrong
""",
        code="size",
        path="a",
        says=("kwargs['x'] has 20,971,522 characters", "16,777,216 are allowed"),
        hint="the path of a file",
    ),
    "row_051_state": Mistake(
        text=step_with('func=work, recovery={"success": STP_RERUN}'),
        code="recovery",
        path="a",
        says=("'success'",),
        hint="STEP_READY, STEP_ACTIVE, STEP_SUCCESS, STEP_FAILURE, STEP_COMPLETE",
    ),
    "row_051_action": Mistake(
        text=step_with('func=work, recovery={STEP_SUCCESS: "rerun"}'),
        code="recovery",
        path="a",
        says=("'rerun'",),
        hint=ACTIONS,
    ),
    "row_052": Mistake(
        text="""
flow = Sequent(
    config={"max_concurent": 3},  # wrong
)
""",
        code="config",
        says=("config has no key 'max_concurent'",),
        hint="did you mean 'max_concurrent'? there are: DATABASES, HOSTS, LOGGING",
    ),
    "row_052_step": Mistake(
        text=step_with('func=work, config={"stop_on_exeption": False}'),
        code="config",
        path="a",
        says=("'stop_on_exeption'",),
        hint="did you mean 'stop_on_exception'?",
    ),
    "row_052_file": Mistake(
        text="""
flow = Sequent(
    config="nosuch.toml",  # wrong
)
""",
        code="config-file",
        says=("nosuch.toml' cannot be read: No such file or directory",),
        hint="a TOML or YAML file",
    ),
    **{
        f"row_053_{name}": Mistake(
            text=f"\nflow = Sequent(\n    config={{{key!r}: {given}}},  # wrong\n)\n",
            code=code,
            says=(f"config[{key!r}] is {given}",),
            hint=hint,
        )
        for name, key, given, code, hint in (
            ("max_concurrent", "max_concurrent", "'3'", "option", "a whole number"),
            ("sleep", "sleep_between_loops", "-1", "config", "a number of seconds"),
            ("stop", "stop_on_exception", "'no'", "option", "True or False"),
            ("construct", "task_construct", "'fork'", "option", "'process', 'thread', 'invoke'"),
        )
    },
    **{
        f"row_053_{name}": Mistake(
            text=step_with(f"func=work, {name}={given}"),
            code="option",
            path="a",
            says=(f"'{name}' is {given}",),
            hint=hint,
        )
        for name, given, hint in (
            ("retries", "-1", "attempts after the first"),
            ("priority", "'high'", "a whole number"),
            ("handles", "'no'", "True or False"),
        )
    },
    **{
        f"row_054_{name}": Mistake(
            text=step_with(f"func=work, timeout={given}"), code="option", path="a", says=(f"{given}",), hint=SPAN
        )
        for name, given in (("nothing", "0"), ("negative", "-5"), ("junk", "'soon'"))
    },
}


@pytest.mark.parametrize("row", MISTAKES)
def test_what_a_step_cannot_do_or_be_given_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])


WARNED = {
    "row_020_builder": ("flow.add_step('a')", "'a' has nothing to do: it succeeds at once"),
    "row_051_kept": (
        "a = flow.add_step('a', print, recovery={STEP_SUCCESS: STP_RERUN})\nflow.add_step('b', print, (a.result,))",
        "a recovery runs 'a' again though it succeeded, and keeps 'b', which takes its result: give it the same",
    ),
}


@pytest.mark.parametrize("row", WARNED)
def test_what_is_probably_a_mistake_is_accepted_with_a_warning_at_its_line(row, command, tmp_path):
    text, warning = WARNED[row]
    whole = f"from sequent import STEP_SUCCESS, STP_RERUN, Sequent\nflow = Sequent()\n{text}\n"
    (tmp_path / "flow.py").write_text(whole)
    line = whole.count("\n")
    code, _, told = command("check", "flow.py:flow")
    assert code == 0
    assert told.startswith(f"warning: {tmp_path}/flow.py:{line}: {warning}")


@pytest.mark.parametrize("row", ["row_052_in_file"])
def test_a_mistake_in_a_file_of_settings_is_told_at_its_own_line_and_not_at_that_which_names_the_file(
    row, command, tmp_path
):
    (tmp_path / "conf.toml").write_text("\nmax_concurent = 3\n")
    (tmp_path / "flow.py").write_text("from sequent import Sequent\nflow = Sequent(\n    config='conf.toml',\n)\n")
    code, _, told = command("check", "flow.py:flow")
    assert code == 2
    assert told.startswith(f"error: {tmp_path}/conf.toml:2: ")
    assert "did you mean 'max_concurrent'?" in told


def test_a_timeout_counts_from_the_begin_and_may_be_shorter_than_the_delay(accepted):
    accepted("flow = Sequent()\nflow.add_step('a', print, delay='1h', timeout='1m')\n")


FOUND_IN_A_RUN = {
    "row_048_result": (
        "flow.add_step('a', lambda: [open])",
        "NotDataError: result[0] is a builtin_function_or_method, which cannot be stored",
        "hint: give data",
    ),
    "row_048_digits": (
        "flow.add_step('a', lambda: 10**5000)",
        "NotDataError: result is or has a whole number of more than 4,300 digits",
        "hint: give it in another form, such as hex(x)",
    ),
    "beyond_import_module": (
        "flow.add_step('a', print, import_module='no_such_module')",
        "module not found: 'no_such_module'",
        "hint: install it, correct the import, or add its directory to PYTHONPATH",
    ),
    "beyond_import_file": (
        "flow.add_step('a', print, import_module='x', import_file='no/x.py')",
        "import_file: file not found: 'no/x.py' in",
        "hint: give an absolute path, or one relative to the directory where the run was started",
    ),
    "beyond_secret": (
        "flow.add_step('a', print, (secret('NO_SUCH_TOKEN'),))",
        "there is no secret 'NO_SUCH_TOKEN'",
        "hint: set SEQUENT_SECRET_NO_SUCH_TOKEN",
    ),
}


@pytest.mark.parametrize("row", FOUND_IN_A_RUN)
def test_what_turns_out_wrong_in_the_run_is_told_at_the_line_of_the_step_without_sequents_frames(row, fails):
    text, said, hint = FOUND_IN_A_RUN[row]
    fails(f"flow = Sequent(config={{'task_construct': 'invoke'}})\n{text}  # wrong\n", said, hint)
