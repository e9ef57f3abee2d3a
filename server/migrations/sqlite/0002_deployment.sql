-- What a deployment knows of itself: one row.
CREATE TABLE deployment (
    only_row        INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- Tells which root key its facts were sealed under, and nothing else about it. NULL until the first start.
    key_fingerprint BLOB,
    -- How many times a server was started on it.
    starts          INTEGER NOT NULL
) STRICT;
-- Starts were counted here before.
INSERT INTO deployment (only_row, starts) SELECT 1, user_version FROM pragma_user_version;
