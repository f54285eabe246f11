-- +goose Up

-- A conversation is its record, as a run is. busy is 1 as long as a run is answering or messages wait.
CREATE TABLE conversations (
	seq        INTEGER PRIMARY KEY,
	user_name  TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	title      TEXT    NOT NULL,
	updated_ms BIGINT  NOT NULL,
	busy       BIGINT  NOT NULL,
	record     TEXT    NOT NULL,
	sum        TEXT    NOT NULL
);

CREATE UNIQUE INDEX conversations_id ON conversations (user_name, id);
CREATE INDEX conversations_updated ON conversations (user_name, updated_ms);
CREATE INDEX conversations_busy ON conversations (seq) WHERE busy = 1;

-- A message is never changed, and is here once for all conversations of a user. Its id is the sum of role, content and
-- parent; the sum is over the other columns and the id. depth counts the messages from the root to this one. A parent is
-- older than its children.
CREATE TABLE messages (
	seq       INTEGER PRIMARY KEY,
	user_name TEXT    NOT NULL,
	id        TEXT    NOT NULL,
	parent    TEXT    NOT NULL,
	role      TEXT    NOT NULL,
	content   TEXT    NOT NULL,
	depth     BIGINT  NOT NULL,
	sum       TEXT    NOT NULL
);

CREATE UNIQUE INDEX messages_id ON messages (user_name, id);

-- Every message that a conversation has ever had, with all that come before it, and how it came about in this one. The
-- sum is over that, the user and the ids of both.
CREATE TABLE members (
	seq          INTEGER PRIMARY KEY,
	conversation INTEGER NOT NULL REFERENCES conversations (seq) ON DELETE CASCADE,
	message      INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
	run          TEXT    NOT NULL,
	session      TEXT    NOT NULL,
	uuid         TEXT    NOT NULL,
	created      TEXT    NOT NULL,
	sum          TEXT    NOT NULL
);

CREATE UNIQUE INDEX members_message ON members (message, conversation);
CREATE INDEX members_conversation ON members (conversation, seq);

-- input is as the agent wrote it, byte for byte; the record has everything else.
CREATE TABLE approvals (
	seq          INTEGER PRIMARY KEY,
	id           TEXT    NOT NULL UNIQUE,
	user_name    TEXT    NOT NULL,
	run          TEXT    NOT NULL,
	conversation TEXT    NOT NULL,
	state        TEXT    NOT NULL,
	input        TEXT    NOT NULL,
	record       TEXT    NOT NULL,
	sum          TEXT    NOT NULL
);

CREATE INDEX approvals_run ON approvals (run, seq);
CREATE INDEX approvals_conversation ON approvals (conversation, seq);
CREATE INDEX approvals_user ON approvals (user_name, seq);
CREATE INDEX approvals_state ON approvals (state, seq);

CREATE TRIGGER runs_forgotten AFTER DELETE ON runs BEGIN
	DELETE FROM approvals WHERE run = old.id;
END;

-- What runs took, for each model. It stays when they are forgotten.
CREATE TABLE usage (
	seq                   INTEGER PRIMARY KEY,
	run                   TEXT   NOT NULL,
	user_name             TEXT   NOT NULL,
	conversation          TEXT   NOT NULL,
	meta                  TEXT   NOT NULL,
	model                 TEXT   NOT NULL,
	ended_ms              BIGINT NOT NULL,
	day                   TEXT   NOT NULL,
	input_tokens          BIGINT NOT NULL,
	output_tokens         BIGINT NOT NULL,
	cache_read_tokens     BIGINT NOT NULL,
	cache_creation_tokens BIGINT NOT NULL,
	turns                 BIGINT NOT NULL,
	cost_usd              DOUBLE PRECISION NOT NULL
);

CREATE INDEX usage_ended ON usage (ended_ms);
CREATE INDEX usage_user ON usage (user_name, ended_ms);

-- The words of messages and titles. The texts themselves stay where they are.
CREATE VIEW message_texts AS SELECT seq, content AS words FROM messages;
CREATE VIEW title_texts AS SELECT seq, title AS words FROM conversations;
CREATE VIRTUAL TABLE message_words USING fts5 (words, content = 'message_texts', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE title_words USING fts5 (words, content = 'title_texts', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2');

CREATE TRIGGER messages_added AFTER INSERT ON messages BEGIN
	INSERT INTO message_words (rowid, words) VALUES (new.seq, new.content);
END;

CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
	INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', old.seq, old.content);
END;

CREATE TRIGGER conversations_added AFTER INSERT ON conversations BEGIN
	INSERT INTO title_words (rowid, words) VALUES (new.seq, new.title);
END;

CREATE TRIGGER conversations_deleted AFTER DELETE ON conversations BEGIN
	INSERT INTO title_words (title_words, rowid, words) VALUES ('delete', old.seq, old.title);
END;

CREATE TRIGGER conversations_renamed AFTER UPDATE OF title ON conversations WHEN new.title <> old.title BEGIN
	INSERT INTO title_words (title_words, rowid, words) VALUES ('delete', old.seq, old.title);
	INSERT INTO title_words (rowid, words) VALUES (new.seq, new.title);
END;
