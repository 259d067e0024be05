-- migrate:up

-- Cached states of whoever folds a long stream. A shortcut: any row may be deleted, and is folded anew.
CREATE TABLE wrenchai.snapshot (
    name    text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 0),
    state   bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE wrenchai.snapshot IS 'The latest cached state of each name, at a version of what it was folded from.';
GRANT SELECT, INSERT, UPDATE, DELETE ON wrenchai.snapshot TO wrenchai_service;

-- migrate:down

DROP TABLE wrenchai.snapshot;
