-- A release or series that did not come is an alert of its own.
ALTER TABLE mart.alert_events DROP CONSTRAINT alert_events_kind_check;
ALTER TABLE mart.alert_events ADD CONSTRAINT alert_events_kind_check
    CHECK (kind IN ('off_track', 'overdue', 'quarantine', 'feed_failed', 'late'));
