// Reads an identity's history by keyset: a page is a UNION ALL of one limited range per record, so its cost does not
// grow with the length of the history. Everything passes the view's filter in SQL. Uses the session it is given.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/engagement.hpp"
#include "store/view_filter.hpp"

namespace identities::store {

/// Where a page begins; it names no record, so it survives a merge.
struct HistoryCursor {
  enum class Direction { kBefore, kAfter };
  Direction direction = Direction::kBefore;
  Microseconds occurred_us = 0;
  Id id = 0;

  static HistoryCursor last();   // the newest page
  static HistoryCursor first();  // the oldest page
};

struct HistoryQuery {
  std::vector<Id> records;
  HistoryCursor cursor = HistoryCursor::last();
  std::size_t limit = 50;
  std::string channel;  // empty: all
  std::string search;   // empty: all; a part of the text, ASCII letters in any case
  /// How far from the cursor a page of such a limit may reach, where something tells; 0: unknown. It costs more where
  /// it is wrong, and changes nothing else.
  Microseconds reach_us = 0;
};

struct HistoryRow {
  Id id = 0;
  Microseconds occurred_us = 0;
  Id record = 0;
  Id thread = 0;
  Direction direction = Direction::kIn;
  EngagementKind kind = EngagementKind::kMessage;
  std::string channel;
  std::string author;
  std::string preview;
  bool has_more = false;
  bool edited = false;
  bool clamped = false;
  std::string attachments;  // a JSON array; empty when there are none
};

struct HistoryPage {
  std::vector<HistoryRow> rows;  // oldest first
  bool more_before = false;
  bool more_after = false;  // only known for the direction that was asked
};

struct TriggerRow {
  Id id = 0;
  Microseconds occurred_us = 0;
  Id record = 0;
  Id attribute = 0;
  Id engagement = 0;
  Id thread = 0;
  std::string interest;
  std::string category;
  std::string words;
};

struct FoundEngagement {
  HistoryRow row;
  std::string text;  // whole
};

/// Of a row whose columns are those of a page.
HistoryRow history_row_of(const Row& row);

/// Brings the rows of all ranges into one page of at most query.limit, oldest first. in_order: they are in the query's
/// direction already.
void merge(HistoryPage& page, const HistoryQuery& query, bool in_order);

HistoryPage read_history(Session& session, const HistoryQuery& query, const ViewFilter& filter);

/// Triggers with words between two times, both included, oldest first; at most 200 a record: the oldest of them when
/// the page is read forwards, else the newest.
std::vector<TriggerRow> read_triggers(Session& session, std::span<const Id> records, Microseconds from_us,
                                      Microseconds to_us, HistoryCursor::Direction direction, const ViewFilter& filter);

/// All triggers with words of these records, oldest first; nothing when they are more than 200.
std::optional<std::vector<TriggerRow>> read_all_triggers(Session& session, std::span<const Id> records);

/// The engagement when it is one of that identity and in view.
std::optional<FoundEngagement> read_engagement(Session& session, Id identity, Id engagement, const ViewFilter& filter);

}  // namespace identities::store
