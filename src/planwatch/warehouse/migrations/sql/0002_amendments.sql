-- A target in a version: the newest amendment in force in it, what the plan printed before any, and the area of its whole.
ALTER TABLE core.targets
    ADD COLUMN amended_from     date,
    ADD COLUMN amended_source   text,
    ADD COLUMN amended_reason   text,
    ADD COLUMN original_value   double precision,
    ADD COLUMN original_unit    text,
    ADD COLUMN original_phrase  text,
    ADD COLUMN part_of          text,
    ADD CHECK ((amended_from IS NULL) = (amended_source IS NULL)),
    ADD CHECK (amended_from IS NOT NULL OR (original_value IS NULL AND original_phrase IS NULL));
