-- What a superior has assigned is kept beside what was read, as a measure of its own.
ALTER TABLE core.observations
    DROP CONSTRAINT observations_measure_check,
    ADD CONSTRAINT observations_measure_check
        CHECK (measure IN ('level', 'growth_yoy', 'ratio', 'rank', 'done', 'report', 'assigned'));
