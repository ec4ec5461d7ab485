-- Letters being written, letters on their way out, and the people written to.

CREATE TABLE draft(  -- kept; its text is a file
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account,
  key TEXT NOT NULL UNIQUE,  -- random; begins the names of its files and the Message-IDs of its copies
  file TEXT NOT NULL UNIQUE,  -- of its newest version, within the folder of drafts
  version INTEGER NOT NULL,
  message INTEGER REFERENCES message ON DELETE SET NULL,  -- its copy on the server
  uploaded INTEGER NOT NULL DEFAULT 0,  -- the version that the server has; 0: none
  closed INTEGER NOT NULL DEFAULT 0,  -- 1: nobody writes at it now, so the server may have it at once
  state TEXT NOT NULL CHECK(state IN ('open', 'queued', 'discarded', 'sent')),
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_message ON draft(message) WHERE message IS NOT NULL;
CREATE TABLE draft_version(  -- kept
  draft INTEGER NOT NULL REFERENCES draft ON DELETE CASCADE,
  n INTEGER NOT NULL,
  file TEXT NOT NULL UNIQUE,
  made_at INTEGER NOT NULL,
  PRIMARY KEY(draft, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox(  -- kept; the bytes are a file
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account,
  message_id TEXT NOT NULL,  -- without brackets; of a redirected message that of Resent-Message-ID
  file TEXT UNIQUE,  -- within the folder of the outbox; NULL: no longer needed
  sender TEXT NOT NULL,  -- of the envelope
  subject TEXT NOT NULL,
  size INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('queued', 'sending', 'committing', 'sent', 'unsure', 'failed')),
  attempts INTEGER NOT NULL,
  not_before INTEGER NOT NULL,  -- milliseconds since the epoch
  held INTEGER NOT NULL,  -- 1: not_before is a moment to think better of it
  planned INTEGER NOT NULL,  -- the time that a person chose, milliseconds since the epoch; 0: none
  error TEXT NOT NULL,
  answer TEXT NOT NULL,  -- what the server said when it took the letter
  draft INTEGER REFERENCES draft ON DELETE SET NULL,
  queued_at INTEGER NOT NULL,
  sent_at INTEGER,
  wants_copy INTEGER NOT NULL,  -- 1: a copy belongs into the folder of sent mail
  filed_by INTEGER REFERENCES operation ON DELETE SET NULL  -- filed: sent, and this operation is done
) STRICT;
CREATE INDEX outbox_waiting ON outbox(account, id) WHERE state <> 'sent';
CREATE INDEX outbox_draft ON outbox(draft) WHERE draft IS NOT NULL;
CREATE INDEX outbox_file ON outbox(state) WHERE file IS NOT NULL;
CREATE INDEX outbox_filed ON outbox(filed_by) WHERE filed_by IS NOT NULL;
CREATE INDEX outbox_message_id ON outbox(message_id);
CREATE TABLE outbox_recipient(  -- kept
  outbox INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
  address TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK(state IN ('left', 'accepted', 'refused', 'delivered', 'delayed', 'bounced')),
  answer TEXT NOT NULL,
  position INTEGER NOT NULL,  -- in the order in which they were named
  asked INTEGER NOT NULL DEFAULT 0,  -- 1: the final dot that left, or is about to leave, counts for it
  PRIMARY KEY(outbox, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox_answers(  -- kept: what a letter answers or forwards, to be marked so when it is sent
  outbox INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
  message INTEGER NOT NULL,
  flag INTEGER NOT NULL,  -- 4: answered, 32: forwarded
  PRIMARY KEY(outbox, message)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox_log(  -- kept
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  outbox INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
  at INTEGER NOT NULL,  -- milliseconds since the epoch
  step TEXT NOT NULL,
  sentence TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_log_outbox ON outbox_log(outbox, id);

CREATE TABLE person(  -- kept: learned from mail, or written down by the user
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  compared TEXT NOT NULL UNIQUE,  -- the address in lower case
  address TEXT NOT NULL,  -- as it was spelled last
  name TEXT NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0,  -- letters sent to it
  received INTEGER NOT NULL DEFAULT 0,
  seen_at INTEGER NOT NULL,  -- seconds since the epoch
  by_hand INTEGER NOT NULL DEFAULT 0,  -- 1: name given by the user
  hidden INTEGER NOT NULL DEFAULT 0  -- 1: never proposed
) STRICT;
CREATE TABLE learned(  -- cached: one row, up to which message senders are learned
  id INTEGER PRIMARY KEY CHECK(id = 1),
  message INTEGER NOT NULL
) STRICT;
INSERT INTO learned VALUES (1, 0);
