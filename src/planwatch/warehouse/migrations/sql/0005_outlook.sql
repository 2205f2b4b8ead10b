-- What a projection rests on, or why there is none, and how often a gap of this size was made up.
ALTER TABLE mart.verdicts
    ADD COLUMN projection_method  text,
    ADD COLUMN projection_years   integer,
    ADD COLUMN projection_lacking text,
    ADD COLUMN make_up_years      integer,
    ADD COLUMN make_up_n          integer,
    ADD CHECK (make_up_years BETWEEN 0 AND make_up_n),
    ADD CHECK ((make_up_years IS NULL) = (make_up_n IS NULL)),
    ADD CHECK (projection_method IS NULL OR projection_lacking IS NULL);
