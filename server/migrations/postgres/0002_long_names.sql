-- An index has room for about 2700 bytes of a row. The constraint of names had no more for them either.
CREATE FUNCTION rescind_indexed(text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE WHEN octet_length($1) <= 512 AND $1 NOT LIKE 'sha256:%' THEN $1
                ELSE 'sha256:' || encode(sha256(convert_to($1, 'UTF8')), 'hex') END
$$;
ALTER TABLE resource DROP CONSTRAINT resource_collection_tenant_name_key;
CREATE UNIQUE INDEX resource_unique_name ON resource (collection, tenant, rescind_indexed(name));
-- Finds names of any length.
CREATE INDEX resource_by_name ON resource USING hash (name);
