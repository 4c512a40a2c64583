-- Format 4: whom the desk deals with, and what reaches them. Rebuilt tables go first, so that what is added below is added to them.


-- Files that belong to records, each kept once by what it holds: in base64, and nothing where its customer was erased.
CREATE TABLE file (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL CHECK (size >= 0),
  data TEXT
);
