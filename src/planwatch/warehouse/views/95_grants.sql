-- Who reads the contract: the BI role nothing else, the loader as well.
REVOKE ALL ON ALL TABLES IN SCHEMA bi FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bi FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA bi TO bi_reader, planwatch_etl;
GRANT EXECUTE ON FUNCTION bi.observations_as_of(date) TO bi_reader, planwatch_etl;
