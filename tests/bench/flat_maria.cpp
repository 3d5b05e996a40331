#include <fmt/format.h>

#include <limits>

#include "flat.hpp"
#include "flat_reply.hpp"
#include "maria.hpp"

namespace bench {
namespace {

constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();

// The same four questions in every way; {} is where each way puts its parameter.
constexpr std::string_view kIdentity =
    "SELECT p.id, p.name, p.company, p.title, p.locale, p.spent, p.engagements, p.first_at, p.waiting_since FROM "
    "identifier i JOIN identity p ON p.id = i.identity_id WHERE i.kind = 'email' AND i.value = {}";
constexpr std::string_view kIdentityOfId =
    "SELECT id, name, company, title, locale, spent, engagements, first_at, waiting_since FROM identity WHERE id = {}";
constexpr std::string_view kIdentifiers = "SELECT kind, value FROM identifier WHERE identity_id = {}";
constexpr std::string_view kNotes =
    "SELECT id, author, body, created_at FROM note WHERE identity_id = {} ORDER BY created_at DESC LIMIT 20";
constexpr std::string_view kInterests =
    "SELECT category, name, score, triggered_at, words FROM interest WHERE identity_id = {}";
constexpr std::string_view kEngagements =
    "SELECT id, occurred_at, channel, account, direction, author, thread, subject, closed, LEFT(body, {}) FROM "
    "engagement WHERE identity_id = {} AND occurred_at < {} ORDER BY occurred_at DESC, id DESC LIMIT 50";

std::string with(std::string_view statement, std::string_view parameter) {
  return fmt::format(fmt::runtime(statement), parameter);
}
std::string engagements_with(std::string_view identity, std::string_view before) {
  return fmt::format(kEngagements, FlatReply::kShownCharacters, identity, before);
}

class FlatPrepared : public Flat {
 public:
  FlatPrepared(const std::string& socket, const std::string& database)
      : maria_(socket, database),
        identity_(maria_, with(kIdentity, "?")),
        identifiers_(maria_, with(kIdentifiers, "?")),
        notes_(maria_, with(kNotes, "?")),
        interests_(maria_, with(kInterests, "?")),
        engagements_(maria_, engagements_with("?", "?")) {}

  std::string_view open(std::string_view email, std::size_t size) override {
    identity(email);
    reply_.list("identifiers");
    for (identifiers_.execute(id_); identifiers_.step();) reply_.identifier(identifiers_);
    reply_.list("notes");
    for (notes_.execute(id_); notes_.step();) reply_.note(notes_);
    reply_.list("interests");
    for (interests_.execute(id_); interests_.step();) reply_.interest(interests_);
    engagements(kEver);
    return reply_.finish(size);
  }
  std::string_view page(std::string_view email, std::int64_t before_us, std::size_t size) override {
    identity(email);
    engagements(before_us);
    return reply_.finish(size);
  }
  std::size_t own_size() const override { return reply_.own_size(); }

 private:
  void identity(std::string_view email) {
    reply_.begin();
    identity_.execute(email);
    if (!identity_.step()) throw std::runtime_error("the flat schema lacks a probed identity");
    id_ = identity_.integer(0);
    reply_.identity(identity_);
    identity_.finish();
  }
  void engagements(std::int64_t before_us) {
    reply_.list("history");
    for (engagements_.execute(id_, before_us); engagements_.step();) reply_.engagement(engagements_);
  }

  Maria maria_;
  MariaStatement identity_, identifiers_, notes_, interests_, engagements_;
  FlatReply reply_;
  std::int64_t id_ = 0;
};

/// What comes back in one round trip: the identity, then a result set for each list.
class FlatInOneTrip : public Flat {
 public:
  FlatInOneTrip(const std::string& socket, const std::string& database) : maria_(socket, database) {}

  std::string_view open(std::string_view email, std::size_t size) override {
    enum : std::size_t { kIdentitySet, kIdentifierSet, kNoteSet, kInterestSet };
    sql_.clear();
    ask_open(email);
    reply_.begin();
    listed_ = 0;
    maria_.query(sql_, [&](std::size_t set, const MariaRow& row) {
      constexpr std::array<std::string_view, 5> kNames = {"", "identifiers", "notes", "interests", "history"};
      while (listed_ < set) reply_.list(kNames[++listed_]);
      switch (set) {
        case kIdentitySet:
          return reply_.identity(row);
        case kIdentifierSet:
          return reply_.identifier(row);
        case kNoteSet:
          return reply_.note(row);
        case kInterestSet:
          return reply_.interest(row);
        default:
          reply_.engagement(row);
      }
    });
    return reply_.finish(size);
  }

