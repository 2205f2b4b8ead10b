"""Load, judge and publish with pandas in the two usual ways, or load for dbt: JSON on stdout. Run by `run.py` in its own environment."""

from __future__ import annotations

import io
import json
import sys
import time

import pandas as pd
from sqlalchemy import create_engine, text

KEY = ["indicator", "area"]


def main() -> None:
    """Do what the arguments say: way, URL, file of the observations."""
    way, url, file = sys.argv[1:]
    engine = create_engine(url)
    frame = pd.read_csv(file, dtype={"period": "str"})
    with engine.begin() as conn:
        conn.execute(text("CREATE SCHEMA IF NOT EXISTS compare"))
        conn.execute(text("DROP TABLE IF EXISTS compare.observations, compare.verdicts CASCADE"))
    start = time.perf_counter()
    write = to_sql if way == "to_sql" else csv_copy
    write(engine, frame, "observations")
    if way != "load":
        write(engine, by_row(frame) if way == "to_sql" else by_column(frame), "verdicts")
    sys.stdout.write(json.dumps({"way": way, "seconds": time.perf_counter() - start}) + "\n")


def by_row(frame: pd.DataFrame) -> pd.DataFrame:
    """Judge row by row."""
    values = {(r.indicator, r.area, r.period): r.value for r in frame.itertuples()}
    years = sorted({p[:4] for p in frame["period"]} - {"2026"})

    def judge(row: pd.Series) -> pd.Series:
        month = row["period"][5:]
        shares = [
            values[row["indicator"], row["area"], f"{y}-{month}"] / values[row["indicator"], row["area"], f"{y}-12"]
            for y in years
        ]
        return verdict(row["value"], 1000 * sum(shares) / len(shares))

    now = frame[frame["period"] >= "2026"]
    return now[[*KEY, "period"]].join(now.apply(judge, axis=1))


def verdict(actual: float, expected: float) -> pd.Series:
    """Return one verdict."""
    variance = actual - expected
    status = "on_track" if variance >= 0 else "at_risk" if variance / 10 >= -10 else "off_track"
    return pd.Series({"actual": actual, "expected": expected, "variance": variance, "status": status})


def by_column(frame: pd.DataFrame) -> pd.DataFrame:
    """Judge column by column."""
    frame = frame.assign(year=frame["period"].str[:4], month=frame["period"].str[5:])
    past, now = frame[frame["year"] < "2026"], frame[frame["year"] == "2026"]
    december = past[past["month"] == "12"].set_index([*KEY, "year"])["value"].rename("december")
    past = past.join(december, on=[*KEY, "year"])
    share = (past["value"] / past["december"]).groupby([past[c] for c in (*KEY, "month")]).mean().rename("share")
    out = now.join(share, on=[*KEY, "month"])
    out = out.assign(actual=out["value"], expected=1000 * out["share"])
    out["variance"] = out["actual"] - out["expected"]
    out["status"] = "off_track"
    out.loc[out["variance"] / 10 >= -10, "status"] = "at_risk"
    out.loc[out["variance"] >= 0, "status"] = "on_track"
    return out[[*KEY, "period", "actual", "expected", "variance", "status"]]


def to_sql(engine: object, frame: pd.DataFrame, table: str) -> None:
    """Insert the rows as pandas does by itself."""
    frame.to_sql(table, engine, schema="compare", index=False)  # type: ignore[arg-type]


def csv_copy(engine: object, frame: pd.DataFrame, table: str) -> None:
    """Write CSV and COPY it."""
    frame.head(0).to_sql(table, engine, schema="compare", index=False)  # type: ignore[arg-type]
    text_of = io.StringIO()
    frame.to_csv(text_of, index=False, header=False)
    text_of.seek(0)
    raw = engine.raw_connection()  # type: ignore[attr-defined]
    with raw.cursor() as cursor:
        cursor.copy_expert(f"COPY compare.{table} FROM STDIN (FORMAT csv)", text_of)
    raw.commit()
    raw.close()


if __name__ == "__main__":
    main()
