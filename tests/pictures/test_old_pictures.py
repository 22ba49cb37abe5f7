"""A picture that the first version kept with a run is drawn as it is there."""

import pytest

from sequent.model.description import PartKind
from sequent.model.spec import PoolSpec
from sequent.model.status import Claim
from sequent.pictures import mermaid
from sequent.pictures.old_pictures import read_picture
from sequent.pictures.picture import Arrow, Box, Picture

KEPT = (
    '[1,[0,"nightly","flow","","",null,"1",[],"",[],[[1,"load","command","","",null,"1",["delay 2s"],"",[["db",1]],[],'
    '[]],[2,"each","container","load.failed","a list",2,"0",["until ask"],"ask",[],[[3,"ask","step","load","",null,"1",'
    '[],"",[],[],[]]],[]]],[[0,1,["each"],"failure","failure",false],[0,1,["each.ask"],"success","",true]]],'
    '[["db",2,true]]]'
)


def test_it_is_read_again():
    load = Box(1, "load", "load", PartKind.COMMAND, remarks=("delay 2s",), acquires=(("db", 1),))
    ask = Box(3, "each.ask", "ask", PartKind.STEP, requires="load")
    each = Box(
        index=2,
        path="each",
        name="each",
        kind=PartKind.CONTAINER,
        requires="load.failed",
        repeats="a list",
        count=2,
        parallel="0",
        remarks=("until ask",),
        result="ask",
        boxes=(ask,),
    )
    failed = Arrow("load", "each", ("each",), Claim.FAILURE, "failure", is_choice=False)
    succeeded = Arrow("load", "each", ("each.ask",), Claim.SUCCESS, "", is_choice=True)
    flow = Box(0, "", "nightly", PartKind.FLOW, boxes=(load, each), arrows=(failed, succeeded))
    assert read_picture(KEPT) == Picture(flow, (PoolSpec("db", 2, is_shared=True),))
    assert mermaid(read_picture(KEPT)).startswith("flowchart LR")


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[2, [], []]", "[1, [1], []]", "[1, null, []]", "nonsense"])
def test_what_is_no_picture_is_refused(text):
    with pytest.raises(ValueError, match="picture"):
        read_picture(text)
