#include "store/history_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <tuple>

namespace identities::store {
namespace {

constexpr std::size_t kMaxRanges = 32;  // in one round trip; more records are read in several and merged

constexpr std::string_view kColumns =
    "e.id, e.occurred_us, e.record_id, e.thread_id, e.direction, e.kind, e.channel, e.author, e.preview, e.has_more, "
    "e.edited, e.clamped, "
    "e.attachments";

/// What tells one page statement from another.
struct Shape {
  std::size_t ranges = 1;
  bool descending = true;
  bool restricted = false;
  bool channel = false;
  bool search = false;
  bool apart = false;  // each range in its own order and with its own limit
  auto key() const { return std::tuple(ranges, descending, restricted, channel, search, apart); }
};

/// What follows the range that ends at the cursor. The sums keep MySQL from looking for further ranges in it, which
/// takes a fifth of the time of a page.
constexpr std::string_view beyond_cursor(bool descending) {
  return descending ? " AND (e.occurred_us + 0 < ? OR e.id + 0 < ?)" : " AND (e.occurred_us + 0 > ? OR e.id + 0 > ?)";
}

std::string range_sql(const Shape& shape) {
  std::string sql = fmt::format("SELECT {} FROM engagement e", kColumns);
  if (shape.restricted) sql += " JOIN thread t ON t.id = e.thread_id";
  if (shape.search) sql += " LEFT JOIN engagement_body y ON y.engagement_id = e.id";
  sql += shape.descending ? " WHERE e.record_id = ? AND e.occurred_us <= ?"
                          : " WHERE e.record_id = ? AND e.occurred_us >= ?";
  sql += beyond_cursor(shape.descending);
  if (shape.restricted) sql += fmt::format(" AND {} AND {}", kThreadVisible, kInternalVisible);
  if (shape.channel) sql += " AND e.channel = ?";
  if (shape.search) sql += " AND COALESCE(y.text, e.preview) @any_case LIKE ? ESCAPE '!'";
  return sql;
}

std::string page_sql(const Shape& shape) {
  const std::string order =
      shape.descending ? " ORDER BY e.occurred_us DESC, e.id DESC LIMIT ?" : " ORDER BY e.occurred_us, e.id LIMIT ?";
  const bool in_brackets = shape.apart && shape.ranges > 1;
  std::string range = range_sql(shape);
  if (shape.apart) range += order;
  if (in_brackets) range = "(" + range + ")";
  std::string sql = range;
  for (std::size_t index = 1; index < shape.ranges; ++index) sql += " UNION ALL " + range;
  return shape.apart ? sql : sql + order;
}

/// The statements made so far; each lives for the whole process, because its address keys the sessions' caches.
const Statement& page_statement(const Shape& shape) {
  static std::mutex mutex;
  static std::map<decltype(shape.key()), Statement> made;
  const std::lock_guard lock(mutex);
  const auto [entry, fresh] = made.try_emplace(shape.key());
  if (fresh) entry->second = Statement{"history_page", page_sql(shape)};
  return entry->second;
}

/// The next of 1, 2, 4 ... 32: a page over 3 records uses the statement for 4, the last range empty.
std::size_t ranges_for(std::size_t records) {
  std::size_t ranges = 1;
  while (ranges < records) ranges *= 2;
  return ranges;
}

std::string like_pattern(std::string_view search) {
  std::string pattern = "%";
  for (const char c : search) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + "%";
}

void add_range(std::vector<Parameter>& parameters, Id record, const HistoryCursor& from, const HistoryQuery& query,
               const ViewFilter& filter, std::string_view pattern) {
  parameters.emplace_back(record);
  parameters.emplace_back(from.occurred_us);
  parameters.emplace_back(from.occurred_us);
  parameters.emplace_back(from.id);
  if (!filter.all()) {
    filter.add_thread(parameters);
    filter.add_internal(parameters);
  }
  if (!query.channel.empty()) parameters.emplace_back(std::string_view(query.channel));
  if (!pattern.empty()) parameters.emplace_back(pattern);
}

/// SQLite: one statement over all ranges. It merges them as the primary key yields them, in order, and reads nothing
/// beyond the limit. A limit of its own for each range would make it collect and sort them all.
void read_union(Session& session, const HistoryQuery& query, std::span<const Id> records, const ViewFilter& filter,
                std::string_view pattern, Shape shape, const Session::RowFunction& each) {
  shape.ranges = ranges_for(records.size());
  std::vector<Parameter> parameters;
  for (std::size_t index = 0; index < shape.ranges; ++index)
    add_range(parameters, index < records.size() ? records[index] : Id{-1}, query.cursor, query, filter, pattern);
  parameters.emplace_back(static_cast<std::int64_t>(query.limit + 1));
  session.query(page_statement(shape), parameters, each);
}

/// One record's range and where it goes on.
struct Range {
  Id record = 0;
  HistoryCursor cursor;
  std::size_t rows = 0;  // read so far
};

/// MySQL: a range for each record with a limit of its own, in one prepared statement; as they are not ordered among
/// each other, they are sent as they are read, without a temporary table. Moves each cursor to the last row that came.
void read_each(Session& session, const HistoryQuery& query, std::span<Range> ranges, std::size_t limit,
               const ViewFilter& filter, std::string_view pattern, Shape shape, std::vector<HistoryRow>& rows) {
  shape.ranges = ranges_for(ranges.size());
  shape.apart = true;
  std::vector<Parameter> parameters;
  for (std::size_t index = 0; index < shape.ranges; ++index) {
    const Range& range = ranges[std::min(index, ranges.size() - 1)];
    add_range(parameters, index < ranges.size() ? range.record : Id{-1}, range.cursor, query, filter, pattern);
    parameters.emplace_back(static_cast<std::int64_t>(limit));
  }
  for (Range& range : ranges) range.rows = 0;
  session.query(page_statement(shape), parameters, [&](const Row& row) {
    const HistoryRow& read = rows.emplace_back(history_row_of(row));
    const auto range =
        std::find_if(ranges.begin(), ranges.end(), [&](const Range& each) { return each.record == read.record; });
    range->cursor.occurred_us = read.occurred_us;
    range->cursor.id = read.id;
    ++range->rows;
  });
}

/// Most pages hold something of each record, so each is asked for twice its share first, and again only where the page
/// may need more of it.
void read_some_of_each(Session& session, const HistoryQuery& query, std::span<const Id> records,
                       const ViewFilter& filter, std::string_view pattern, const Shape& shape,
                       std::vector<HistoryRow>& rows) {
  const std::size_t wanted = query.limit + 1;
  const std::size_t share = std::min(wanted, 2 * (wanted / records.size() + 1));
  const std::size_t begin = rows.size();
  std::vector<Range> ranges;
  ranges.reserve(records.size());
  for (const Id record : records) ranges.push_back({record, query.cursor, 0});
  read_each(session, query, ranges, share, filter, pattern, shape, rows);
  if (share == wanted) return;
  // Where the page ends at the latest: nothing behind that is asked for.
  using Place = std::pair<Microseconds, Id>;
  const auto comes_before = [&](const Place& a, const Place& b) { return shape.descending ? b < a : a < b; };
  std::vector<Place> places;
  for (std::size_t index = begin; index < rows.size(); ++index)
    places.emplace_back(rows[index].occurred_us, rows[index].id);
  const bool enough = places.size() >= wanted;
  Place last;
  if (enough) {
    const auto at = places.begin() + static_cast<std::ptrdiff_t>(wanted - 1);
    std::nth_element(places.begin(), at, places.end(), comes_before);
    last = *at;
  }
  std::erase_if(ranges, [&](const Range& range) {
    return range.rows < share || (enough && !comes_before({range.cursor.occurred_us, range.cursor.id}, last));
  });
  if (!ranges.empty()) read_each(session, query, ranges, wanted, filter, pattern, shape, rows);
}

constexpr std::size_t kFewRecords = 8;  // whoever asks for fewer repeats the last, so that there are few statements
constexpr std::size_t kMuchTooFar = 4;  // pages

Statement window_statement(std::size_t records, bool descending) {
  return {"history_page",
          fmt::format("SELECT {} FROM engagement e WHERE e.record_id IN ({}) AND e.occurred_us BETWEEN ? "
                      "AND ?{} LIMIT ?",
                      kColumns, places(records), beyond_cursor(descending))};
}
// By direction: after, before.
const std::array<Statement, 2> kWindowOfFew = {window_statement(kFewRecords, false),
                                               window_statement(kFewRecords, true)};
const std::array<Statement, 2> kWindowOfMany = {window_statement(kMaxRanges, false),
                                                window_statement(kMaxRanges, true)};

/// Several records at once, where it is known how far the page may reach: a range each in one statement, whose rows the
/// database need not bring into order. Returns what is still to be read: the rest where that was not far enough, all
/// where it was much too far, nothing when the page is whole.
std::optional<HistoryQuery> read_window(Session& session, const HistoryQuery& query, std::vector<HistoryRow>& rows) {
  const bool descending = query.cursor.direction == HistoryCursor::Direction::kBefore;
  const Microseconds from_us = query.cursor.occurred_us;
  const Microseconds edge_us = descending ? from_us - query.reach_us : from_us + query.reach_us;
  const std::size_t most = kMuchTooFar * (query.limit + 1);
  const bool few = query.records.size() <= kFewRecords;
  std::vector<Parameter> parameters(query.records.begin(), query.records.end());
  parameters.resize(few ? kFewRecords : kMaxRanges, query.records.back());
  parameters.insert(parameters.end(), {std::min(from_us, edge_us), std::max(from_us, edge_us), from_us, query.cursor.id,
                                       static_cast<std::int64_t>(most)});
  session.query((few ? kWindowOfFew : kWindowOfMany).at(descending ? 1 : 0), parameters,
                [&](const Row& row) { rows.push_back(history_row_of(row)); });
  if (rows.size() == most) {
    rows.clear();
    return query;
  }
  if (rows.size() > query.limit) return std::nullopt;
  HistoryQuery rest = query;
  rest.limit -= rows.size();
  rest.cursor.occurred_us = edge_us;
  rest.cursor.id = descending ? 0 : std::numeric_limits<Id>::max();
  return rest;
}

/// A window wants no filter, several records, and a place to begin.
bool is_for_window(const HistoryQuery& query, const ViewFilter& filter) {
  constexpr Microseconds kFar = std::numeric_limits<Microseconds>::max() / 4;
  const Microseconds from_us = query.cursor.occurred_us;
  return filter.all() && query.channel.empty() && query.search.empty() && query.records.size() > 1 &&
         query.records.size() <= kMaxRanges && query.reach_us > 0 && query.reach_us < kFar && from_us > -kFar &&
         from_us < kFar;
}

constexpr std::string_view kTriggerColumns =
    "SELECT g.id, g.occurred_us, g.record_id, g.attribute_id, g.engagement_id, g.thread_id, i.name, c.label, g.words "
    "FROM interest_trigger g JOIN attribute b ON b.id = g.attribute_id JOIN interest i ON i.id = b.interest_id "
    "JOIN interest_category c ON c.id = i.category_id ";
constexpr std::string_view kTriggerRows =
    " WHERE g.record_id = ? AND g.occurred_us >= ? AND g.occurred_us <= ? AND g.words <> '' AND b.removed = 0";
constexpr std::string_view kNewestTriggers = " ORDER BY g.occurred_us DESC, g.id DESC LIMIT 200";
constexpr std::string_view kOldestTriggers = " ORDER BY g.occurred_us, g.id LIMIT 200";
const std::string kTriggerSql = fmt::format("{} {}", kTriggerColumns, kTriggerRows);
const std::string kTriggerInViewSql = fmt::format(
    "{} JOIN record r ON r.id = g.record_id JOIN account a ON a.id = r.account_id LEFT JOIN thread t ON "
    "t.id = g.thread_id "
    "LEFT JOIN engagement e ON e.id = g.engagement_id {} AND ((g.thread_id IS NULL AND {}) OR (g.thread_id "
    "IS NOT NULL AND {} "
    "AND (e.id IS NULL OR {})))",
    kTriggerColumns, kTriggerRows, kAccountVisible, kThreadVisible, kInternalVisible);
const Statement kTriggersBefore{"triggers_before", fmt::format("{} {}", kTriggerSql, kNewestTriggers)};
const Statement kTriggersAfter{"triggers_after", fmt::format("{} {}", kTriggerSql, kOldestTriggers)};
const Statement kTriggersBeforeInView{"triggers_before_in_view",
                                      fmt::format("{} {}", kTriggerInViewSql, kNewestTriggers)};
const Statement kTriggersAfterInView{"triggers_after_in_view",
                                     fmt::format("{} {}", kTriggerInViewSql, kOldestTriggers)};

/// Of few records at once; who has more, or more triggers, is asked one by one.
constexpr std::int64_t kMostTriggers = 200;
const Statement kTriggersAtOnce{
    "triggers_at_once",
    fmt::format("{} WHERE g.record_id IN (?, ?, ?, ?, ?, ?, ?, ?) AND g.occurred_us >= ? AND g.occurred_us <= ? AND "
                "g.words <> '' AND b.removed = 0 LIMIT ?",
                kTriggerColumns)};

TriggerRow trigger_of(const Row& row) {
  return {row.integer(0), row.integer(1),           row.integer(2),           row.integer(3),          row.integer(4),
          row.integer(5), std::string(row.text(6)), std::string(row.text(7)), std::string(row.text(8))};
}
bool triggered_before(const TriggerRow& a, const TriggerRow& b) {
  return std::tie(a.occurred_us, a.id) < std::tie(b.occurred_us, b.id);
}

const Statement& trigger_statement(HistoryCursor::Direction direction, bool all) {
  if (direction == HistoryCursor::Direction::kAfter) return all ? kTriggersAfter : kTriggersAfterInView;
  return all ? kTriggersBefore : kTriggersBeforeInView;
}

const std::string kEngagementSql = fmt::format(
    "SELECT {}, COALESCE(y.text, e.preview) FROM engagement e JOIN record r ON r.id = e.record_id JOIN thread t ON "
    "t.id = e.thread_id "
    "LEFT JOIN engagement_body y ON y.engagement_id = e.id WHERE e.id = ? AND r.identity_id = ?",
    kColumns);
const Statement kEngagement{"engagement", kEngagementSql};
const Statement kEngagementInView{"engagement_in_view",
                                  fmt::format("{} AND {} AND {}", kEngagementSql, kThreadVisible, kInternalVisible)};

}  // namespace

HistoryCursor HistoryCursor::last() {
  return {Direction::kBefore, std::numeric_limits<Microseconds>::max(), std::numeric_limits<Id>::max()};
}

HistoryCursor HistoryCursor::first() {
  return {Direction::kAfter, std::numeric_limits<Microseconds>::min(), 0};
}

HistoryRow history_row_of(const Row& row) {
  return {row.integer(0),
          row.integer(1),
          row.integer(2),
          row.integer(3),
          static_cast<Direction>(row.integer(4)),
          static_cast<EngagementKind>(row.integer(5)),
          std::string(row.text(6)),
          std::string(row.text(7)),
          std::string(row.text(8)),
          row.integer(9) != 0,
          row.integer(10) != 0,
          row.integer(11) != 0,
          std::string(row.text(12))};
}

namespace {
bool older(const HistoryRow& a, const HistoryRow& b) {
  return std::tie(a.occurred_us, a.id) < std::tie(b.occurred_us, b.id);
}
}  // namespace

void merge(HistoryPage& page, const HistoryQuery& query, bool in_order) {
  const bool descending = query.cursor.direction == HistoryCursor::Direction::kBefore;
  std::vector<HistoryRow>& rows = page.rows;
  const std::size_t kept = std::min(rows.size(), query.limit);
  (descending ? page.more_before : page.more_after) = rows.size() > query.limit;
  if (in_order) {
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end());
    if (descending) std::reverse(rows.begin(), rows.end());
    return;
  }
  // A row is large, so its number is sorted instead of it.
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return older(rows[a], rows[b]); });
  const std::size_t begin = descending ? rows.size() - kept : 0;
  std::vector<HistoryRow> sorted;
  sorted.reserve(kept);
  for (std::size_t index = begin; index < begin + kept; ++index) sorted.push_back(std::move(rows[order[index]]));
  rows = std::move(sorted);
}

