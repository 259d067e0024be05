-- migrate:up

-- An append for whoever decided by streams that it does not write to: it says how far it had read them, and nothing is
-- recorded if one of them has gone on. `append`'s lock on log_head makes that exact: what was committed while it waited
-- is seen by the statement behind it, and nobody else appends until this transaction has ended.
-- Versions of a stream are 1 to n without a gap, so each guard costs one look-up in the index: where is the version
-- behind the guarded one? If it is one of this append's own events, it breaks no guard.
-- A plan made while the log was small would read the whole of it, and be kept while the log grows: with
-- random_page_cost = 0 the index is the cheapest way through a log of any size.
CREATE FUNCTION wrenchai.append_guarded(
    streams text[], versions bigint[], topics text[], tenants text[], states bytea[],
    guarded_streams text[], guarded_versions bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = wrenchai, pg_temp SET random_page_cost = 0 AS $$
DECLARE
    n      bigint := coalesce(array_length(streams, 1), 0);
    last   bigint := wrenchai.append(streams, versions, topics, tenants, states);
    broken record;
BEGIN
    SELECT s, v INTO broken FROM unnest(guarded_streams, guarded_versions) AS guard (s, v)
    WHERE (SELECT e.position FROM wrenchai.event_log e WHERE e.stream = s AND e.version = v + 1) <= last - n
    LIMIT 1;
    IF FOUND THEN
        RAISE unique_violation USING MESSAGE = 'a guarded stream has gone on', CONSTRAINT = 'guarded_version',
            DETAIL = format('%s is further than version %s', broken.s, broken.v);
    END IF;
    RETURN last;
END $$;
COMMENT ON FUNCTION wrenchai.append_guarded IS 'append, unless a guarded stream holds a version above the guarded one.';
REVOKE EXECUTE ON FUNCTION wrenchai.append_guarded FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wrenchai.append_guarded TO wrenchai_service;

-- migrate:down

DROP FUNCTION wrenchai.append_guarded;
