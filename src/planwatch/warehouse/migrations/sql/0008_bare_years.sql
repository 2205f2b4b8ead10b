-- A year that nothing stands in yet is filled bare, keyed, then attached: a key in place makes a bulk load several times slower.

-- The pattern is checked where a release is recorded. Everywhere else its sha256 is looked up there first, and matching 64
-- characters a row took longer than all the rest of a load.
ALTER DOMAIN raw.sha256 DROP CONSTRAINT sha256_check;
ALTER DOMAIN raw.sha256 ADD CONSTRAINT sha256_check CHECK (octet_length(VALUE) = 64) NOT VALID;
ALTER TABLE raw.releases ADD CONSTRAINT releases_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$');

-- Make the bare partition of a year that has none and return true; false where rows of the year stand already. What is put
-- into it is not part of the parent before `core.attach_year`; both belong into one transaction.
CREATE FUNCTION core.begin_year(parent_schema text, parent text, year integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := format('%s_y%s', parent, year);
    occupied boolean;
BEGIN
    IF year NOT BETWEEN 1990 AND 2100 THEN
        RAISE EXCEPTION 'no partition for the year %, expected 1990 to 2100', year USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('planwatch:partition:' || parent, 0));
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE plan_year = $1)', parent_schema, parent || '_default')
        INTO occupied USING year;
    IF occupied OR to_regclass(format('%I.%I', parent_schema, part)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', parent_schema, part, parent_schema, parent);
    EXECUTE format('ALTER TABLE %I.%I ADD CONSTRAINT one_year CHECK (plan_year = %s)', parent_schema, part, year);
    EXECUTE format('GRANT SELECT, INSERT ON %I.%I TO planwatch_etl', parent_schema, part);
    RETURN true;
END $$;

-- Give the filled year the parent's keys and attach it. Only the attaching itself locks readers of the default partition.
CREATE FUNCTION core.attach_year(parent_schema text, parent text, year integer) RETURNS void
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
    EXECUTE format('REVOKE ALL ON %s FROM planwatch_etl', part);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)', whole, part, year, year + 1);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT one_year', part);
END $$;

CREATE FUNCTION core.begin_observation_year(year integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN core.begin_year('core', 'observations', year);

CREATE FUNCTION core.attach_observation_year(year integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN core.attach_year('core', 'observations', year);

REVOKE EXECUTE ON FUNCTION
    core.begin_year(text, text, integer), core.attach_year(text, text, integer),
    core.begin_observation_year(integer), core.attach_observation_year(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.begin_observation_year(integer), core.attach_observation_year(integer) TO planwatch_etl;
