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
