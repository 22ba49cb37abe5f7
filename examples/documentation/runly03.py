"""Hosts that are this machine: its steps run here, as those do that name none."""
import os

import sequent as seq
from progs import where

flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT", host="localhost", remotes=[])
first = flow.add_step("first", func=where, args=("first",), hosts=["localhost"])
block = flow.add_step("block", hosts=[os.uname().nodename], requires=((first, seq.STEP_SUCCESS),))
block.add_step("inner", func=where, args=("inner",))
flow.add_step("last", func=where, args=("last",), hosts=[], requires=((block, seq.STEP_SUCCESS),))
flow.run()
