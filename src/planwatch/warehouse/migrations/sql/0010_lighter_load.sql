-- The same months are let in as before, by comparing characters: matching the pattern in every row took as long as every other check of a
-- bulk load together. Four characters that are a whole number of at least 1000 are four digits; the collation is named because another
-- one may put further characters between '0' and '9'.
ALTER DOMAIN raw.period DROP CONSTRAINT period_check;
ALTER DOMAIN raw.period ADD CONSTRAINT period_check CHECK (
    VALUE LIKE '____-__' AND substr(VALUE, 1, 4)::integer >= 1000
    AND (substr(VALUE, 6, 1) = '0' AND substr(VALUE, 7) COLLATE "C" BETWEEN '1' AND '9'
         OR substr(VALUE, 6, 1) = '1' AND substr(VALUE, 7) COLLATE "C" BETWEEN '0' AND '2')) NOT VALID;

-- Set numbers aside for a bulk load, which gives them itself: asking for the next one in every row is a tenth of the load. Loads wait
-- for one another, and this waits for them, so that later readings keep the higher numbers.
CREATE FUNCTION core.reserve_observation_ids(amount bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first bigint;
BEGIN
    IF amount NOT BETWEEN 1 AND 1000000000 THEN
        RAISE EXCEPTION 'no block of % observation numbers, expected 1 to 1000000000', amount USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('planwatch:load', 0));
    first := nextval('core.observation_id');
    PERFORM setval('core.observation_id', first + amount - 1);
    RETURN first;
END $$;
REVOKE EXECUTE ON FUNCTION core.reserve_observation_ids(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.reserve_observation_ids(bigint) TO planwatch_etl;

-- As before, and counted at once: what asks for the year in the same transaction would be planned as if it were empty.
CREATE OR REPLACE FUNCTION core.attach_year(parent_schema text, parent text, year integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET maintenance_work_mem = '256MB' AS $$
DECLARE
    part text := format('%I.%I', parent_schema, format('%s_y%s', parent, year));
    whole regclass := format('%I.%I', parent_schema, parent)::regclass;
    definition text;
BEGIN
    FOR definition IN SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = whole AND contype = 'p' LOOP
        EXECUTE format('ALTER TABLE %s ADD %s', part, definition);
    END LOOP;
    FOR definition IN
        SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = whole AND NOT indisprimary ORDER BY indexrelid
    LOOP
        EXECUTE regexp_replace(definition, '^CREATE (UNIQUE )?INDEX \S+ ON ONLY \S+ ', format('CREATE \1INDEX ON %s ', part));
    END LOOP;
    EXECUTE format('ANALYZE %s', part);
    EXECUTE format('REVOKE ALL ON %s FROM planwatch_etl', part);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)', whole, part, year, year + 1);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT one_year', part);
END $$;