HistoryPage read_history(Session& session, const HistoryQuery& query, const ViewFilter& filter) {
  HistoryPage page;
  page.rows.reserve(query.limit + 1);
  std::optional<HistoryQuery> rest;
  if (is_for_window(query, filter)) {
    rest = read_window(session, query, page.rows);
    if (!rest) {
      merge(page, query, false);
      return page;
    }
  }
  const bool windowed = !page.rows.empty();
  const HistoryQuery& asked = rest ? *rest : query;
  const std::string pattern = query.search.empty() ? std::string{} : like_pattern(query.search);
  const bool descending = query.cursor.direction == HistoryCursor::Direction::kBefore;
  const Shape shape{1, descending, !filter.all(), !query.channel.empty(), !pattern.empty()};
  const auto each = [&](const Row& row) { page.rows.push_back(history_row_of(row)); };
  const std::span<const Id> records(query.records);
  for (std::size_t at = 0; at < records.size(); at += kMaxRanges) {
    const auto some = records.subspan(at, std::min(kMaxRanges, records.size() - at));
    if (session.dialect() == Dialect::kSqlite)
      read_union(session, asked, some, filter, pattern, shape, each);
    else
      read_some_of_each(session, asked, some, filter, pattern, shape, page.rows);
  }
  const std::size_t ordered = session.dialect() == Dialect::kSqlite ? kMaxRanges : 1;
  merge(page, query, !windowed && records.size() <= ordered);
  return page;
}

