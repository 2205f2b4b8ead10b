"""What a person decides a held release by: what failed, the cells, the difference to the last release; bounded and harmless."""

import re

import pandas as pd
import pytest

from planwatch.model.feed import Feed
from planwatch.sample import generate
from planwatch.steps.held import Difference, describe
from planwatch.steps.markdown import code, plain
from tests.steps.conftest import SAMPLE


@pytest.fixture
def held(house):
    for month in ("2026-01", "2026-02"):
        house.drop("finance", SAMPLE / f"finance_{month}.html")
    house.read_all()

    def drop(data, name="finance_2026-03.html"):
        house.drop("finance", data, name)
        [done] = house.read_all().values()
        assert done.held
        return done

    return drop


@pytest.mark.postgres
def test_names_the_cells_and_shows_old_new_and_difference(held, house):
    body = held(generate("finance", "2026-03", corrupt="text-in-number")).body
    assert "finance_2026-03.html" in body
    assert re.search(r"    - `finance_2026-03\.html, .*row \d+", body), body
    assert "与上次发布（2026-02）的差异" in body
    value = "SELECT value FROM bi.observations_current WHERE indicator = 'budget_expenditure' AND period = '2026-02' AND span = 'ytd' AND measure = 'level'"
    [old] = house.query(value)
    [line] = [x for x in body.splitlines() if x.startswith("| 一般公共预算支出 累计 |")]
    cells = [c.strip() for c in line.strip("|").split("|")]
    numbers = [float(re.sub(r"[^\d.−-]", "", c).replace("−", "-")) for c in cells[1:4]]
    assert numbers[0] == pytest.approx(old["value"], abs=0.01)
    assert numbers[1] - numbers[0] == pytest.approx(numbers[2], abs=0.02)
    assert cells[4].endswith("%")


@pytest.mark.parametrize(
    ("old", "new", "cells"),
    [
        (43.2351, 41.0549, ["43.24 亿元", "41.05 亿元", "−2.19亿元", "−5.04 %"]),
        (1.001, 1.004, ["1 亿元", "1 亿元", "+0.003亿元", "+0.3 %"]),
    ],
)
def test_the_difference_is_of_the_figures_as_shown(old, new, cells):
    row = {
        "indicator": "exports",
        "area": "baotou",
        "span": "ytd",
        "measure": "level",
        "unit": "亿元",
        "old": old,
        "new": new,
    }
    changed = pd.DataFrame([row | {"difference": new - old}])
    none = changed.iloc[:0]
    difference = Difference(against="2026-02", changed=changed, same=0, added=none, missing=none)
    feed = Feed.model_construct(id="customs", name_zh="海关")
    body = describe(feed, "2026-03", "f.html", "0" * 64, failed=[], difference=difference, indicators={})
    [line] = [x for x in body.splitlines() if x.startswith("| exports")]
    assert [c.strip() for c in line.strip("|").split("|")][1:] == cells


@pytest.mark.postgres
def test_a_held_correction_is_compared_with_its_own_month(held, house):
    house.drop("finance", SAMPLE / "finance_2026-03.html")
    house.read_all()
    body = held(generate("finance", "2026-03", corrupt="amount-scaled"), "finance_2026-03_r1.html").body
    assert "与上次发布（2026-03）的差异" in body
    assert "未变 unchanged:" in body


@pytest.mark.postgres
def test_the_first_release_of_a_feed_has_nothing_to_be_compared_with(house):
    house.drop("finance", generate("finance", "2026-03", corrupt="text-in-number"), "finance_2026-03.html")
    [done] = house.read_all().values()
    assert "nothing was loaded before" in done.body


@pytest.mark.postgres
def test_the_owner_is_told_once_of_a_file_however_often_it_comes(held, house):
    from planwatch.steps.ingest import decide_release, ingest_release

    data = generate("finance", "2026-03", corrupt="text-in-number")
    held(data)
    [sha256] = [r["sha256"] for r in house.query("SELECT sha256 FROM bi.releases WHERE state = 'quarantined'")]
    assert ingest_release(house.engine, house.settings, sha256).held, "a retried task"
    decide_release(house.engine, house.settings, sha256, approve=False, reason="send the number", by="wang")
    held(data, "finance_2026-03_again.html")
    subjects = [r["subject"] for r in house.query("SELECT subject FROM mart.outbox ORDER BY created_at")]
    assert len([s for s in subjects if "待处置" in s]) == 2, "held, and sent back; never held again"
    alerts = house.query("SELECT state FROM bi.alerts WHERE kind = 'quarantine'")
    assert [a["state"] for a in alerts] == ["open"]
    [decision] = house.query("SELECT release_sha256, decision, reason, decided_by, decided_at FROM ops.decisions")
    assert (decision["release_sha256"], decision["decision"]) == (sha256, "reject")
    assert (decision["reason"], decision["decided_by"]) == ("send the number", "wang")
    assert decision["decided_at"] is not None


@pytest.mark.parametrize(
    ("hostile", "absent"),
    [
        ("<img src=x onerror=alert(1)>", r"(?<!\\)<"),
        ("[click](http://evil.example)", r"(?<!\\)\[|://[\w]"),
        ("a | b | c", r"(?<!\\)\|"),
        ("www.evil.example me@evil.example", r"www\.|@\w"),
        ("**bold** `code` ~~gone~~", r"(?<!\\)[*`~]"),
        ("two\nlines\x1b[0m\u202e", r"[\n\x1b\u202e]"),
    ],
)
def test_text_from_files_is_no_markup(hostile, absent):
    assert not re.search(absent, plain(hostile))
    assert not re.search(r"[\n\x1b\u202e]|(?<!^)`(?!$)", code(hostile))


def test_text_from_files_is_bounded():
    assert len(plain("x" * 10_000)) <= 200
    assert len(code("x" * 10_000)) <= 202
