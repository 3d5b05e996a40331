#include "store/opening_card.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

namespace identities::store {
namespace {

constexpr std::size_t kMostBytes = 1U << 20U;  // a card is read whole; beyond that the tables are as good

const Statement kVersion{"card_version", "SELECT version FROM identity WHERE id = ? @for_update"};
const Statement kInsert{"insert_card",
                        "INSERT INTO opening_card (identity_id, version, format, body) VALUES (?, ?, ?, ?)"};
const Statement kDelete{"delete_card", "DELETE FROM opening_card WHERE identity_id = ?"};

/// One order of fields for both ways: each function names the fields of a row once, and Writer or Reader goes along.
class Writer {
 public:
  static constexpr bool kReads = false;
  template <typename Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void field(const Number& value) {
    std::uint64_t bits = 0;
    if constexpr (std::is_floating_point_v<Number>)
      bits = std::bit_cast<std::uint64_t>(static_cast<double>(value));
    else
      bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    // Small numbers are the most: seven bits a byte, the sign folded into the lowest.
    if constexpr (!std::is_floating_point_v<Number>) bits = (bits << 1U) ^ (bits >> 63U ? ~std::uint64_t{0} : 0);
    for (; bits >= 0x80; bits >>= 7U) bytes.push_back(static_cast<char>(bits | 0x80U));
    bytes.push_back(static_cast<char>(bits));
  }
  void field(const std::string& text) {
    field(text.size());
    bytes += text;
  }
  std::string bytes;
};

/// After the first thing that is not as it should be, ok() is false and every field is empty.
class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

  template <typename Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void field(Number& value) {
    std::uint64_t bits = 0;
    unsigned shift = 0;
    for (;; shift += 7) {
      if (rest_.empty() || shift > 63) return fail(value);
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      bits |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) break;
    }
    if constexpr (std::is_floating_point_v<Number>) {
      value = std::bit_cast<double>(bits);
    } else {
      const auto number = static_cast<std::int64_t>((bits >> 1U) ^ (bits & 1U ? ~std::uint64_t{0} : 0));
      value = static_cast<Number>(number);
    }
  }
  void field(std::string& text) {
    std::size_t size = 0;
    field(size);
    if (size > rest_.size()) return fail(text);
    text.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }

 private:
  template <typename Value>
  void fail(Value& value) {
    ok_ = false;
    rest_ = {};
    value = Value{};
  }
  std::string_view rest_;
  bool ok_ = true;
};

template <typename Way, typename Value>
void field(Way& way, std::optional<Value>& value) {
  bool there = value.has_value();
  way.field(there);
  if constexpr (Way::kReads) value = there ? std::optional<Value>(Value{}) : std::nullopt;
  if (value) way.field(*value);
}

template <typename Way, typename... Values>
void fields(Way& way, Values&... values) {
  const auto each = [&](auto& value) {
    if constexpr (requires { way.field(value); })
      way.field(value);
    else
      field(way, value);
  };
  (each(values), ...);
}

template <typename Way>
void row(Way& way, RecordRow& to) {
  fields(way, to.id, to.account, to.name, to.name_us, to.handle, to.url, to.bio, to.fetched_us, to.created_us);
}
template <typename Way>
void row(Way& way, IdentifierRow& to) {
  fields(way, to.record, to.kind, to.value, to.shown, to.verified, to.created_us);
}
template <typename Way>
void row(Way& way, Note& to) {
  fields(way, to.id, to.record, to.author.id, to.author.name, to.created_us, to.edited_us, to.pinned, to.version,
         to.link, to.link_engagement, to.link_account, to.link_thread_key, to.text);
}
template <typename Way>
void row(Way& way, UnnamedAttribute& to) {
  AttributeRow& of = to.row;
  fields(way, to.interest, of.id, of.record, of.key, of.interest, of.category, of.name, of.type, of.number, of.text,
         of.unit, of.party, of.sensitive, of.evidence, of.set_us, of.expires_us, of.created_us);
}
template <typename Way>
void row(Way& way, ThreadOfRecord& to) {
  ThreadRow& of = to.thread;
  fields(way, of.id, of.source_key, of.partition_key, of.subject, of.status, of.account, of.first_us, of.last_us,
         of.messages, to.in, to.out, to.internal, to.first_us, to.last_us, to.internal_first_us, to.internal_last_us,
         to.waiting_since_us);
}
template <typename Way>
void row(Way& way, TriggerRow& to) {
  fields(way, to.id, to.occurred_us, to.record, to.attribute, to.engagement, to.thread, to.words);
}
template <typename Way>
void row(Way& way, HistoryRow& to) {
  fields(way, to.id, to.occurred_us, to.record, to.thread, to.direction, to.kind, to.channel, to.author, to.preview,
         to.has_more, to.edited, to.clamped, to.attachments);
}

