-- The same as sqlite/0009_agents.sql, where it is explained.
CREATE TABLE IF NOT EXISTS agent (
  id VARCHAR(200) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
