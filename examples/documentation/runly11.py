"""Modules that are imported before a step is called: by name for all steps, and from a file for one."""
import os
import sys

import sequent as seq
from progs import logger

HERE = os.path.dirname(os.path.abspath(__file__))


def tell():
    logger().info("colorsys %s, extra %s", "colorsys" in sys.modules, "extra_progs" in sys.modules)


flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT", import_module=["colorsys"])
first = flow.add_step("first", func=tell)
flow.add_step(
    "second",
    func=tell,
    import_module=["extra_progs"],
    import_file=os.path.join(HERE, "progs.py"),
    requires=((first, seq.STEP_SUCCESS),),
)
flow.run()
