#include "flat.hpp"

#include <charconv>
#include <limits>

#include "dataset.hpp"

namespace bench {
namespace {

constexpr std::size_t kShownCharacters = 200;
constexpr std::array<std::string_view, 3> kWays = {"in", "out", "internal"};

void append(std::string& reply, std::int64_t value) {
  char digits[20];
  reply.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_text(std::string& reply, std::string_view text) {
  reply += '"';
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&') continue;
    constexpr std::string_view kHex = "0123456789abcdef";
    reply.append(text, begin, at - begin);
    reply += "\\u00";
    reply += kHex[c >> 4U];
    reply += kHex[c & 15U];
    begin = at + 1;
  }
  reply.append(text, begin);
  reply += '"';
}

std::string_view shown(std::string_view text) {
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && ++count > kShownCharacters) break;
  return text.substr(0, at);
}

}  // namespace

Flat::Flat(const std::string& path)
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
      engagements_(db_,
                   "SELECT id, occurred_at, channel, account, direction, author, thread, subject, closed, body FROM "
                   "engagement WHERE identity_id = ? AND occurred_at < ? ORDER BY occurred_at DESC, id DESC LIMIT 50") {
  reply_.reserve(64 * 1024);
}

std::string_view Flat::open(std::string_view email, std::size_t size) {
  reply_.clear();
  begin_.execute();
  identity(email);
  reply_ += ",\"identifiers\":[";
  identifiers_.bind(id_);
  for (bool first = true; identifiers_.step(); first = false) {
    reply_ += first ? "{\"kind\":" : ",{\"kind\":";
    append_text(reply_, identifiers_.text(0));
    reply_ += ",\"value\":";
    append_text(reply_, identifiers_.text(1));
    reply_ += '}';
  }
  identifiers_.reset();
  reply_ += "],\"notes\":[";
  notes_.bind(id_);
  for (bool first = true; notes_.step(); first = false) {
    reply_ += first ? "{\"id\":\"" : ",{\"id\":\"";
    append(reply_, notes_.integer(0));
    reply_ += "\",\"author\":";
    append_text(reply_, notes_.text(1));
    reply_ += ",\"text\":";
    append_text(reply_, notes_.text(2));
    reply_ += ",\"created_us\":";
    append(reply_, notes_.integer(3));
    reply_ += '}';
  }
  notes_.reset();
  reply_ += "],\"interests\":[";
  interests_.bind(id_);
  for (bool first = true; interests_.step(); first = false) {
    reply_ += first ? "{\"category\":" : ",{\"category\":";
    append_text(reply_, interests_.text(0));
    reply_ += ",\"name\":";
    append_text(reply_, interests_.text(1));
    reply_ += ",\"score\":";
    append(reply_, interests_.integer(2));
    reply_ += ",\"at_us\":";
    append(reply_, interests_.integer(3));
    reply_ += ",\"words\":";
    append_text(reply_, interests_.text(4));
    reply_ += '}';
  }
  interests_.reset();
  reply_ += ']';
  engagements(std::numeric_limits<std::int64_t>::max());
  commit_.execute();
  return finish(size);
}

std::string_view Flat::page(std::string_view email, std::int64_t before_us, std::size_t size) {
  reply_.clear();
  begin_.execute();
  identity(email);
  engagements(before_us);
  commit_.execute();
  return finish(size);
}

void Flat::identity(std::string_view email) {
  identity_.bind(email);
  if (!identity_.step()) throw std::runtime_error("the flat schema lacks a probed identity");
  id_ = identity_.integer(0);
  reply_ += "{\"id\":\"";
  append(reply_, id_);
  reply_ += "\",\"name\":";
  append_text(reply_, identity_.text(1));
  reply_ += ",\"company\":";
  append_text(reply_, identity_.text(2));
  reply_ += ",\"title\":";
  append_text(reply_, identity_.text(3));
  reply_ += ",\"locale\":";
  append_text(reply_, identity_.text(4));
  reply_ += ",\"spent\":";
  append(reply_, identity_.integer(5));
  reply_ += ",\"engagements\":";
  append(reply_, identity_.integer(6));
  reply_ += ",\"first_us\":";
  append(reply_, identity_.integer(7));
  reply_ += ",\"waiting_since_us\":";
  append(reply_, identity_.integer(8));
  identity_.reset();
}

void Flat::engagements(std::int64_t before_us) {
  reply_ += ",\"history\":[";
  engagements_.bind(id_, before_us);
  for (bool first = true; engagements_.step(); first = false) {
    reply_ += first ? "{\"id\":\"" : ",{\"id\":\"";
    append(reply_, engagements_.integer(0));
    reply_ += "\",\"at_us\":";
    append(reply_, engagements_.integer(1));
    reply_ += ",\"channel\":";
    append_text(reply_, engagements_.text(2));
    reply_ += ",\"account\":";
    append_text(reply_, engagements_.text(3));
    reply_ += ",\"direction\":\"";
    reply_ += kWays[static_cast<std::size_t>(engagements_.integer(4))];
    reply_ += "\",\"by\":";
    append_text(reply_, engagements_.text(5));
    reply_ += ",\"thread\":";
    append_text(reply_, engagements_.text(6));
    reply_ += ",\"subject\":";
    append_text(reply_, engagements_.text(7));
    reply_ += engagements_.integer(8) != 0 ? ",\"status\":\"closed\",\"text\":" : ",\"status\":\"open\",\"text\":";
    append_text(reply_, shown(engagements_.text(9)));
    reply_ += '}';
  }
  engagements_.reset();
  reply_ += ']';
}

std::string_view Flat::finish(std::size_t size) {
  reply_ += '}';
  own_size_ = reply_.size();
  if (reply_.size() < size) reply_.append(size - reply_.size(), ' ');
  return reply_;
}

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
