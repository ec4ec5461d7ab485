PRAGMA application_id = 1953851757;  -- "tuim"

-- Times are seconds since the epoch. Roles and flags are the numbers of model/folder.py and model/message.py.

CREATE TABLE account(  -- kept
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,  -- as in the configuration
  kind TEXT NOT NULL CHECK(kind IN ('imap', 'pop3', 'local')),
  position INTEGER NOT NULL
) STRICT;

CREATE TABLE folder(  -- cached: what the server told, and the cursor
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account,
  remote_name BLOB NOT NULL,
  name TEXT NOT NULL,
  separator TEXT NOT NULL,
  selectable INTEGER NOT NULL,
  role INTEGER NOT NULL,
  uidvalidity INTEGER,
  uidnext INTEGER NOT NULL DEFAULT 0,
  modseq INTEGER NOT NULL DEFAULT 0,
  backfill_lo INTEGER NOT NULL DEFAULT 0,
  remote_count INTEGER,
  synced_at INTEGER,
  total INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  UNIQUE(account, remote_name)
) STRICT;

CREATE TABLE message(  -- what a message is
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused
  account INTEGER NOT NULL REFERENCES account,
  moment INTEGER NOT NULL UNIQUE,  -- (seconds << 20) | n: the order of every list
  message_id TEXT NOT NULL,
  in_reply_to TEXT NOT NULL,
  refs TEXT NOT NULL,
  size INTEGER NOT NULL,
  from_name TEXT NOT NULL,
  from_addr TEXT NOT NULL,
  recipients TEXT NOT NULL,
  subject TEXT NOT NULL,
  snippet TEXT NOT NULL,
  marks INTEGER NOT NULL,
  structure BLOB,
  body INTEGER REFERENCES body
) STRICT;
CREATE INDEX message_message_id ON message(message_id, account);
CREATE INDEX message_missing ON message(account, moment DESC) WHERE body IS NULL;
CREATE INDEX message_body ON message(body) WHERE body IS NOT NULL;

CREATE TABLE place(  -- where it is: message × folder
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
  folder INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,
  role INTEGER NOT NULL,
  moment INTEGER NOT NULL,  -- copies of folder.role and message.moment, so that one index answers a list
  uidvalidity INTEGER,
  uid INTEGER,  -- NULL: not confirmed there by the server, or an orphan
  internal_date INTEGER NOT NULL,
  server_flags INTEGER NOT NULL,
  flags INTEGER NOT NULL,  -- shown: (server | pending adds) & ~pending removes
  orphan INTEGER NOT NULL DEFAULT 0,
  UNIQUE(message, folder)
) STRICT;
CREATE INDEX place_list ON place(folder, moment DESC, message);
CREATE INDEX place_role ON place(role, moment DESC, message) WHERE role <> 0;
CREATE INDEX place_unread ON place(folder, moment DESC, message) WHERE flags & 1 = 0;
CREATE INDEX place_starred ON place(moment DESC, message, flags, role) WHERE flags & 2 <> 0 AND role NOT IN (5, 6);
CREATE UNIQUE INDEX place_uid ON place(folder, uidvalidity, uid) WHERE uid IS NOT NULL;
CREATE INDEX place_waiting ON place(folder, internal_date) WHERE uid IS NULL;

CREATE TABLE keyword(
  place INTEGER NOT NULL REFERENCES place ON DELETE CASCADE,
  name TEXT NOT NULL,
  state INTEGER NOT NULL,  -- 0: on the server
  PRIMARY KEY(place, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE body(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  size INTEGER NOT NULL,
  have INTEGER NOT NULL,  -- octets of it that are here
  sha256 BLOB,
  keep INTEGER NOT NULL,  -- 1: no server has it
  used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX body_sha256 ON body(sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE body_chunk(
  body INTEGER NOT NULL REFERENCES body ON DELETE CASCADE,
  n INTEGER NOT NULL,
  form INTEGER NOT NULL,  -- 0: as it is, 1: zstd
  data BLOB NOT NULL,  -- of at most 1 MiB raw
  PRIMARY KEY(body, n)
) STRICT;

CREATE TABLE operation(  -- kept
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account,
  command INTEGER NOT NULL,  -- id of the first operation of the same command
  kind TEXT NOT NULL CHECK(kind IN ('flags', 'move', 'expunge')),
  state TEXT NOT NULL CHECK(state IN ('pending', 'running', 'done', 'reverted', 'failed')),
  target INTEGER,
  arguments TEXT NOT NULL,
  evidence TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  error TEXT NOT NULL,
  follows INTEGER,  -- the operation that this one takes back or repeats
  history TEXT NOT NULL CHECK(history IN ('done', 'undone', 'none')),
  sentence TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX operation_due ON operation(account, id) WHERE state IN ('pending', 'running');
CREATE INDEX operation_command ON operation(command);
CREATE INDEX operation_history ON operation(history, command) WHERE history <> 'none';
CREATE INDEX operation_follows ON operation(follows) WHERE follows IS NOT NULL;

CREATE TABLE operation_item(  -- kept; outlives the message it names
  operation INTEGER NOT NULL REFERENCES operation ON DELETE CASCADE,
  message INTEGER NOT NULL,
  folder INTEGER NOT NULL,
  uidvalidity INTEGER,
  uid INTEGER,
  PRIMARY KEY(operation, message, folder)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_item_message ON operation_item(message, operation);
CREATE INDEX operation_item_uid ON operation_item(folder, uidvalidity, uid) WHERE uid IS NOT NULL;
