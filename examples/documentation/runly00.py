import sequent as seq
import logging
import os

def prog(progname, success=True):
    logger = logging.getLogger(os.getenv("SEQUENT_LOGGER_NAME"))
    logger.info("doing what {} is doing".format(progname))
    if not success:
        raise Exception("{} failed".format(progname))
    return progname

myflow = seq.Sequent(config={'sleep_between_loops': 0.05,
                             'LOGGING': {'logging_level':logging.DEBUG}})

s1 = myflow.add_step('s1', repeats=[1,2])

s11 = s1.add_step('s11', repeats=[1,2,])

s111 = s11.add_step('s111', func=prog, kwargs={'progname': 'prog1'})
s112 = s11.add_step('s112', func=prog, kwargs={'progname': 'prog2'},
                    requires=( (s111, seq.STEP_SUCCESS), ))

s12 = s1.add_step('s12', func=prog, kwargs={'progname': 'prog3'},
                  requires=( (s11, seq.STEP_SUCCESS), ))

s2 = myflow.add_step('s2', func=prog, kwargs={'progname': 'prog4'},
                     requires=((s1, seq.STEP_SUCCESS),))

myflow.run()
