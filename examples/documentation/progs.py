"""What the steps of these programs do."""
import logging
import os


def logger():
    return logging.getLogger(os.getenv("SEQUENT_LOGGER_NAME"))


def prog(progname, fails=False):
    logger().info("doing %s", progname)
    if fails:
        raise Exception("%s failed" % progname)
    return progname


def where(progname):
    logger().info("doing %s (%s/%s)", progname, os.environ["SEQUENT_STEP_NAME"], os.environ["SEQUENT_STEP_SEQUENCE"])