std::vector<TriggerRow> read_triggers(Session& session, std::span<const Id> records, Microseconds from_us,
                                      Microseconds to_us, HistoryCursor::Direction direction,
                                      const ViewFilter& filter) {
  std::vector<TriggerRow> triggers;
  const auto each = [&](const Row& row) { triggers.push_back(trigger_of(row)); };
  const auto ask_each = [&] {
    std::vector<Session::Ask> asks;
    asks.reserve(records.size());
    for (const Id record : records) {
      Session::Ask& ask =
          asks.emplace_back(Session::Ask{&trigger_statement(direction, filter.all()), {record, from_us, to_us}, each});
      if (filter.all()) continue;
      filter.add_account(ask.parameters);
      filter.add_thread(ask.parameters);
      filter.add_internal(ask.parameters);
    }
    session.query_all(asks, false);
  };
  if (records.empty()) return triggers;
  bool whole = false;
  if (filter.all() && records.size() <= kFewRecords) {
    std::vector<Parameter> parameters(records.begin(), records.end());
    parameters.resize(kFewRecords, records.back());
    parameters.insert(parameters.end(), {from_us, to_us, kMostTriggers + 1});
    session.query(kTriggersAtOnce, parameters, each);
    whole = triggers.size() <= static_cast<std::size_t>(kMostTriggers);
    if (!whole) triggers.clear();
  }
  if (!whole) ask_each();
  std::sort(triggers.begin(), triggers.end(), triggered_before);
  return triggers;
}

