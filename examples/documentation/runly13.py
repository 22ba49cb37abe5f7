"""A class as a resource, and objects that are called as steps; each tells where it is in a repeat."""
import sequent as seq
from progs import logger
from sequent import virtual_resource_pool as vrp


class Crane(vrp.Resource):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.load = 0


class Lift:
    def __init__(self, weight):
        self.weight = weight

    def __call__(self, flow, times):
        logger().info("lifting %s (%s/%s)", self.weight * times, flow.get_step_name(), flow.get_step_sequence())


cranes = vrp.ResourcePool("cranes", resource_cls=Crane, policy={"resource_limit": 1})
flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT")
yard = flow.add_step("yard", repeats=["a", "b"])
light = yard.add_step("light", func=Lift(1), args=(flow,), kwargs={"times": 2}, acquires=[(cranes, 1)])
yard.add_step("heavy", Lift(10), (flow,), {"times": 3}, ((light, seq.STEP_SUCCESS),), 0, [(cranes, 1)])
flow.run()
