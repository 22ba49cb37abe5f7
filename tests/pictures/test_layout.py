"""The boxes of one container are placed apart, and the lines between them lead where they should."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.pictures.layers import Dash, Hop, Lane, Size, Wire
from sequent.pictures.layout import laid_out
from sequent.pictures.routes import Ports, gap_of, look_of

SIZES = st.builds(Size, st.integers(60, 200), st.sampled_from([34, 46, 90, 300]), st.booleans())


@st.composite
def scenes(draw):
    sizes = draw(st.lists(SIZES, min_size=1, max_size=12))
    ends = st.integers(0, len(sizes) - 1)
    pairs = draw(st.lists(st.tuples(ends, ends).filter(lambda pair: pair[0] < pair[1]), max_size=20))
    looks = st.tuples(st.sampled_from(Dash), st.sampled_from(["", "done"]), st.booleans(), st.booleans())
    return sizes, list({Wire(*pair, *draw(looks)): None for pair in pairs})


def edges(place):
    return place.x, place.y, place.x + place.width, place.y + place.height


@given(scenes())
def test_no_two_boxes_overlap_and_all_are_within_the_whole(scene):
    sizes, wires = scene
    layout = laid_out(sizes, wires)
    assert len(layout.rectangles) == len(sizes)
    for place, size in zip(layout.rectangles, sizes, strict=True):
        left, top, right, bottom = edges(place)
        assert min(left, top) > -0.2
        assert right <= layout.width + 0.2
        assert bottom <= layout.height + 0.2
        assert place.height >= size.height
        assert place.width >= size.width
        assert size.grows or place.width == size.width
    for one, other in combinations(map(edges, layout.rectangles), 2):
        beside = one[2] < other[0] or other[2] < one[0]
        assert beside or one[3] + 13.5 < other[1] or other[3] + 13.5 < one[1]


@given(scenes())
def test_every_wire_leads_from_the_right_of_its_source_to_the_left_of_its_target(scene):
    sizes, wires = scene
    layout = laid_out(sizes, wires)
    assert sorted(map(repr, (route.wire for route in layout.routes))) == sorted(map(repr, wires))
    for route in layout.routes:
        source, target = edges(layout.rectangles[route.wire.source]), edges(layout.rectangles[route.wire.target])
        (start, level), (end, height) = route.points[0], route.points[-1]
        assert (start, end) == (source[2], target[0])
        assert source[1] < level < source[3]
        assert target[1] < height < target[3]


@given(scenes())
def test_lines_have_square_turns_and_cross_no_box(scene):
    layout = laid_out(*scene)
    for route in layout.routes:
        for (x, y), (further_x, further_y) in pairwise(route.points):
            assert x == further_x or abs(y - further_y) <= 1  # nobody sees a slant of a pixel
            assert x <= further_x
            for place in map(edges, layout.rectangles):
                low, high = min(y, further_y), max(y, further_y)
                assert further_x <= place[0] or x >= place[2] or high <= place[1] or low >= place[3]


@given(scenes())
def test_what_waits_stands_to_the_right_of_what_it_waits_for(scene):
    layout = laid_out(*scene)
    for route in layout.routes:
        assert edges(layout.rectangles[route.wire.source])[2] < layout.rectangles[route.wire.target].x


def test_a_chain_is_one_straight_line():
    layout = laid_out([Size(80, 34)] * 4, [Wire(0, 1), Wire(1, 2), Wire(2, 3)])
    assert [len(route.points) for route in layout.routes] == [2, 2, 2]
    assert len({place.y for place in layout.rectangles}) == 1


def test_a_fork_is_level_with_the_middle_of_its_branches():
    layout = laid_out([Size(80, 34)] * 4, [Wire(0, 1), Wire(0, 2), Wire(1, 3), Wire(2, 3)])
    first, upper, lower, last = (place.y for place in layout.rectangles)
    assert first == last == (upper + lower) / 2


def test_wires_that_could_be_uncrossed_are():
    layout = laid_out([Size(80, 34)] * 6, [Wire(0, 5), Wire(1, 4), Wire(2, 3)])
    assert all(len(route.points) == 2 for route in layout.routes)


@pytest.mark.parametrize(("begin", "ends"), [((0, 20), (100, 120)), ((120, 100), (20, 0))])
def test_lines_that_turn_the_same_way_side_by_side_do_not_cross(begin, ends):
    wires = [Wire(0, 2), Wire(1, 3)]
    lanes = [Lane((wire.source, wire.dash, "", False, False), [wire]) for wire in wires]
    hops = [Hop(wire.source, wire.target, lane, wire) for wire, lane in zip(wires, lanes, strict=True)]
    ports = Ports()
    for at, hop in enumerate(hops):
        ports.out[hop.left, hop.lane] = begin[at]
        ports.into[hop.right, look_of(hop.wire)] = ends[at]
    gap = gap_of(hops, {}, ports)
    assert gap.x((1, lanes[1]), 0) < gap.x((0, lanes[0]), 0)


def test_a_long_wire_passes_beside_what_stands_in_between():
    layout = laid_out([Size(80, 34)] * 3, [Wire(0, 1), Wire(1, 2), Wire(0, 2, Dash.DOTTED)])
    (long,) = (route for route in layout.routes if route.wire.dash is Dash.DOTTED)
    middle = edges(layout.rectangles[1])
    assert all(not middle[1] < y < middle[3] for x, y in long.points if middle[0] <= x <= middle[2])


def test_a_wire_that_closes_a_circle_leads_back_and_is_drawn():
    layout = laid_out([Size(80, 34)] * 2, [Wire(0, 1), Wire(1, 0, label="active")])
    assert [route.leads_back for route in layout.routes] == [False, True]
    assert [label.text for label in layout.labels] == ["active"]


def test_boxes_without_wires_stand_in_a_block_about_as_wide_as_high():
    layout = laid_out([Size(80, 34)] * 100, [])
    assert layout.width / 2 < layout.height < layout.width


def test_a_few_boxes_without_wires_stand_one_under_the_other():
    layout = laid_out([Size(80, 34)] * 3, [])
    assert len({place.x for place in layout.rectangles}) == 1


def test_lines_that_leave_one_box_in_several_ways_are_apart():
    ways = [Wire(0, 1, dash, label) for dash, label in zip(Dash, ("", "failure", "done"), strict=True)]
    layout = laid_out([Size(80, 34)] * 2, ways)
    levels = sorted(route.points[0][1] for route in layout.routes)
    assert min(further - level for level, further in pairwise(levels)) >= 12
