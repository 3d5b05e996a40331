#include "dataset.hpp"

namespace bench {

FlatWriter::FlatWriter(const std::string& path)
    : db_([&] {
        Database db(path);
        db.run(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-1000000;"
            "CREATE TABLE identity (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, company TEXT, title TEXT, "
            "locale TEXT, spent BIGINT, engagements BIGINT, first_at BIGINT, waiting_since BIGINT) WITHOUT ROWID;"
            "CREATE TABLE identifier (kind TEXT NOT NULL, value TEXT NOT NULL, identity_id BIGINT NOT NULL, PRIMARY "
            "KEY (kind, value)) WITHOUT ROWID;"
            "CREATE TABLE note (identity_id BIGINT NOT NULL, created_at BIGINT NOT NULL, id BIGINT NOT NULL, author "
            "TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (identity_id, created_at, id)) WITHOUT ROWID;"
            "CREATE TABLE interest (identity_id BIGINT NOT NULL, interest_id BIGINT NOT NULL, category TEXT NOT "
            "NULL, name TEXT NOT NULL, score BIGINT NOT NULL, triggered_at BIGINT NOT NULL, words TEXT NOT NULL, "
            "PRIMARY KEY (identity_id, interest_id)) WITHOUT ROWID;"
            "CREATE TABLE engagement (identity_id BIGINT NOT NULL, occurred_at BIGINT NOT NULL, id BIGINT NOT NULL, "
            "channel TEXT NOT NULL, account TEXT NOT NULL, direction SMALLINT NOT NULL, author TEXT NOT NULL, "
            "thread TEXT NOT NULL, subject TEXT NOT NULL, closed SMALLINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY "
            "(identity_id, occurred_at, id)) WITHOUT ROWID; BEGIN");
        return db;
      }()),
      identity_(db_, "INSERT INTO identity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      identifier_(db_, "INSERT INTO identifier VALUES (?, ?, ?)"),
      note_(db_, "INSERT INTO note VALUES (?, ?, ?, ?, ?)"),
      interest_(db_, "INSERT INTO interest VALUES (?, ?, ?, ?, ?, ?, ?)"),
      engagement_(db_, "INSERT INTO engagement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

void FlatWriter::write(const Customer& customer) {
  const auto& messages = customer.messages;
  identity_.execute(customer.id, customer.name, customer.company, customer.title, customer.language,
                    static_cast<std::int64_t>(customer.spent), static_cast<std::int64_t>(messages.size()),
                    messages.empty() ? 0 : messages.front().occurred_us,
                    messages.empty() ? 0 : messages.back().occurred_us);
  identifier_.execute(std::string_view("email"), customer.email, customer.id);
  if (!customer.phone.empty()) identifier_.execute(std::string_view("phone"), customer.phone, customer.id);
  for (const Note& note : customer.notes)
    note_.execute(customer.id, note.created_us, note.id, std::string_view("Mia"), note.text);
  for (const Interest& interest : customer.interests)
    interest_.execute(customer.id, static_cast<std::int64_t>(interest.number),
                      category_name(interest.number % kCategories), interest_name(interest.number), std::int64_t{1},
                      interest.set_us, interest.words);
  for (const Message& message : messages) {
    const Thread& thread = customer.threads[message.thread];
    engagement_.execute(customer.id, message.occurred_us, message.id, message.channel, kAccounts[thread.record].name,
                        static_cast<std::int64_t>(message.way), message.author, thread.source_key, thread.subject,
                        std::int64_t{thread.closed}, message.text);
  }
}

void FlatWriter::finish() {
  db_.run("COMMIT; CREATE INDEX identifier_identity ON identifier (identity_id); PRAGMA journal_mode=WAL");
}

}  // namespace bench
