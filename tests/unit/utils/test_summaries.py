import dataclasses
import math
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import shapes, summaries
from utils.summaries import Row, Summary, View

ROWS = (
    Row("conv1", "convolution", (26, 24, 32), 320, 320, 359_424, 3),
    Row("bn1", "batch normalization", (26, 24, 32), 64, 0, 0, (3, 5)),
    Row("my <layer>", "Square", (10,), 7, 7, None, None),
)
TABLE = Summary((28, 26, 1), ROWS)

sizes = st.integers(1, 5)
layers = st.lists(st.tuples(sizes, sizes, sizes), max_size=5)


def test_totals_are_sums_and_unknown_flops_count_nothing():
    assert (TABLE.parameters, TABLE.trainable, TABLE.flops) == (391, 327, 359_424)


def test_the_text_is_a_table_whose_columns_end_together():
    assert str(TABLE) == repr(TABLE)
    assert str(TABLE).splitlines() == [
        "3 layers, for one picture of 28 × 26 × 1",
        "layer       kind                       output  parameters  trainable    FLOPs  receptive field",
        "─" * 94,
        "conv1       convolution          26 × 24 × 32         320        320  359,424                3",
        "bn1         batch normalization  26 × 24 × 32          64          0        0            3 × 5",
        "my <layer>  Square                         10           7          7        ?                ?",
        "─" * 94,
        "total                                                 391        327  359,424",
        *summaries.NOTES,
        summaries.UNKNOWN,
    ]


def test_nothing_is_said_of_unknown_numbers_where_there_are_none():
    known = Summary((28, 26, 1), ROWS[:1])
    assert str(known).endswith(summaries.NOTES[-1])
    assert str(known).startswith("1 layer, ")


class Cells(HTMLParser):
    """The text of each row of a table, and the tags around it."""

    def __init__(self, source):
        super().__init__()
        self.rows, self.tags, self.open = [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_the_html_table_holds_what_the_text_holds():
    page = Cells(TABLE._repr_html_())
    assert page.open == []
    assert page.rows == [
        list(summaries.HEADS),
        *(list(row.cells()) for row in ROWS),
        ["total", "", "", "391", "327", "359,424", ""],
    ]
    assert [tag for tag, _ in page.tags].count("p") == 3
    assert "my &lt;layer&gt;" in TABLE._repr_html_()
    scopes = [attributes["scope"] for tag, attributes in page.tags if tag == "th"]
    assert scopes == ["col"] * 7 + ["row"] * 4


def test_rows_are_plain_data():
    assert dataclasses.asdict(TABLE)["rows"][1]["receptive_field"] == (3, 5)


@given(layers, layers)
def test_a_stack_sees_what_shapes_says_along_each_axis(rows, columns):
    view = View((9, 9))
    for (a, b, c), (d, e, f) in zip(rows, columns):
        view = view.through((a, d), (b, e), (c, f))
    depth = min(len(rows), len(columns))
    height, width = (shapes.receptive_field(axis[:depth]) for axis in (rows, columns))
    assert view.field == (height, width)
    assert view.receptive_field == (height if height == width else (height, width))


@given(sizes, sizes, sizes, st.sampled_from([0, 1, 2, 3]))
def test_behind_a_transposed_convolution_the_field_is_the_mean_over_its_cells(kernel, stride, coarse, more):
    kernel += stride - 1  # at least the stride, or some cells see nothing
    view = View((9, 9)).through((3, 3), (coarse, coarse)).spread((kernel, kernel), (stride, stride))
    view = view.through((more + 1, more + 1))
    counts = []
    for first in range(20 * stride, 21 * stride):  # one cell of each phase, far from the border
        cells = [i for o in range(first, first + more + 1) for i in range(60) if 0 <= o - i * stride < kernel]
        counts.append(3 + coarse * (max(cells) - min(cells)))
    assert view.field[0] == pytest.approx(sum(counts) / len(counts))
    assert view.receptive_field == math.ceil(view.field[0])


def test_a_whole_map_is_seen_by_all_that_follows():
    view = View((5, 7)).through((3, 3), (2, 2)).whole()
    assert view.field == (3 + 2 * 4, 3 + 2 * 6)
    assert view.through((3, 3), (2, 2)).whole().field == view.field


def test_branches_together_see_what_the_largest_sees():
    one, other = View((4, 4)).through((1, 5)), View((4, 4)).through((3, 3))
    assert summaries.together([one, other]).field == (3, 5)
    assert summaries.together([one, None]) is None
    assert summaries.together([]) is None


@pytest.mark.parametrize(
    ("call", "count"),
    [
        (("convolution", (28, 30, 3), (26, 28, 8), (3, 3)), 2 * 26 * 28 * 8 * 27),
        (("convolution", (28, 30, 4), (28, 30, 8), (3, 1), 2), 2 * 28 * 30 * 8 * 3 * 2),
        (("depthwise convolution", (8, 8, 6), (4, 4, 6), (3, 3), 6), 2 * 4 * 4 * 6 * 9),
        (("transposed convolution", (5, 4, 6), (10, 8, 3), (2, 2)), 2 * 5 * 4 * 6 * 3 * 4),
        (("dense", (20,), (10,)), 2 * 20 * 10),
        (("dense", (7, 5, 20), (7, 5, 10)), 2 * 7 * 5 * 20 * 10),
        (("activation", (8, 8, 6), (8, 8, 6)), 0),
    ],
)
def test_flops_are_two_for_each_product(call, count):
    assert summaries.flops(*call) == count


def test_a_graph_is_walked_inputs_first_and_first_branch_first():
    graph = {"sum": ["long", "short"], "long": ["longer"], "longer": ["start"], "short": ["start"], "start": []}
    assert summaries.in_order(["sum"], graph.get) == ["start", "longer", "long", "short", "sum"]
    assert summaries.in_order(["short", "sum"], graph.get) == ["start", "short", "longer", "long", "sum"]
    deep = summaries.in_order([5000], lambda number: [number - 1] if number else [])
    assert deep == list(range(5001))


@pytest.mark.parametrize("size", [(28,), (28, 28, 1), 28, (0, 28), (28, -1), (28.0, 28), ("a", 2), (True, 4), "28", {}])
def test_a_size_that_is_no_pair_of_whole_numbers_is_refused(size):
    with pytest.raises(ValueError, match=r"^size is .*: give \(height, width\) of the pictures, two whole numbers"):
        summaries.checked_size(size, (28, 28))


def test_without_a_size_the_built_one_is_taken():
    assert summaries.checked_size(None, (28, 30, 1)) == (28, 30)
    assert summaries.checked_size([5, 6], (None, None, 1)) == (5, 6)
    for built in ((), (None, None, 3), (28,)):
        with pytest.raises(ValueError, match=r"give size=\(height, width\)"):
            summaries.checked_size(None, built)
