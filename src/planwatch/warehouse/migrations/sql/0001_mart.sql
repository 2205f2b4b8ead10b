-- mart: what was published. An edition, its inputs and its verdicts are written once and never changed.
CREATE SCHEMA mart;

CREATE TABLE mart.editions (
    edition_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id         text NOT NULL,
    plan_year       integer NOT NULL,
    period          raw.period NOT NULL,
    number          integer NOT NULL CHECK (number >= 1),
    as_of           timestamptz NOT NULL,
    published_at    timestamptz NOT NULL DEFAULT now(),
    trigger         text NOT NULL,
    code_version    text NOT NULL,
    targets_version text NOT NULL,
    fingerprint     text NOT NULL CHECK (fingerprint <> ''),
    counts          jsonb NOT NULL,
    simulated       boolean NOT NULL,
    provisional     boolean NOT NULL,
    UNIQUE (plan_id, period, number),
    FOREIGN KEY (plan_id, targets_version) REFERENCES core.plans (plan_id, version)
);

-- No foreign keys on the two bulk tables: their one writer makes the edition in the same transaction.
CREATE TABLE mart.edition_inputs (
    edition_id     bigint NOT NULL,
    observation_id bigint NOT NULL,
    PRIMARY KEY (edition_id, observation_id)
);

CREATE TABLE mart.verdicts (
    edition_id          bigint NOT NULL,
    plan_year           integer NOT NULL,
    ordinal             integer NOT NULL,
    target_id           text NOT NULL,
    area                text NOT NULL,
    tier                text NOT NULL,
    period              raw.period NOT NULL,
    reading_period      raw.period,
    reading_state       text NOT NULL CHECK (reading_state IN ('fresh', 'carried', 'overdue', 'none')),
    actual              double precision,
    expected            double precision,
    variance            double precision,
    progress_pct        double precision,
    schedule_pct        double precision,
    gap_pp              double precision,
    on_schedule         boolean,
    seasonal_expected   double precision,
    seasonal_gap_pp     double precision,
    seasonal_status     core.status,
    required_amount     double precision,
    required_growth_pct double precision,
    projection          double precision,
    projection_low      double precision,
    projection_high     double precision,
    status              core.status NOT NULL,
    provisional         boolean NOT NULL,
    reason_zh           text,
    reason_en           text,
    linear_expected     double precision,
    linear_gap_pp       double precision,
    linear_status       core.status,
    reason_code         text,
    reading_age_months  integer,
    reading_span        text,
    reading_quality     text,
    reading_origin      text,
    reference_actual    double precision,
    unit                text,
    indicator           text NOT NULL,
    kind                text NOT NULL,
    observation_key     text,
    reference_key       text,
    yoy_pct             double precision,
    rank_in_region      integer,
    PRIMARY KEY (plan_year, edition_id, target_id, area)
) PARTITION BY RANGE (plan_year);
CREATE TABLE mart.verdicts_default PARTITION OF mart.verdicts DEFAULT;

CREATE FUNCTION mart.ensure_verdict_year(year integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN core.ensure_partition('mart', 'verdicts', year);

-- The pointer that the views join: which edition of a month speaks now.
CREATE TABLE mart.current_edition (
    plan_id    text NOT NULL,
    period     raw.period NOT NULL,
    edition_id bigint NOT NULL REFERENCES mart.editions,
    PRIMARY KEY (plan_id, period)
);

-- Moves the pointer of the edition's own plan and month, only ever forward.
CREATE FUNCTION mart.set_current_edition(edition bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO mart.current_edition AS c (plan_id, period, edition_id)
    SELECT e.plan_id, e.period, e.edition_id FROM mart.editions e WHERE e.edition_id = edition
    ON CONFLICT (plan_id, period) DO UPDATE SET edition_id = excluded.edition_id
        WHERE (SELECT number FROM mart.editions WHERE edition_id = excluded.edition_id)
            > (SELECT number FROM mart.editions WHERE edition_id = c.edition_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'edition % is unknown, or not newer than the current one', edition
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