  std::string_view page(std::string_view email, std::int64_t before_us, std::size_t size) override {
    sql_.clear();
    ask_page(email, before_us);
    reply_.begin();
    listed_ = 0;
    maria_.query(sql_, [&](std::size_t set, const MariaRow& row) {
      if (set == 0) return reply_.identity(row);
      if (listed_++ == 0) reply_.list("history");
      reply_.engagement(row);
    });
    return reply_.finish(size);
  }
  std::size_t own_size() const override { return reply_.own_size(); }

 protected:
  virtual void ask_open(std::string_view email) = 0;
  virtual void ask_page(std::string_view email, std::int64_t before_us) = 0;
  /// Appends 'text'.
  void quote(std::string_view text) {
    sql_ += '\'';
    maria_.append_quoted(sql_, text);
    sql_ += '\'';
  }

  Maria maria_;
  std::string sql_;

 private:
  FlatReply reply_;
  std::size_t listed_ = 0;
};

class FlatMultiStatement : public FlatInOneTrip {
 public:
  using FlatInOneTrip::FlatInOneTrip;

 private:
  void ask_identity(std::string_view email) {
    sql_ += "SELECT identity_id INTO @i FROM identifier WHERE kind = 'email' AND value = ";
    quote(email);
    sql_ += ';';
    sql_ += identity_;
  }
  void ask_open(std::string_view email) override {
    ask_identity(email);
    sql_ += lists_;
  }
  void ask_page(std::string_view email, std::int64_t before_us) override {
    ask_identity(email);
    sql_ += ';';
    sql_ += engagements_with("@i", std::to_string(before_us));
  }

  const std::string identity_ = with(kIdentityOfId, "@i");
  const std::string lists_ = fmt::format(";{};{};{};{}", with(kIdentifiers, "@i"), with(kNotes, "@i"),
                                         with(kInterests, "@i"), engagements_with("@i", std::to_string(kEver)));
};

class FlatProcedure : public FlatInOneTrip {
 public:
  FlatProcedure(const std::string& socket, const std::string& database) : FlatInOneTrip(socket, database) {
    const std::string head =
        "BEGIN DECLARE i BIGINT; SELECT identity_id INTO i FROM identifier WHERE kind = 'email' AND value = p_email; ";
    const std::string email = "IN p_email VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
    maria_.run("DROP PROCEDURE IF EXISTS flat_open; DROP PROCEDURE IF EXISTS flat_page");
    maria_.run(fmt::format("CREATE PROCEDURE flat_open({}) READS SQL DATA {}{};{};{};{};{}; END", email, head,
                           with(kIdentityOfId, "i"), with(kIdentifiers, "i"), with(kNotes, "i"), with(kInterests, "i"),
                           engagements_with("i", std::to_string(kEver))));
    maria_.run(fmt::format("CREATE PROCEDURE flat_page({}, IN p_before BIGINT) READS SQL DATA {}{};{}; END", email,
                           head, with(kIdentityOfId, "i"), engagements_with("i", "p_before")));
  }

 private:
  void ask_open(std::string_view email) override {
    sql_ += "CALL flat_open(";
    quote(email);
    sql_ += ')';
  }
  void ask_page(std::string_view email, std::int64_t before_us) override {
    sql_ += "CALL flat_page(";
    quote(email);
    sql_ += ',';
    sql_ += std::to_string(before_us);
    sql_ += ')';
  }
};

}  // namespace

std::unique_ptr<Flat> flat_prepared(const std::string& socket, const std::string& database) {
  return std::make_unique<FlatPrepared>(socket, database);
}
std::unique_ptr<Flat> flat_multi_statement(const std::string& socket, const std::string& database) {
  return std::make_unique<FlatMultiStatement>(socket, database);
}
std::unique_ptr<Flat> flat_procedure(const std::string& socket, const std::string& database) {
  return std::make_unique<FlatProcedure>(socket, database);
}

}  // namespace bench
