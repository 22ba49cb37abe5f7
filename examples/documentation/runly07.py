"""Resources: what a block holds as long as it lasts, what is kept and given back later, and a pool without a limit."""
import sequent as seq
from progs import prog
from sequent import virtual_resource_pool as vrp


class Licence(vrp.Resource):
    pass


licences = vrp.ResourcePool("licences", resource_cls=Licence, policy={"resource_limit": 2, "autoload": True, "load_size": 1})
lines = vrp.ResourcePool("lines", policy={"resource_limit": -1}).load()

flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT")
block = flow.add_step("block", repeats=[1, 2], acquires=[(licences, 2), (lines, 40)])
block.add_step("inner", func=prog, args=("inner",))
keeps = flow.add_step("keeps", func=prog, args=("keeps",), acquires=[(licences, 1)], releases=[], requires=((block, seq.STEP_SUCCESS),))
returns = flow.add_step("returns", func=prog, args=("returns",), releases=[(licences, 1)], requires=((keeps, seq.STEP_SUCCESS),))
flow.add_step("both", func=prog, args=("both",), acquires=[(licences, 2)], requires=((returns, seq.STEP_SUCCESS),))
flow.run()
