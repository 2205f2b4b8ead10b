-- Alerts: append-only events; the current state is the view mart.alerts. The outbox is written with the edition.
CREATE TABLE mart.alert_events (
    event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_key  text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('off_track', 'overdue', 'quarantine', 'feed_failed')),
    event      text NOT NULL
               CHECK (event IN ('opened', 'escalated', 'reminded', 'acknowledged', 'silenced', 'resolved')),
    department text NOT NULL DEFAULT '',
    plan_id    text,
    period     raw.period,
    edition_id bigint REFERENCES mart.editions,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    detail     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX alert_events_key ON mart.alert_events (alert_key, event_id DESC);

CREATE TABLE mart.outbox (
    message_id text PRIMARY KEY,
    department text NOT NULL,
    plan_id    text,
    period     raw.period,
    digest_key text NOT NULL UNIQUE,
    to_address text NOT NULL,
    subject    text NOT NULL,
    body       text NOT NULL,
    html       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz,
    attempts   integer NOT NULL DEFAULT 0,
    last_error text
);
CREATE INDEX outbox_unsent ON mart.outbox (created_at) WHERE sent_at IS NULL;
