import sequent as sqnt
from sequent import virtual_resource_pool as vrp

class Resources1(vrp.Resource): pass
class Resources2(vrp.Resource): pass

rp1 = vrp.ResourcePool('RP1', resource_cls=Resources1, policy={'resource_limit': 2, }).load()
rp2 = vrp.ResourcePool('RP2', resource_cls=Resources2, policy={'resource_limit': 2, }).load()

myflow = sqnt.Sequent(config={'sleep_between_loops': 0.05,}, )
s1 = myflow.add_step('s1', repeats=[1,2], acquires=[(rp1, 2), ])

myflow.run()
