-- When what each feed reports of a month is due: the release calendar worked out, days off and all, for whoever reads it in SQL.
CREATE TABLE core.due_dates (
    feed_id      text NOT NULL REFERENCES core.feeds,
    frequency    text NOT NULL CHECK (frequency IN ('monthly', 'quarterly', 'annual')),
    period       raw.period NOT NULL,
    due_on       date NOT NULL,
    overdue_from timestamptz NOT NULL,
    tentative    boolean NOT NULL,
    PRIMARY KEY (feed_id, frequency, period)
);

GRANT SELECT, INSERT, DELETE ON core.due_dates TO planwatch_etl;
