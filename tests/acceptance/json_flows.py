"""The flows and hosts of which commands print documents."""

MORE = """
import os
import sys
import threading
import time

from sequent import STEP_COMPLETE, STEP_SUCCESS, Pool, Sequent, command, container, context, item, param, step

db = Pool("db", 2)
STARTED = (sys.executable, "-m", "sequent", "run", "more.py:inner")


@container
class waits:
    @step
    def now(self) -> None: ...

    @step(requires=now, delay="1d")
    def later(self) -> None: ...


@container
class fails:
    @container(repeats=[1, 2], parallel=2, acquires={db: 1})
    class each:
        number: int = item()
        program = command("sh", "-c", "echo out; echo err >&2; exit 3")

    @step(requires=each.failed, handles=False)
    def alert(self) -> None: ...


@container
class more:
    @step
    def grow(self, size: int = 2) -> list[int]:
        context().note("growing")
        return list(range(size))


@container
class five:
    @step
    def count(self) -> int:
        return 5

    @step(requires=count.returned(5, 6))
    def some(self) -> None: ...

    @container(repeats=count.result)
    class each:
        @step
        def work(self, number: int = item()) -> None: ...


@container
class inner:
    @step
    def work(self) -> None: ...


@container
class calls:
    @step
    def sub(self) -> None:
        inner().run()

    @step
    def in_a_thread(self) -> str:
        thread = threading.Thread(target=lambda: inner().run())
        thread.start()
        thread.join()
        return "é"

    of_somebody = command("env", "-u", "SEQUENT_STEP_PATH", "-u", "SEQUENT_STEP_SEQUENCE", *STARTED)

    result = in_a_thread


@container
class halts:
    fails = command("false")
    slow = command("true")

    @step(requires=slow, delay="1d")
    def after(self) -> None: ...


@container
class ends:
    @step
    def killed(self) -> None:
        os.kill(os.getpid(), 9)

    @container(repeats=killed.result)
    class each:
        @step
        def work(self) -> None: ...


@container(acquires={db: 1})
class odd:
    store: str = param()
    many: int = param(default=2)

    @container(repeats=range(3), parallel=many)
    class each:
        @step
        def work(self) -> None: ...


@container
class copied:
    @step
    def here(self) -> list[str]:
        print("here")
        return ["localhost", "::1"]

    @step(hosts=["localhost", "127.0.0.1"], stop_on_exception=False)
    def load(self) -> None:
        context().note("loading")
        context().artifact("more.py")
        print("loading")
        raise ValueError(self)

    @step(requires=load.failed, hosts=["localhost", "127.0.0.1"])
    def alert(self) -> None:
        inner().run()

    @step(hosts=here.result, delay="1d")
    def later(self) -> None: ...


@container
class copied_slowly:
    @step(hosts=["localhost", "127.0.0.1"], max_concurrent=1)
    def load(self) -> None:
        with open("begun", "w") as file:
            file.write("now")
        open("never").close()


@container
class around:
    @step
    def first(self) -> list[dict[str, int]]:
        context().note("one row")
        return [{"rows": 1}]

    @step(requires=first.failed)
    def never(self) -> None: ...

    @step(requires=never.done)
    def then(self) -> None: ...

    result = first


@container
class pooled:
    rounds: int = param(default=2)

    @step(acquires={db: 2})
    def one(self) -> None:
        time.sleep(0.2)

    @step(acquires={db: 2})
    def two(self) -> None:
        time.sleep(0.2)


@container
class wide:
    @step(repeats=range(501), parallel=0)
    def many(self) -> None: ...


asks = Sequent("asks")
asks.add_step("ship", approve="Ship it?", receive=int, timeout="2h")
room = Pool("room", 2)
keep = asks.add_step("keep", func=print, acquires=[(room, 1)], releases=[])
sure = asks.add_step("sure", approve="Sure?", acquires=[(room, 1)], requires=keep)
asks.add_step("both", func=print, requires=((keep, STEP_SUCCESS), (sure, STEP_COMPLETE)))
asks.add_step("there", hosts=["localhost", "127.0.0.1"]).add_step("fine", approve="Fine?")
timed = Sequent("timed")
timed.add_step("now", func=print, args=(os.getpid(),))
idle = Sequent("idle")
idle.add_step("nothing")
"""
QUICK = """
from sequent import container, step


@container
class slow:
    @step
    def wait(self) -> None: ...
"""
"""An earlier run of the same flow, which has ended."""
HOSTS = """
ssh_config = "{config}"
[hosts]
nowhere = "no-such-host.invalid"
[hosts.near]
command = "sequent"
[hosts.kept]
address = "near"
[hosts.bare]
connect = ["env", "--"]
python = "{bare}"
command = "sequent-nowhere"
[hosts.forced]
connect = "paramiko"
"""
# It has no Sequent, and a clock that is off.
BARE = """#!{python} -IS
import sys, time
now = time.time
time.time = lambda: now() + 1000
exec(sys.stdin.read(int(sys.stdin.readline())))
"""
