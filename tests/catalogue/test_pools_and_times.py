"""Rows 33, 36 to 43 and 53: pools and what is held of them, hosts, delays and attempts."""

from __future__ import annotations

import pytest

from tests.catalogue.mistakes import Mistake, step_with


def holding(options: str, capacity: str = "3") -> str:
    return step_with("work", options, above=f'db = Pool("db", {capacity})\n')


ANY = "positive integer"
SPAN = '"30s", "5m", "6h", "1h 30m"'

MISTAKES = {
    **{
        f"row_{name}": Mistake(
            text=f"\nflow = Sequent()\nflow.add_step(\n    'a',\n    work,\n    {given},  # wrong\n)\n",
            code=code,
            path="a",
            says=(shown,),
            hint=hint,
        )
        for name, given, code, shown, hint in (
            (
                "034",
                "hosts='etl1'",
                "option",
                "'hosts' is 'etl1', which is a string, not a list",
                "write hosts=['etl1']",
            ),
            ("034_twice", "hosts=['a', 'b', 'a']", "option", "'hosts' has 'a' twice", "name each host once"),
            ("034_form", "hosts=['user@h:port:x']", "option", "'user@h:port:x'", "as ssh takes it"),
            ("036", "acquires={'db': 2}", "pool", "'acquires' names 'db', which is a string", 'db = Pool("db", 4)'),
            ("036_pairs", "acquires=['db']", "option", "'acquires' has 'db', which is not a pair", "{pool: amount}"),
            ("036_form", "acquires=3", "option", "'acquires' is 3", "{pool: amount}"),
            ("043_negative", "delay=-1", "option", "'delay': -1 is negative", SPAN),
            ("043_nan", "delay=math.nan", "option", "'delay': nan is not a duration", SPAN),
            ("043_inf", "delay=math.inf", "option", "'delay': inf is longer than ten years", SPAN),
            ("043_junk", "delay='soon'", "option", "'delay': 'soon' is not a duration", SPAN),
            ("043_flag", "delay=True", "option", "'delay'", SPAN),
            ("043_past", "delay=timedelta(seconds=-5)", "option", "'delay'", SPAN),
            ("043_years", "delay='4000d'", "option", "ten years", SPAN),
            ("043_naive", "delay=datetime(2026, 11, 24)", "option", "has no time zone", "a datetime with its zone"),
        )
    },
    "row_033": Mistake(
        text="""
@container
class flow:
    @container(
        hosts=["etl1"],  # other
    )
    class block:
        @step(
            hosts=["etl2"],  # wrong
        )
        def load(self): ...
""",
        code="nested-hosts",
        path="block.load",
        says=("'block.load' has hosts ['etl2'] inside 'block', which has hosts ['etl1']",),
        hint="name hosts in one of the two",
    ),
    "row_035": Mistake(
        text="""
@container
class flow:
    @container(hosts=["etl1", "etl2"])
    class block:
        @step(
            task_construct="thread",  # wrong
        )
        def load(self): ...
""",
        code="hosts-construct",
        path="block.load",
        says=("'block.load' has hosts ['etl1', 'etl2'], and runs in a thread of the driver",),
        hint='give it task_construct="process", or leave hosts= out',
    ),
    "row_034_class": Mistake(
        text="""
@container
class flow:
    @container(
        hosts=["etl1", None],  # wrong
    )
    class block:
        @step
        def load(self): ...
""",
        code="option",
        path="block",
        says=("'hosts' has None in it",),
        hint="runs where the flow was started",
    ),
    "row_037": Mistake(
        text=holding("acquires={db: 4}"),
        code="pool",
        path="a",
        says=("'a' acquires 4 of the pool 'db'", "can never start", "the capacity is 3"),
        hint="enlarge the pool, or acquire less",
    ),
    "row_037_around": Mistake(
        text="""
db = Pool("db", 3)

@container
class flow:
    @container(acquires={db: 2})
    class block:
        @step(
            acquires={db: 2},  # wrong
        )
        def load(self): ...
""",
        code="pool",
        path="block.load",
        says=("'block.load' acquires 2 of the pool 'db'", "'block' around it holds 2", "can never start"),
        hint="acquire less here or further out",
    ),
    "beyond_flow_acquires": Mistake(
        text="""
db = Pool("db", 3)

@container(acquires={db: 2})
class flow:
    @step(
        acquires={db: 2},  # wrong
    )
    def load(self): ...
""",
        code="pool",
        path="load",
        says=("'load' acquires 2 of the pool 'db'", "the flow 'flow' around it holds 2", "can never start"),
        hint="acquire less here or further out",
    ),
    "beyond_flow_releases": Mistake(
        text="""
db = Pool("db", 3)

@container(
    acquires={db: 1},
    releases=[],  # wrong
)
class flow:
    @step
    def load(self): ...
""",
        code="flow-option",
        says=("the flow 'flow' has 'releases', which is only for steps and containers inside a flow",),
        hint="when a run ends, all that it holds is given back",
    ),
    **{
        f"row_038_{name}": Mistake(
            text=holding(f"acquires={{db: {given}}}"),
            code="option",
            path="a",
            says=(f"'acquires' of the pool 'db' is {given}",),
            hint=ANY,
        )
        for name, given in (("nothing", "0"), ("negative", "-2"), ("float", "1.5"), ("bool", "True"), ("text", "'1'"))
    },
    "row_038_capacity": Mistake(
        text="""
db = Pool("db", 0)  # wrong
flow = Sequent()
""",
        code="option",
        says=("the capacity of the pool 'db' is 0",),
        hint=ANY,
    ),
    "row_038_original": Mistake(
        text="""
db = vrp.ResourcePool("db", policy={"resource_limits": 2}).load()  # wrong
flow = Sequent()
""",
        code="pool",
        says=("'policy' has no key 'resource_limits'",),
        hint="did you mean 'resource_limit'",
    ),
    "row_039": Mistake(
        text=holding("acquires=[(db, 1), (db, 2)]"),
        code="option",
        path="a",
        says=("'acquires' has the pool 'db' twice: 1 and 2",),
        hint="give their sum",
    ),
    "row_040": Mistake(
        text="""
db = Pool("db", 3)
flow = Sequent()
flow.add_step(
    "a",
    work,
    acquires={db: 1},
    releases={db: 2},  # wrong
)
""",
        code="pool",
        path="a",
        says=("'a' gives back 2 of the pool 'db' and acquires 1", "no other step keeps any"),
        hint="leave 'releases' out",
    ),
    "row_040_never": Mistake(
        text=holding("releases={db: 1}"),
        code="pool",
        path="a",
        says=("'a' gives back 1 of the pool 'db' and acquires none", "no other step keeps any"),
        hint="leave 'releases' out",
    ),
    "row_041": Mistake(
        text="""
db = Pool("db", 3)

@container
class flow:
    @step(
        repeats=range(5),
        acquires={db: 1},
        releases=[],  # wrong
    )
    def load(self): ...
""",
        code="pool",
        path="load",
        says=("'load' keeps 1 of the pool 'db'", "after 3 iterations"),
        hint="leave 'releases' out",
    ),
    "row_042": Mistake(
        text="""
db = Pool("db", 3)  # other
other = Pool("db", 4)  # wrong
flow = Sequent()
flow.add_step("a", work, acquires={db: 1})
flow.add_step("b", work, acquires={other: 1})
""",
        code="pool",
        path="b",
        says=("the pool 'db' has the capacity 4, and the capacity 3 at",),
        hint="one name is one pool",
    ),
    **{
        f"row_053_{name}": Mistake(
            text=f"\nflow = Sequent()\nflow.add_step(\n    'a',\n    work,\n    retries=3,\n    {given},  # wrong\n)\n",
            code="option",
            path="a",
            says=(shown,),
            hint=hint,
        )
        for name, given, shown, hint in (
            ("backoff", "backoff='soon'", "the first wait of 'backoff'", "(first, factor, ceiling, jitter)"),
            ("factor", "backoff=('1s', 0.5)", "the factor of 'backoff' is 0.5", "at least 1"),
            ("retry_on", "retry_on='OSError'", "'retry_on' has 'OSError'", "exception types"),
            ("max_concurrent", "max_concurrent='3'", "'max_concurrent' is '3'", "a whole number"),
        )
    },
    "row_053_thread": Mistake(
        text="""
flow = Sequent()
flow.add_step(
    "a",
    work,
    task_construct="thread",
    timeout="3s",  # wrong
)
""",
        code="timeout",
        path="a",
        says=("'a' has a timeout, and runs in a thread, which cannot be ended",),
        hint='task_construct="process"',
    ),
}


