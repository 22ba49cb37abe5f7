"""What steps log, by level, and what they print."""
import logging

import sequent as seq
from progs import logger

LOGGING = {
    "logging_level": logging.DEBUG,
    "console": True,
    "datefmt": "%Y-%m-%d,%H:%M:%S.%f",
    "consolidate": False,
    "level_formats": {
        logging.DEBUG: "[ %(asctime)-15s ][ %(levelname)s ][ %(host)s ][ %(message)s ][ %(funcName)s ]",
        "default": "[ %(asctime)-15s ][ %(levelname)s ][ %(message)s ]",
    },
}


def speak():
    print("printed")
    logger().debug("in detail")
    logger().info("as usual")
    logger().error("something is wrong")


flow = seq.Sequent(config={"LOGGING": LOGGING})
flow.add_step("speak", func=speak)
flow.run()
