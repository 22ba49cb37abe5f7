"""Repeats in repeats; a container's end is required whatever became of it."""
import sequent as seq
from progs import where

flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT", run_mode=seq.RunMode.restart)
day = flow.add_step("day", repeats=[1, 2])
hour = day.add_step("hour", repeats=range(2))
hour.add_step("load", func=where, args=("load",))
day.add_step("sum", func=where, args=("sum",), requires=((hour, seq.StepStatus.complete),))
flow.add_step("report", func=where, args=("report",), requires=((day, seq.STEP_COMPLETE),))
flow.run()
