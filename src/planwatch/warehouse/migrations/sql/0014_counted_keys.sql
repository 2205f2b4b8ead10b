-- As before, but only the columns of keys are counted at once, which is what a plan is chosen by; the others are counted with the next
-- upkeep. Counting all 27 took as long as a key.
CREATE OR REPLACE FUNCTION core.attach_year(parent_schema text, parent text, year integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET maintenance_work_mem = '256MB' AS $$
DECLARE
    part text := format('%I.%I', parent_schema, format('%s_y%s', parent, year));
    whole regclass := format('%I.%I', parent_schema, parent)::regclass;
    definition text;
    keyed text;
BEGIN
    FOR definition IN SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = whole AND contype = 'p' LOOP
        EXECUTE format('ALTER TABLE %s ADD %s', part, definition);
    END LOOP;
    FOR definition IN
        SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = whole AND NOT indisprimary ORDER BY indexrelid
    LOOP
        EXECUTE regexp_replace(definition, '^CREATE (UNIQUE )?INDEX \S+ ON ONLY \S+ ', format('CREATE \1INDEX ON %s ', part));
    END LOOP;
    SELECT string_agg(format('%I', attname), ', ') INTO keyed FROM pg_attribute
    WHERE attrelid = whole AND attnum > 0 AND attnum IN (SELECT unnest(indkey) FROM pg_index WHERE indrelid = whole);
    EXECUTE format('ANALYZE %s (%s)', part, keyed);
    EXECUTE format('REVOKE ALL ON %s FROM planwatch_etl', part);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)', whole, part, year, year + 1);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT one_year', part);
END $$;
