-- What the observations of a year say, once more, packed for reading whole years at once: all vintages whose numbers lie between
-- two, in Arrow. Loads wait for one another and numbers rise, so whatever comes later has a higher one. Nothing rests on a block: what
-- is in none is read from the rows.
CREATE TABLE core.observation_blocks (
    plan_year integer NOT NULL,
    first_id  bigint NOT NULL,
    last_id   bigint NOT NULL,
    body      bytea NOT NULL,
    PRIMARY KEY (plan_year, first_id),
    CHECK (last_id >= first_id)
);
ALTER TABLE core.observation_blocks ALTER COLUMN body SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON core.observation_blocks TO planwatch_etl;
