-- Times are microseconds since the Unix epoch, in UTC. A collection is "contract/kind of record".

-- Credentials that are revoked (the row stays) or deleted (the row goes).
CREATE TABLE credential (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    collection    TEXT NOT NULL,
    id            TEXT NOT NULL,
    tenant        TEXT NOT NULL,
    name          TEXT NOT NULL,
    -- The name where it has to be unique within its tenant, otherwise NULL.
    unique_name   TEXT,
    secret_hash   BLOB NOT NULL,
    -- Secret material that was handed over for keeping, encrypted. NULL where only the hash is needed.
    sealed_secret BLOB,
    attributes    TEXT NOT NULL DEFAULT '{}',
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    last_used_at  INTEGER,
    expires_at    INTEGER,
    revoked_at    INTEGER,
    UNIQUE (collection, id),
    UNIQUE (collection, tenant, unique_name)
) STRICT;
CREATE INDEX credential_by_secret ON credential (collection, secret_hash);
CREATE INDEX credential_by_tenant ON credential (collection, tenant, seq);

-- Everything else that has an id and a name, and may refer to a credential.
CREATE TABLE resource (
    seq                   INTEGER PRIMARY KEY AUTOINCREMENT,
    collection            TEXT NOT NULL,
    id                    TEXT NOT NULL,
    tenant                TEXT NOT NULL,
    name                  TEXT NOT NULL,
    credential_collection TEXT,
    credential_id         TEXT,
    attributes            TEXT NOT NULL DEFAULT '{}',
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    UNIQUE (collection, id),
    UNIQUE (collection, tenant, name),
    FOREIGN KEY (credential_collection, credential_id) REFERENCES credential (collection, id) ON DELETE RESTRICT
) STRICT;
CREATE INDEX resource_by_tenant ON resource (collection, tenant, seq);
CREATE INDEX resource_by_credential ON resource (credential_collection, credential_id);

-- Where a deleted record stood in its list, so that a page can still start after it. Nothing else is kept of it.
CREATE TABLE deleted (
    collection TEXT NOT NULL,
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (collection, tenant, id)
) STRICT, WITHOUT ROWID;

-- Key pairs that identify with one half and prove with the other. Any SQL client may set active = 0.
CREATE TABLE api_credential (
    api_key     TEXT PRIMARY KEY,
    secret_hash BLOB NOT NULL,
    active      INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;

-- Answers to requests that carried an idempotency key, encrypted.
CREATE TABLE answer (
    collection  TEXT NOT NULL,
    principal   TEXT NOT NULL,
    operation   TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    sealed      BLOB NOT NULL,
    stored_at   INTEGER NOT NULL,
    forget_at   INTEGER NOT NULL,
    PRIMARY KEY (collection, principal, operation, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_age ON answer (forget_at);
