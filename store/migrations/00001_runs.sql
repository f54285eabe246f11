-- +goose Up

-- Whose data this is, and how often it was opened.
CREATE TABLE server (
	id    BIGINT PRIMARY KEY CHECK (id = 1),
	owner TEXT   NOT NULL,
	epoch BIGINT NOT NULL,
	sum   TEXT   NOT NULL
);

-- A run is its record. The other columns repeat what it is searched by; sum is over all but seq.
-- Times are Unix milliseconds, ended_ms is 0 as long as the run goes on, and output_gone is 0 or 1.
CREATE TABLE runs (
	seq             INTEGER PRIMARY KEY,
	id              TEXT    NOT NULL UNIQUE,
	user_name       TEXT    NOT NULL,
	idempotency_key TEXT    NOT NULL,
	meta            TEXT    NOT NULL,
	state           TEXT    NOT NULL,
	created_ms      BIGINT  NOT NULL,
	ended_ms        BIGINT  NOT NULL,
	owner           TEXT    NOT NULL,
	epoch           BIGINT  NOT NULL,
	output_gone     BIGINT  NOT NULL,
	record          TEXT    NOT NULL,
	sum             TEXT    NOT NULL
);

CREATE UNIQUE INDEX runs_key ON runs (user_name, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX runs_meta ON runs (meta, seq);
CREATE INDEX runs_state ON runs (state, seq);
CREATE INDEX runs_unfinished ON runs (seq) WHERE ended_ms = 0;
CREATE INDEX runs_kept ON runs (ended_ms, seq) WHERE ended_ms > 0 AND output_gone = 0;
CREATE INDEX runs_gone ON runs (ended_ms) WHERE output_gone = 1;
