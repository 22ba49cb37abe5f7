"""The picture of a flow, as the command line draws it."""

from sequent.compiler import describe
from sequent.pictures import picture_of


def pictured(spec):
    return picture_of(spec.name, describe(spec))
