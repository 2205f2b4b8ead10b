"""From an edition to the mails in the outbox: who is told, when, once; and releases that are held back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import pytest
from alertcases import DEPARTMENTS, PLAN_ID, at, feed, frame, plan, row, target
from sqlalchemy import Engine, text

from planwatch.alerts import after_edition, current_alerts, deliver, pending, quarantine_ended, quarantined
from planwatch.alerts.message import Pending
from planwatch.alerts.outbox import events_of
from planwatch.model.alert import AlertKind, Decision
from planwatch.warehouse import copy_frame

pytestmark = pytest.mark.postgres

RETAIL, EXPORTS, JOBS, GDP = (f"target:{PLAN_ID}:{name}:baotou" for name in ("retail", "exports", "jobs", "gdp"))


def edition(engine: Engine, *rows: dict[str, Any], period: str = "2026-06", number: int = 1, **more: Any) -> list[str]:
    given = {"ready": True, "newest": True, "notify": True, "simulated": False, "departments": DEPARTMENTS}
    with engine.begin() as conn:
        return after_edition(
            conn, period=period, edition_id=None, edition_number=number, as_of=at(period), copy=copy_frame,
            **({"plan": plan(), "verdicts": frame(*rows)} | given | more),
        )  # fmt: skip


def test_the_owner_of_a_part_is_told_of_the_part_alone(engine: Engine) -> None:
    broken_down = plan(
        target("jobs", "新增城镇就业", "3.6万人以上", "human_resources"),
        target("jobs", "新增城镇就业", "2.6万人以上", "commerce", area="kundulun"),
    )
    rows = frame(row("jobs"), row("jobs", area="kundulun")).drop(columns="owner")
    told = edition(engine, plan=broken_down, verdicts=rows)
    assert len(told) == 2
    assert "2.6万人以上" in last(engine, "commerce").body
    assert "2.6万人以上" not in last(engine, "human_resources").body


def hold(engine: Engine, sha: str = "aa", period: str = "2026-06", **more: Any) -> list[str]:
    given: dict[str, Any] = {"failures": ["本月零售额比上月高 9,800 倍"], "file": "stats.xlsx", "notify": True}
    with engine.begin() as conn:
        return quarantined(
            conn, plan=plan(), feed=feed(), period=period, departments=DEPARTMENTS, sha256=sha, at=at(period),
            **(given | more),
        )  # fmt: skip


def decide(engine: Engine, decision: Decision, reason: str = "", **more: Any) -> list[str]:
    with engine.begin() as conn:
        return quarantine_ended(
            conn, plan=plan(), feed=feed(), period="2026-06", departments=DEPARTMENTS, decision=decision,
            at=at("2026-06"), reason=reason, **({"notify": True} | more),
        )  # fmt: skip


def outbox(engine: Engine) -> list[Pending]:
    with engine.begin() as conn:
        return pending(conn)


def last(engine: Engine, department: str = "commerce") -> Pending:
    return [mail for mail in outbox(engine) if mail.department == department][-1]


def events(engine: Engine) -> list[tuple[str, str]]:
    with engine.begin() as conn:
        return [(e.alert_key, e.event) for e in events_of(conn, PLAN_ID)]


def jobs(**more: Any) -> dict[str, Any]:
    return row("jobs", kind="cumulative", unit="万人", owner="human_resources", actual=1.9, expected=1.8, **more)


def test_one_digest_a_department_and_nothing_for_those_who_are_well(engine: Engine) -> None:
    told = edition(engine, row(), row("exports", "overdue"), jobs(status="on_track"), row("gdp", owner="stats_bureau"))
    assert sorted((m.department, m.to_address) for m in outbox(engine)) == [  # of one moment: in no order
        ("commerce", "commerce@baotou.example"),
        ("stats_bureau", "stats_bureau@baotou.example"),
    ]
    assert sorted(told) == sorted(m.message_id for m in outbox(engine))
    commerce = last(engine, "commerce")
    assert commerce.subject == "计划执行提示｜市商务局 2026年6月：滞后1项，逾期未报1项"
    assert "社会消费品零售总额" in commerce.body
    assert "出口总额" in commerce.body
    assert "地区生产总值" not in commerce.body


def test_the_same_edition_again_tells_nothing(engine: Engine) -> None:
    rows = [row(), row("exports", "overdue"), jobs(status="off_track")]
    edition(engine, *rows)
    before, log = outbox(engine), events(engine)
    assert edition(engine, *rows) == []
    assert edition(engine, *reversed(rows), number=2) == []
    assert (outbox(engine), events(engine)) == (before, log)


def test_waits_until_the_period_is_complete_then_tells_all_at_once(engine: Engine) -> None:
    assert edition(engine, row(), ready=False) == []
    assert edition(engine, row(), row("exports"), ready=False, number=2) == []
    assert events(engine) == [(RETAIL, "opened"), (EXPORTS, "opened")]
    assert len(edition(engine, row(), row("exports"), number=2)) == 1
    assert last(engine).subject.endswith("（第2期）：滞后2项")
    assert last(engine).body.count("〔新列入〕") == 4


def test_what_came_and_went_before_anybody_was_told_is_not_told(engine: Engine) -> None:
    edition(engine, row(), ready=False)
    assert edition(engine, row(status="on_track", actual=5.4), number=2) == []
    assert events(engine) == [(RETAIL, "opened"), (RETAIL, "resolved")]
    assert outbox(engine) == []


def test_a_later_edition_of_the_period_adds_a_digest_only_for_a_change(engine: Engine) -> None:
    edition(engine, row(), row("exports", "overdue", reading_period="2026-05"))
    assert edition(engine, row(actual=3.1), row("exports", "overdue", reading_period="2026-05"), number=2) == []
    assert len(edition(engine, row(actual=3.1), row("exports", actual=1.0), number=3)) == 1
    body = last(engine).body
    assert "〔升级〕出口总额：滞后" in body
    assert "〔新列入〕" not in body
    assert len(edition(engine, row(status="on_track", actual=5.5), row("exports", actual=1.0), number=4)) == 1
    assert "〔恢复〕社会消费品零售总额：达序时" in last(engine).body
    assert last(engine).subject.endswith("滞后1项，恢复1项")


def test_off_again_after_a_recovery_in_the_same_period_is_told_again(engine: Engine) -> None:
    """The third mail says the same as the first, in the same period, and must still go out."""
    first = edition(engine, row())
    edition(engine, row(status="on_track", actual=5.5), number=2)
    third = edition(engine, row(), number=3)
    assert len(third) == 1
    assert third != first
    assert "〔新列入〕社会消费品零售总额：滞后" in last(engine).body


def test_the_next_period_reminds_once_and_keeps_since(engine: Engine) -> None:
    edition(engine, row())
    assert len(edition(engine, row(period="2026-07"), period="2026-07")) == 1
    assert "没有新的变化" in last(engine).body
    assert "始于2026年6月" in last(engine).body
    assert edition(engine, row(period="2026-07"), period="2026-07", number=2) == []
    assert events(engine) == [(RETAIL, "opened"), (RETAIL, "reminded")]


def test_easing_is_noted_and_the_alert_stays(engine: Engine) -> None:
    edition(engine, row())
    edition(engine, row(status="at_risk", actual=4.5, period="2026-07"), period="2026-07")
    assert "〔缓解〕社会消费品零售总额：预警" in last(engine).body
    with engine.begin() as conn:
        assert [(a.key, a.status) for a in current_alerts(conn, PLAN_ID)] == [(RETAIL, "at_risk")]
    edition(engine, row(status="at_risk", actual=4.5, period="2026-08"), period="2026-08")
    assert "没有新的变化" in last(engine).body


def test_replays_are_silent_unless_asked(engine: Engine) -> None:
    for month in ("2026-04", "2026-05"):
        assert edition(engine, row(period=month), period=month, notify=False) == []
    assert events(engine) == [(RETAIL, "opened")]
    assert len(edition(engine, row())) == 1
    assert "〔新列入〕" in last(engine).body, "nobody told the department yet"
    assert "始于2026年4月" in last(engine).body


def test_an_older_period_changes_no_state_and_mails_only_when_asked(engine: Engine) -> None:
    edition(engine, row(period="2026-05"), period="2026-05", notify=False)
    edition(engine, row(status="on_track", actual=6.0), notify=False)
    log = events(engine)
    assert edition(engine, row(period="2026-05"), period="2026-05", number=2, newest=False, notify=False) == []
    assert len(edition(engine, row(period="2026-05"), period="2026-05", number=2, newest=False)) == 1
    assert edition(engine, row(period="2026-05"), period="2026-05", number=3, newest=False) == []
    assert events(engine) == log


def test_the_close_of_the_year_counts_as_off_track(engine: Engine) -> None:
    edition(engine, row(status="missed", period="2026-12", provisional=True), period="2026-12")
    assert "状态：未完成〔新列入〕" in last(engine).body
    assert "初步数" in last(engine).body


def test_simulated_figures_say_so(engine: Engine) -> None:
    edition(engine, row(), simulated=True)
    edition(engine, jobs(status="off_track", reading_origin="simulated"), period="2026-07")
    for mail in outbox(engine):
        assert mail.subject.startswith("【模拟数据】")
        assert "【模拟数据】" in mail.body
        assert "【模拟数据】" in mail.html
        assert "SIMULATED DATA" in mail.body


def test_published_figures_do_not(engine: Engine) -> None:
    edition(engine, row())
    assert not any("模拟" in text for text in (last(engine).subject, last(engine).body, last(engine).html))


def test_owners_come_from_the_plan_and_an_unknown_one_is_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as conn:
        after_edition(
            conn, plan=plan(), period="2026-06", edition_id=None, edition_number=1, as_of=at("2026-06"),
            verdicts=frame(row(), row("nowhere")).drop(columns="owner"), departments=DEPARTMENTS, ready=True, newest=True,
            notify=True, simulated=False, copy=copy_frame,
        )  # fmt: skip
    assert [m.department for m in outbox(engine)] == ["commerce"]
    assert "target:baotou-2026:nowhere:baotou" in caplog.text
    assert len(events(engine)) == 2, "it is recorded all the same"


def test_a_target_that_changes_hands_is_told_to_its_new_owner(engine: Engine) -> None:
    edition(engine, row())
    assert len(edition(engine, row(owner="stats_bureau", period="2026-07"), period="2026-07")) == 1
    assert outbox(engine)[-1].department == "stats_bureau"
    assert "〔新列入〕" in outbox(engine)[-1].body


def test_an_edition_that_rolls_back_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as conn:
        after_edition(
            conn, plan=plan(), period="2026-06", edition_id=None, edition_number=1, as_of=at("2026-06"),
            verdicts=frame(row()), departments=DEPARTMENTS, ready=True, newest=True, notify=True, simulated=False,
            copy=copy_frame,
        )  # fmt: skip
        _ = 1 / 0
    assert (events(engine), outbox(engine)) == ([], [])
    assert len(edition(engine, row())) == 1, "the retry tells what the first try could not"


def test_two_editions_at_once_tell_once(engine: Engine) -> None:
    start = threading.Barrier(2)

    def run() -> list[str]:
        start.wait(60)
        return edition(engine, row(), row("exports"))

    with ThreadPoolExecutor(2) as pool:
        told = [future.result(60) for future in [pool.submit(run), pool.submit(run)]]
    assert sorted(len(ids) for ids in told) == [0, 1]
    assert len(outbox(engine)) == 1
    assert len(events(engine)) == 2


def test_a_held_release_is_told_at_once_and_once(engine: Engine) -> None:
    assert len(hold(engine)) == 1
    assert hold(engine) == []
    mail = last(engine, "stats_bureau")
    assert mail.subject == "数据待处置｜市统计局 2026年6月：待处置数据1项"
    for words in (
        "市统计局月度数据（2026年6月数据）",
        "隔离待决",
        "stats.xlsx",
        "本月零售额比上月高 9,800 倍",
        "报送更正文件",
    ):
        assert words in mail.body
    assert len(hold(engine, "bb")) == 1, "another file is another matter"


def test_the_digest_lists_what_waits_without_calling_it_new(engine: Engine) -> None:
    hold(engine)
    assert len(edition(engine, row("gdp", owner="stats_bureau"))) == 1
    body = last(engine, "stats_bureau").body
    assert "待处置的发布数据（1项）" in body
    assert "〔新列入〕地区生产总值：滞后" in body
    assert "〔新列入〕市统计局月度数据" not in body


def test_a_silent_hold_is_told_with_the_digest(engine: Engine) -> None:
    assert hold(engine, notify=False) == []
    edition(engine)
    assert "〔新列入〕市统计局月度数据：隔离待决" in last(engine, "stats_bureau").body


@pytest.mark.parametrize(("decision", "word"), [("admitted", "已批准采用"), ("superseded", "已由更正文件取代")])
def test_an_ended_hold_is_told_with_the_edition_that_follows(engine: Engine, decision: str, word: str) -> None:
    hold(engine)
    assert decide(engine, Decision(decision), "已电话核实") == []
    edition(engine)
    assert f"〔解除〕市统计局月度数据：{word}" in last(engine, "stats_bureau").body
    assert "已电话核实" in last(engine, "stats_bureau").body
    assert edition(engine, number=2) == []


def test_a_rejection_is_told_at_once(engine: Engine) -> None:
    hold(engine)
    assert len(decide(engine, Decision.REJECTED, "单位应为亿元")) == 1
    assert decide(engine, Decision.REJECTED, "单位应为亿元") == []
    assert "〔退回〕市统计局月度数据：已退回" in last(engine, "stats_bureau").body
    assert "单位应为亿元" in last(engine, "stats_bureau").body
    assert edition(engine) == [], "the digest has nothing to add"


def test_a_file_that_cannot_be_read(engine: Engine) -> None:
    hold(engine, kind=AlertKind.FEED_FAILED, failures=["不是 xlsx 工作簿"])
    assert "读取失败" in last(engine, "stats_bureau").body


def test_delivered_to_the_last_word(engine: Engine, mail_server: Any, send: Callable[[EmailMessage], None]) -> None:
    edition(engine, row(), jobs(status="overdue"))
    deliver(engine, send)
    assert sorted(m["To"] for m in mail_server.box.messages) == [
        "commerce@baotou.example", "human_resources@baotou.example",
    ]  # fmt: skip
    with engine.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM mart.outbox WHERE sent_at IS NULL")).scalar_one() == 0
