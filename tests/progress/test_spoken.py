"""What the sentences are told column by column is what they would be told row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from planwatch.progress.assembly import spoken
from planwatch.progress.wording import SPOKEN

WORDS = st.one_of(st.none(), st.text(max_size=3))
NUMBERS = st.one_of(st.none(), st.floats(allow_infinity=False))
COUNTS = st.one_of(st.none(), st.integers(0, 9))


@given(st.lists(st.tuples(WORDS, NUMBERS, COUNTS, st.booleans()), min_size=1, max_size=8))
def test_rows_are_the_same_objects_either_way(rows):
    word, number, count, flag = (list(column) for column in zip(*rows, strict=True))
    columns = {name: np.array(word, dtype=object) for name in SPOKEN}
    columns |= {"actual": np.array(number, dtype=float), "provisional": np.array(flag)}
    columns |= {"make_up_years": np.array(count, dtype=object)}
    frame = pd.DataFrame(columns)
    expected = [{name: row[name] for name in SPOKEN} for row in frame.to_dict("records")]
    assert repr(list(spoken(frame))) == repr(expected)
