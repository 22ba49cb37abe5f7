"""One flow under settings that come as a dict, as a text of YAML, and from a file under a dotted tag."""
import multiprocessing

import sequent as seq
from progs import prog

TEXT = """
SEQUENT:
  max_concurrent: 1
  LOGGING:
    console: True
    level_formats: {default: 'text: %(message)s'}
"""
DICT = {"task_construct": multiprocessing.Process, "LOGGING": {"level_formats": {"default": "dict: %(message)s"}}}

for config, tag in ((DICT, ""), (TEXT, "SEQUENT"), ("runly.conf", "QUIET.NIGHT")):
    flow = seq.Sequent("runly10", "", config, tag)
    flow.add_step("step", prog, ("it",))
    print(flow.run())