@pytest.mark.parametrize("row", MISTAKES)
def test_what_cannot_be_held_or_waited_for_is_told_at_its_line_with_the_way_out(row, refused):
    refused(MISTAKES[row])


FOUND_IN_A_RUN = {
    "row_043_junk": ("'soon'", "delay", "'delay' of 'b': 'soon' is not a duration"),
    "row_043_negative": ("-5", "delay", "'delay' of 'b': -5 is negative"),
    "row_054_junk": ("'soon'", "timeout", "'timeout' of 'b': 'soon' is not a duration"),
    "row_054_nothing": ("0", "timeout", "'timeout' of 'b'"),
    "beyond_parallel_junk": ("'two'", "parallel", "'parallel' of 'b' is 'two'; give a whole number"),
    "beyond_parallel_negative": (
        "-2",
        "parallel",
        "'parallel' of 'b' is -2; give the number of iterations that run at once",
    ),
}


@pytest.mark.parametrize("row", FOUND_IN_A_RUN)
def test_an_option_that_turns_out_wrong_in_the_run_fails_what_has_it_at_its_line(row, fails):
    given, option, said = FOUND_IN_A_RUN[row]
    repeats = "repeats=[1], " if option == "parallel" else ""
    text = f"""
@container
class flow:
    @step(task_construct="invoke")
    def a(self): return {given}

    @step({repeats}{option}=a.result)  # wrong
    def b(self): ...
"""
    fails(text, said)
