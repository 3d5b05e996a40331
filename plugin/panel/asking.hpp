// Who asks, about whom, and what: the context that a host passes with every panel request and action, decoded. Shapes
// and limits: manifest/schemas/panel_request.json and action.json. Plain values that own their text; decoding is pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/identifier.hpp"
#include "core/json_reader.hpp"
#include "core/view.hpp"
#include "store/history_reader.hpp"
#include "store/note_writer.hpp"

namespace identities::panel {

/// The request breaks its schema; what() is one line for the host without personal data.
class BadRequest : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the request names is not there, or not in view. what() as above.
class NotFound : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// It does not fit what is: somebody changed or deleted it meanwhile, say. What is decided of who is who is refused by
/// "reason: words", of which the reason is one of a sidebar's texts (conflict.* in manifest/locales).
class Conflict : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// This agent may not do that to another's note.
class Forbidden : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Requester {
  IdentifierKind kind = IdentifierKind::kEmail;
  std::string value;  // as the helpdesk has it
  std::string scope;
  std::string name;
  bool cc = false;
};

struct Asking {
  std::vector<Requester> requesters;
  std::optional<std::size_t> select;
  std::string account;
  std::string thread;
  std::string partition;
  Agent agent;
  std::string agent_time_zone;
  std::vector<std::string> scopes;
  View view;

  bool has_scope(std::string_view scope) const;
};

enum class Pivot { kOpen, kAttributes, kHistory, kEvidence, kEngagement, kCompare, kWhy, kLog, kUndo, kParts, kFind };

struct PanelRequest {
  Asking asking;
  Pivot pivot = Pivot::kOpen;
  std::string cursor;
  Id account = 0;  // the filter's; 0: all
  std::string channel;
  std::string search;
  Id around = 0;
  Id attribute = 0;
  Id engagement = 0;
  std::string if_version;
  Id suggestion = 0;              // compare
  Id with = 0;                    // compare, where there is no suggestion
  Id log = 0;                     // undo
  Id log_before = 0;              // log: older entries than that; 0: the newest
  std::optional<Requester> find;  // find
};

struct ActionRequest {
  Asking asking;
  std::string key;
  Id id = 0;
  std::string text;
  std::optional<bool> pinned;
  std::optional<std::int64_t> version;
  store::NoteLink link = store::NoteLink::kNone;
  Id link_engagement = 0;
  Id suggestion = 0;
  Id with = 0;
  Id log = 0;
  Id record = 0;
  std::vector<Id> records;
  std::optional<bool> same;
  std::optional<Requester> identifier;  // kind, value and scope
  std::string seen;                     // of the reply that it was decided on; empty: it was not given
  std::string args_digest;
};

/// Records that one split names.
constexpr std::size_t kMaxSplitRecords = 500;

/// Characters of a note.
constexpr std::size_t kMaxNoteCharacters = 10'000;

PanelRequest decode_panel_request(std::string_view json);
ActionRequest decode_action(std::string_view json);

/// first, last, b<microseconds>.<id> or a<microseconds>.<id>; nothing when it is none of them.
std::optional<store::HistoryCursor> parse_history_cursor(std::string_view text);
std::string history_cursor(store::HistoryCursor::Direction direction, Microseconds occurred_us, Id id);

}  // namespace identities::panel
