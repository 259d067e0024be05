-- migrate:up

-- The one append-only log. Positions are gapless: they come from log_head, whose row lock orders commits and whose
-- rollback gives numbers back. (stream, version) is optimistic concurrency and idempotency in one.
CREATE SCHEMA wrenchai;

CREATE TABLE wrenchai.event_log (
    position bigint PRIMARY KEY,
    stream   text COLLATE "C" NOT NULL CHECK (stream <> ''),
    version  bigint NOT NULL CHECK (version > 0),
    topic    text NOT NULL,
    tenant   text NOT NULL,
    state    bytea NOT NULL,
    CONSTRAINT one_event_per_version UNIQUE (stream, version)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.5, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE wrenchai.event_log ALTER COLUMN state SET STORAGE EXTERNAL;
COMMENT ON TABLE wrenchai.event_log IS 'Append-only. Every row is a fact; state holds the exact bytes that were sealed.';

CREATE TABLE wrenchai.log_head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
INSERT INTO wrenchai.log_head (position) VALUES (0);

-- Where a reader of another log stands; written in the same call as the events that answer it.
CREATE TABLE wrenchai.tracking (
    reader   text PRIMARY KEY,
    position bigint NOT NULL
);

CREATE FUNCTION wrenchai.append(
    streams text[], versions bigint[], topics text[], tenants text[], states bytea[],
    reader_name text DEFAULT NULL, read_to bigint DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = wrenchai, pg_temp AS $$
DECLARE
    n    bigint := coalesce(array_length(streams, 1), 0);
    last bigint;
BEGIN
    IF reader_name IS NOT NULL THEN
        INSERT INTO wrenchai.tracking AS t VALUES (reader_name, read_to)
        ON CONFLICT (reader) DO UPDATE SET position = excluded.position WHERE t.position < excluded.position;
        IF NOT FOUND THEN
            RAISE unique_violation USING MESSAGE = 'this position was tracked before', CONSTRAINT = 'tracked_once';
        END IF;
    END IF;
    UPDATE wrenchai.log_head SET position = position + n RETURNING position INTO last;
    INSERT INTO wrenchai.event_log (position, stream, version, topic, tenant, state)
    SELECT last - n + o, s, v, t, coalesce(w, 'default'), b
    FROM unnest(streams, versions, topics, tenants, states) WITH ORDINALITY AS new (s, v, t, w, b, o);
    RETURN last;
END $$;
COMMENT ON FUNCTION wrenchai.append IS 'The only write path: services may call it and nothing else. Returns the last position.';
REVOKE EXECUTE ON FUNCTION wrenchai.append FROM PUBLIC;

CREATE FUNCTION wrenchai.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = format('%s on %I.%I is refused: the event log is append-only',
                                                        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME);
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON wrenchai.event_log
    FOR EACH ROW EXECUTE FUNCTION wrenchai.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON wrenchai.event_log
    FOR EACH STATEMENT EXECUTE FUNCTION wrenchai.refuse_change();

-- The eventsourcing library's names for the same rows.
CREATE VIEW wrenchai.stored_events AS
SELECT stream AS originator_id, version AS originator_version, topic, state, position AS notification_id
FROM wrenchai.event_log;

-- Small artifacts; big ones lie on disk under the same hash.
CREATE TABLE wrenchai.artifact (
    sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
    bytes  bytea NOT NULL
);
ALTER TABLE wrenchai.artifact ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Which schema holds the views that are being served; a rebuild switches it in one statement.
CREATE TABLE wrenchai.projection (
    name   text PRIMARY KEY,
    schema text NOT NULL
);

-- What services may do: add and read, never change or remove.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wrenchai_service') THEN
        CREATE ROLE wrenchai_service NOLOGIN;
    END IF;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO wrenchai_service', current_database());
END $$;
GRANT USAGE ON SCHEMA wrenchai TO wrenchai_service;
GRANT EXECUTE ON FUNCTION wrenchai.append TO wrenchai_service;
GRANT SELECT ON wrenchai.event_log, wrenchai.log_head TO wrenchai_service;
GRANT SELECT, INSERT ON wrenchai.artifact TO wrenchai_service;
GRANT SELECT, INSERT, UPDATE ON wrenchai.tracking, wrenchai.projection TO wrenchai_service;
GRANT SELECT ON wrenchai.stored_events TO wrenchai_service;

-- migrate:down

-- A log is never dropped by a step back: whoever means it drops the database.
DO $$
BEGIN
    IF EXISTS (SELECT FROM wrenchai.event_log) THEN
        RAISE object_in_use USING MESSAGE = 'the event log holds events and is not dropped';
    END IF;
END $$;
DROP SCHEMA wrenchai CASCADE;