std::optional<std::vector<TriggerRow>> read_all_triggers(Session& session, std::span<const Id> records) {
  std::vector<TriggerRow> triggers;
  for (std::size_t at = 0; at < records.size(); at += kFewRecords) {
    const auto some = records.subspan(at, std::min(kFewRecords, records.size() - at));
    std::vector<Parameter> parameters(some.begin(), some.end());
    parameters.resize(kFewRecords, some.back());
    parameters.insert(parameters.end(), {std::numeric_limits<Microseconds>::min(),
                                         std::numeric_limits<Microseconds>::max(), kMostTriggers + 1});
    session.query(kTriggersAtOnce, parameters, [&](const Row& row) { triggers.push_back(trigger_of(row)); });
    if (triggers.size() > static_cast<std::size_t>(kMostTriggers)) return std::nullopt;
  }
  std::sort(triggers.begin(), triggers.end(), triggered_before);
  return triggers;
}

std::optional<FoundEngagement> read_engagement(Session& session, Id identity, Id engagement, const ViewFilter& filter) {
  std::vector<Parameter> parameters = {engagement, identity};
  if (!filter.all()) {
    filter.add_thread(parameters);
    filter.add_internal(parameters);
  }
  std::optional<FoundEngagement> found;
  session.query(filter.all() ? kEngagement : kEngagementInView, parameters, [&](const Row& row) {
    found = FoundEngagement{history_row_of(row), std::string(row.text(13))};
  });
  return found;
}

}  // namespace identities::store
