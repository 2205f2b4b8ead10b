-- What an edition was judged by is kept as runs of numbers: a release's vintages stand one behind the other, so a few hundred rows
-- say what millions said. An edition of before has runs of one.
DROP INDEX mart.edition_inputs_observation;
ALTER TABLE mart.edition_inputs RENAME COLUMN observation_id TO first_id;
ALTER TABLE mart.edition_inputs ADD COLUMN last_id bigint;
UPDATE mart.edition_inputs SET last_id = first_id;
ALTER TABLE mart.edition_inputs ALTER COLUMN last_id SET NOT NULL, ADD CHECK (last_id >= first_id);

-- Which editions judged with a vintage.
CREATE INDEX edition_inputs_run ON mart.edition_inputs USING gist (int8range(first_id, last_id, '[]'));