template <typename Way, typename Row>
void rows(Way& way, std::vector<Row>& list) {
  std::size_t count = list.size();
  way.field(count);
  if constexpr (Way::kReads) {
    list.clear();
    // Each row takes a byte at least, so no count can ask for more memory than the card has bytes.
    for (std::size_t index = 0; index < count && way.ok(); ++index) row(way, list.emplace_back());
  } else {
    for (Row& each : list) row(way, each);
  }
}

template <typename Way>
void card(Way& way, Opening& opening) {
  rows(way, opening.records);
  rows(way, opening.identifiers);
  rows(way, opening.notes);
  rows(way, opening.attributes);
  rows(way, opening.threads);
  rows(way, opening.triggers);
  rows(way, opening.page.rows);
  way.field(opening.page.more_before);
}

/// A direction, kind, status, type, party or link that no code of this version has.
bool has_unknown_words(const Opening& opening) {
  for (const HistoryRow& each : opening.page.rows)
    if (each.direction > Direction::kInternal || each.kind > EngagementKind::kEvent) return true;
  for (const ThreadOfRecord& each : opening.threads)
    if (each.thread.status > ThreadStatus::kClosed) return true;
  for (const UnnamedAttribute& each : opening.attributes)
    if (each.row.type > AttributeType::kList || each.row.party > Party::kThird) return true;
  for (const Note& each : opening.notes)
    if (each.link > NoteLink::kTicket) return true;
  return false;
}

}  // namespace

std::optional<std::string> encode_card(const Opening& opening) {
  if (!opening.all_threads || !opening.all_triggers || !opening.has_page) return std::nullopt;
  Writer writer;
  // Writer changes nothing; the fields are named for both ways at once.
  card(writer, const_cast<Opening&>(opening));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  if (writer.bytes.size() > kMostBytes) return std::nullopt;
  return std::move(writer.bytes);
}

bool decode_card(std::string_view bytes, Opening& opening) {
  Opening read;
  Reader reader(bytes);
  card(reader, read);
  if (!reader.at_end() || has_unknown_words(read)) return false;
  read.settings = opening.settings;
  read.ref = opening.ref;
  read.thread = opening.thread;
  read.looked = opening.looked;
  for (Note& note : read.notes) note.identity = read.ref.id;
  opening = std::move(read);
  return true;
}

bool write_card(Session& session, Id identity, std::size_t rows_of_page) {
  OpeningQuery query;
  query.identity = identity;
  query.rows = rows_of_page;
  query.use_card = false;
  const Opening opening = read_opening(session, query);
  // While deleted threads are being removed, what is read may hold something of them.
  if (opening.ref.id == 0 || opening.settings.threads_going != 0) return false;
  const auto body = encode_card(opening);
  if (!body) return false;
  Transaction transaction(session, Transaction::Kind::kWrite);
  std::int64_t version = 0;
  session.query(kVersion, {identity}, [&](const Row& row) { version = row.integer(0); });
  if (version != opening.ref.version) return false;
  session.execute(kDelete, {identity});
  session.execute(kInsert, {identity, version, std::int64_t{kCardFormat}, Blob{*body}});
  transaction.commit();
  return true;
}

void WantedCards::add(Id identity) {
  const std::lock_guard lock(mutex_);
  if (wanted_.size() < kMost) wanted_.insert(identity);
}

Id WantedCards::take() {
  const std::lock_guard lock(mutex_);
  if (wanted_.empty()) return 0;
  const Id identity = *wanted_.begin();
  wanted_.erase(wanted_.begin());
  return identity;
}

}  // namespace identities::store
