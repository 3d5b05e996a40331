-- The card of an identity, what an opening reads as one row; store/opening_card.hpp tells who writes and who deletes it.
-- version is the identity's when it was read; format changes with the meaning of body. The procedure of the MySQL dialect has no counterpart here.

CREATE TABLE IF NOT EXISTS opening_card (
  identity_id BIGINT NOT NULL PRIMARY KEY REFERENCES identity (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  format SMALLINT NOT NULL,
  body BLOB NOT NULL
);
