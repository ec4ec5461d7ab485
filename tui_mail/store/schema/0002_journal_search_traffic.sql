-- Rewrites kept tables.
-- Operations of more kinds, full-text search, what a running check of a folder has seen, and what syncing costs.

CREATE TABLE operation_of_any_kind(  -- kept
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account,
  command INTEGER NOT NULL,  -- id of the first operation of the same command
  kind TEXT NOT NULL CHECK(kind IN ('flags', 'move', 'copy', 'expunge', 'append', 'folder')),
  state TEXT NOT NULL CHECK(state IN ('pending', 'running', 'done', 'reverted', 'failed')),
  step TEXT NOT NULL DEFAULT '',  -- how far an operation of several steps has come
  target INTEGER,
  arguments TEXT NOT NULL,
  evidence TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  error TEXT NOT NULL,
  follows INTEGER,  -- the operation that this one takes back or repeats
  history TEXT NOT NULL CHECK(history IN ('done', 'undone', 'automatic', 'none')),
  sentence TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER  -- when it was done, reverted or failed
) STRICT;
CREATE TABLE operation_item_of_any_kind(  -- kept; outlives the message it names
  operation INTEGER NOT NULL REFERENCES operation_of_any_kind ON DELETE CASCADE,
  message INTEGER NOT NULL,
  folder INTEGER NOT NULL,
  uidvalidity INTEGER,
  uid INTEGER,
  PRIMARY KEY(operation, message, folder)
) STRICT, WITHOUT ROWID;
INSERT INTO operation_of_any_kind(id, account, command, kind, state, target, arguments, evidence, attempts,
  not_before, error, follows, history, sentence, created_at, settled_at)
  SELECT id, account, command, kind, state, target, arguments, evidence, attempts, not_before, error, follows,
    history, sentence, created_at, CASE WHEN state IN ('pending', 'running') THEN NULL ELSE created_at END
  FROM operation;
INSERT INTO operation_item_of_any_kind(operation, message, folder, uidvalidity, uid)
  SELECT operation, message, folder, uidvalidity, uid FROM operation_item;
DELETE FROM sqlite_sequence WHERE name = 'operation_of_any_kind';
INSERT INTO sqlite_sequence(name, seq)
  SELECT 'operation_of_any_kind', seq FROM sqlite_sequence WHERE name = 'operation';
DROP TABLE operation_item;
DROP TABLE operation;
ALTER TABLE operation_of_any_kind RENAME TO operation;
ALTER TABLE operation_item_of_any_kind RENAME TO operation_item;
CREATE INDEX operation_due ON operation(account, id) WHERE state IN ('pending', 'running');
CREATE INDEX operation_command ON operation(command);
CREATE INDEX operation_history ON operation(history, command) WHERE history <> 'none';
CREATE INDEX operation_follows ON operation(follows) WHERE follows IS NOT NULL;
CREATE INDEX operation_item_message ON operation_item(message, operation);
CREATE INDEX operation_item_uid ON operation_item(folder, uidvalidity, uid) WHERE uid IS NOT NULL;

ALTER TABLE folder ADD COLUMN subscribed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE folder ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;  -- 1: deleted here, not yet on the server
ALTER TABLE folder ADD COLUMN checked_at INTEGER;  -- when every row was last compared with the server's
ALTER TABLE folder ADD COLUMN check_below INTEGER NOT NULL DEFAULT 0;  -- UIDs from it on are compared; 0: none is
ALTER TABLE folder ADD COLUMN error TEXT NOT NULL DEFAULT '';  -- why it could not be synced last time

CREATE VIRTUAL TABLE search USING fts5(
  subject, sender, recipients, body, attachments, account,
  content='', tokenize='unicode61 remove_diacritics 2'
);  -- cached; its rowid is message.moment
CREATE TABLE indexed(  -- cached: what `search` holds
  moment INTEGER PRIMARY KEY,
  message INTEGER,  -- NULL: the message is gone; its words are still inside
  stage INTEGER NOT NULL  -- 1: its header, 2: its text too
) STRICT;
CREATE TABLE body_due(  -- cached: bodies that came and were not yet read, compressed and indexed
  moment INTEGER PRIMARY KEY,
  message INTEGER NOT NULL
) STRICT;
CREATE TABLE indexing(  -- cached: one row, how far `search` is
  id INTEGER PRIMARY KEY CHECK(id = 1),
  extractor INTEGER NOT NULL,  -- version of the rules that made the words
  headers INTEGER NOT NULL,  -- every message with an id up to it was looked at
  entries INTEGER NOT NULL,
  texts INTEGER NOT NULL,  -- entries with the text of a message that is here
  dead INTEGER NOT NULL  -- entries whose message is gone
) STRICT;
INSERT INTO indexing VALUES (1, 0, 0, 0, 0, 0);

ALTER TABLE body ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;  -- octets that it takes here
UPDATE body SET stored = have;
CREATE INDEX body_cached ON body(used_at, stored) WHERE keep = 0;

CREATE TABLE traffic(  -- kept: what an account cost, a row a day
  account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  day INTEGER NOT NULL,  -- days since the epoch, UTC
  received INTEGER NOT NULL,  -- octets on the wire
  sent INTEGER NOT NULL,
  round_trips INTEGER NOT NULL,  -- commands that were answered
  PRIMARY KEY(account, day)
) STRICT, WITHOUT ROWID;
