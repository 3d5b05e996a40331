-- How agents who decided who is who were called when they last did, for the log tells who it was by their ids alone.
CREATE TABLE IF NOT EXISTS agent (
  id VARCHAR(200) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL
) WITHOUT ROWID;
