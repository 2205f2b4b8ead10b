"""From a source's server to observations in Postgres: fetched, corrected, blocked, not there, taken over another way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from planwatch.errors import PlanwatchError, ReleaseError, RetriableError
from planwatch.feeds import Access
from planwatch.feeds.refusals import refusal
from planwatch.model.fetched import Outcome
from planwatch.sample import generate
from planwatch.steps.fetching import find_due, look
from planwatch.steps.ingest import ingest_release
from planwatch.steps.polling import Poll
from tests.sources import web_server
from tests.steps.conftest import HISTORY, SAMPLE

pytestmark = pytest.mark.postgres
PAGE = (SAMPLE / "finance_2026-02.html").read_bytes()
FEBRUARY = Poll(feed="finance", period="2026-02")
BLOCKED = "<!DOCTYPE html><html><head><title>访问被拦截</title></head><body>请求存在威胁</body></html>".encode()
PATH = "/2026-02.html"


@pytest.fixture
def web():
    with web_server() as server:
        yield server


def declare(include: Path, location: str) -> None:
    """Give the finance feed a location."""
    path = include / "feeds.yaml"
    text = path.read_text(encoding="utf-8")
    head, tail = text.split("  - id: finance\n", 1)
    path.write_text(f"{head}  - id: finance\n    location: {location}\n{tail}", encoding="utf-8")


@pytest.fixture
def remote(make_house, own_include, web):
    declare(own_include, f"{{url: '{web.url()}', connection: finance_bureau, timeout_s: 5}}")
    return make_house(include=own_include)


def once(house, poll=FEBRUARY, resolve=lambda name: Access(login="wang", password="open-sesame")):
    return look(house.engine, house.settings, poll, resolve)


def fetches(house):
    return house.query("SELECT * FROM bi.fetches")


def revenue(house):
    return house.query(
        "SELECT value, printed FROM bi.observations_current WHERE indicator = 'budget_revenue' AND period = '2026-02' "
        "AND measure = 'growth_yoy' AND span = 'ytd'"
    )


def test_a_release_goes_from_the_server_to_observations(remote, web):
    web.answer(PATH, body=PAGE, etag='"1"')
    looked = once(remote)
    assert looked.outcome is Outcome.FETCHED
    assert ingest_release(remote.engine, remote.settings, looked.arrival.sha256).state == "loaded"
    assert revenue(remote)
    [row] = fetches(remote)
    assert (row["feed"], row["period"], row["outcome"], row["looks"]) == ("finance", "2026-02", "fetched", 1)
    assert (row["release_state"], row["sha256"]) == ("loaded", looked.arrival.sha256)
    [release] = remote.query("SELECT filename, source, period FROM bi.releases")
    assert release == {"filename": "finance_2026-02.htm", "source": web.url(PATH), "period": "2026-02"}


def test_the_same_again_is_a_no_op_with_and_without_an_etag(remote, web):
    web.answer(PATH, body=PAGE)
    once(remote)
    assert (once(remote).outcome, once(remote).arrival) == (Outcome.UNCHANGED, None)
    web.answers[PATH] = lambda talk: (
        talk.say(304) if "if-none-match" in talk.asked.headers else talk.say(200, PAGE, etag='"1"')
    )
    assert [once(remote).outcome for _ in range(2)] == [Outcome.UNCHANGED] * 2
    assert len(remote.query("SELECT 1 FROM bi.releases")) == 1
    assert fetches(remote)[0]["looks"] == 5


def test_other_bytes_at_the_same_address_are_a_correction(remote, web):
    web.answer(PATH, body=PAGE)
    ingest_release(remote.engine, remote.settings, once(remote).arrival.sha256)
    [before] = revenue(remote)
    web.answer(PATH, body=PAGE.replace(f">{before['printed']}<".encode(), b">4.4<"))
    done = ingest_release(remote.engine, remote.settings, once(remote).arrival.sha256)
    assert (done.state, done.periods) == ("loaded", ["2026-02"])
    assert revenue(remote) == [{"value": 4.4, "printed": "4.4"}] != [before]
    assert remote.query("SELECT 1 FROM bi.revisions WHERE indicator = 'budget_revenue'")


@pytest.mark.parametrize("status", [200, 403])
def test_a_block_page_loads_nothing_quarantines_nothing_and_says_so(remote, web, status):
    web.answer(PATH, status, BLOCKED, content_type="text/html")
    for _ in range(2):
        with pytest.raises(ReleaseError) as raised:
            once(remote)
        assert raised.value.faults[0].code == "block_page"
    assert remote.query("SELECT 1 FROM raw.releases") == []
    [row] = fetches(remote)
    assert (row["outcome"], row["code"], row["looks"], row["sha256"]) == ("failed", "block_page", 2, None)
    assert "mend:" in row["message"]
    [check] = remote.query("SELECT severity, subject FROM bi.data_quality WHERE suite = 'arrivals' AND NOT success")
    assert check == {"severity": "critical", "subject": "source finance 2026-02"}
    web.answer(PATH, body=PAGE)
    assert once(remote).outcome is Outcome.FETCHED
    assert fetches(remote)[0]["code"] == ""


def test_a_block_page_after_a_good_release_leaves_it_standing(remote, web):
    web.answer(PATH, body=PAGE, etag='"1"')
    good = once(remote).arrival.sha256
    ingest_release(remote.engine, remote.settings, good)
    before = revenue(remote)
    web.answer(PATH, body=BLOCKED)
    with pytest.raises(ReleaseError):
        once(remote)
    [row] = fetches(remote)
    assert (row["outcome"], row["sha256"], row["release_state"]) == ("failed", good, "loaded")
    assert revenue(remote) == before
    web.answers[PATH] = lambda talk: (
        talk.say(304) if talk.asked.headers.get("if-none-match") == '"1"' else talk.say(500)
    )
    assert once(remote).outcome is Outcome.UNCHANGED


def test_not_there_yet_waits_and_a_silent_server_is_tried_again(remote, web):
    assert once(remote).outcome is Outcome.NOT_THERE
    assert fetches(remote)[0]["outcome"] == "not_there"
    assert remote.query("SELECT 1 FROM bi.data_quality WHERE suite = 'arrivals'") == []
    web.answer(PATH, 503)
    with pytest.raises(RetriableError):
        once(remote)
    [check] = remote.query("SELECT severity FROM bi.data_quality WHERE suite = 'arrivals'")
    assert check["severity"] == "warning"


def test_a_connection_that_is_not_there_is_noted(remote):
    def unknown(name):
        raise refusal("unknown_connection", "feeds.yaml", name)

    with pytest.raises(PlanwatchError, match="finance_bureau"):
        once(remote, resolve=unknown)
    assert fetches(remote)[0]["code"] == "unknown_connection"


def test_no_secret_reaches_the_warehouse(remote, web):
    web.answer(PATH, 401)
    with pytest.raises(ReleaseError):
        once(remote)
    everything = str(remote.query("SELECT * FROM ops.runs")) + str(remote.query("SELECT * FROM ops.check_results"))
    assert "open-sesame" not in everything


def test_bytes_that_came_by_the_drop_folder_are_known(remote, web):
    remote.drop("finance", PAGE, "finance_2026-02.html")
    remote.read_all()
    web.answer(PATH, body=PAGE)
    assert (once(remote).outcome, once(remote).outcome) == (Outcome.KNOWN, Outcome.UNCHANGED)
    assert len(remote.query("SELECT 1 FROM bi.releases")) == 1


def test_a_release_that_cannot_be_read_is_not_read_again_at_every_look(remote, web):
    web.answer(PATH, body=generate("finance", "2026-02", corrupt="renamed-column"))
    assert ingest_release(remote.engine, remote.settings, once(remote).arrival.sha256).state == "failed"
    assert once(remote).arrival is None
    web.answer(PATH, body=PAGE)
    assert ingest_release(remote.engine, remote.settings, once(remote).arrival.sha256).state == "loaded"


def test_what_is_due_follows_the_calendar_and_what_is_there(remote, web):
    def due(day: datetime) -> list[str]:
        return [p.period for p in find_due(remote.engine, remote.settings, day)]

    release_day = datetime(2026, 3, 15, 1, tzinfo=UTC)
    assert "2026-02" not in due(release_day - timedelta(days=1))
    assert "2026-02" in due(release_day)
    web.answer(PATH, body=PAGE)
    ingest_release(remote.engine, remote.settings, once(remote).arrival.sha256)
    now = datetime.now(UTC)
    assert "2026-02" not in due(min(now, release_day))
    remote.drop("finance", SAMPLE / "finance_2026-03.html")
    remote.read_all()
    assert "2026-03" in due(datetime(2026, 5, 29, 1, tzinfo=UTC))
    assert "2026-03" not in due(datetime(2026, 6, 5, 1, tzinfo=UTC))  # there: corrections are no longer looked for
    assert "2026-04" in due(datetime(2026, 6, 5, 1, tzinfo=UTC))


def test_a_file_of_many_months_is_taken_by_its_bytes(make_house, own_include, tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    path = own_include / "feeds.yaml"
    text = path.read_text(encoding="utf-8")
    mark = "  - id: published_figures\n"
    assert mark in text
    path.write_text(
        text.replace(mark, f"{mark}    location: 'file://{folder}/published_figures_{{period}}.tsv'\n"),
        encoding="utf-8",
    )
    house = make_house(include=own_include)
    (folder / "published_figures_2025-12.tsv").write_bytes((HISTORY / "published_figures_2025-12.tsv").read_bytes())
    december = Poll(feed="published_figures", period="2025-12")
    looked = look(house.engine, house.settings, december, lambda name: Access())
    assert ingest_release(house.engine, house.settings, looked.arrival.sha256).state == "loaded"
    day = datetime(2026, 6, 20, tzinfo=UTC)  # after the corrections, within the time to look for what never came
    periods = {p.period for p in find_due(house.engine, house.settings, day) if p.feed == "published_figures"}
    assert "2025-12" not in periods and "2026-01" in periods
