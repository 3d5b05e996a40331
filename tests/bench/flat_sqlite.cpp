#include <limits>

#include "database.hpp"
#include "flat.hpp"
#include "flat_reply.hpp"

namespace bench {
namespace {

class FlatSqlite : public Flat {
 public:
  explicit FlatSqlite(const std::string& path)
      : db_([&] {
          Database db(path);
          // The same as in a session of the plugin.
          db.run(
              "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA cache_size=-16384; "
              "PRAGMA temp_store=MEMORY");
          return db;
        }()),
        begin_(db_, "BEGIN"),
        commit_(db_, "COMMIT"),
        identity_(
            db_,
            "SELECT p.id, p.name, p.company, p.title, p.locale, p.spent, p.engagements, p.first_at, p.waiting_since "
            "FROM identifier i JOIN identity p ON p.id = i.identity_id WHERE i.kind = 'email' AND i.value = ?"),
        identifiers_(db_, "SELECT kind, value FROM identifier WHERE identity_id = ?"),
        notes_(db_,
               "SELECT id, author, body, created_at FROM note WHERE identity_id = ? ORDER BY created_at DESC LIMIT "
               "20"),
        interests_(db_, "SELECT category, name, score, triggered_at, words FROM interest WHERE identity_id = ?"),
        engagements_(
            db_,
            "SELECT id, occurred_at, channel, account, direction, author, thread, subject, closed, body FROM "
            "engagement WHERE identity_id = ? AND occurred_at < ? ORDER BY occurred_at DESC, id DESC LIMIT 50") {}

  std::string_view open(std::string_view email, std::size_t size) override {
    begin_.execute();
    identity(email);
    reply_.list("identifiers");
    for (identifiers_.bind(id_); identifiers_.step();) reply_.identifier(identifiers_);
    identifiers_.reset();
    reply_.list("notes");
    for (notes_.bind(id_); notes_.step();) reply_.note(notes_);
    notes_.reset();
    reply_.list("interests");
    for (interests_.bind(id_); interests_.step();) reply_.interest(interests_);
    interests_.reset();
    engagements(std::numeric_limits<std::int64_t>::max());
    commit_.execute();
    return reply_.finish(size);
  }

  std::string_view page(std::string_view email, std::int64_t before_us, std::size_t size) override {
    begin_.execute();
    identity(email);
    engagements(before_us);
    commit_.execute();
    return reply_.finish(size);
  }

  std::size_t own_size() const override { return reply_.own_size(); }

 private:
  void identity(std::string_view email) {
    reply_.begin();
    identity_.bind(email);
    if (!identity_.step()) throw std::runtime_error("the flat schema lacks a probed identity");
    id_ = identity_.integer(0);
    reply_.identity(identity_);
    identity_.reset();
  }
  void engagements(std::int64_t before_us) {
    reply_.list("history");
    for (engagements_.bind(id_, before_us); engagements_.step();) reply_.engagement(engagements_);
    engagements_.reset();
  }

  Database db_;
  Query begin_, commit_, identity_, identifiers_, notes_, interests_, engagements_;
  FlatReply reply_;
  std::int64_t id_ = 0;
};

}  // namespace

std::unique_ptr<Flat> flat_on_sqlite(const std::string& path) {
  return std::make_unique<FlatSqlite>(path);
}

}  // namespace bench
