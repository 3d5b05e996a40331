// Everything of one identity that an opening shows, read in one go inside one read transaction. Plain values; the views
// into text (Known) borrow from `attributes`, so a picture is not copied.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/summarise.hpp"
#include "panel/asking.hpp"
#include "store/accounts.hpp"
#include "store/identity_reader.hpp"
#include "store/known_identities.hpp"
#include "store/opening_reader.hpp"
#include "store/taxonomy.hpp"
#include "store/thread_reader.hpp"

namespace identities::panel {

/// A page of the history with what it refers to.
struct HistoryPart {
  store::HistoryPage page;
  std::vector<store::TriggerRow> triggers;
  std::vector<store::ThreadRow> threads;
  Id present_thread = 0;
};

struct IdentityPicture {
  store::IdentityRef ref;  // id 0: unknown
  std::vector<store::RecordRow> records;
  std::vector<store::IdentifierRow> identifiers;
  std::vector<store::Note> notes;
  std::vector<store::AttributeRow> attributes;
  store::ThreadTotals totals;
  std::optional<store::Looked> looked;
  HistoryPart history;
  std::vector<Known> known;                    // the attributes, as the summary takes them
  std::optional<std::int64_t> mailbox_people;  // of a role's address: how many write from it
};

/// Engagements on one page, and with the interests between them: what keeps an opening below 30 KB.
constexpr std::size_t kPageRows = 50;
constexpr std::size_t kPageRowsAndTriggers = 64;

/// Reads the picture of an identity; an empty one when ref.id is 0. now_us decides what has expired.
IdentityPicture read_picture(store::Session& session, const Asking& asking, store::IdentityRef ref, Id present_thread,
                             const store::ViewFilter& filter, Microseconds now_us);

/// The picture of what read_opening gave, without reading anything again unless the opening was too large for it.
/// REQUIRES: outside a transaction.
IdentityPicture picture_of(store::Session& session, store::Taxonomy& taxonomy, const Asking& asking,
                           store::Opening opening, Id present_thread, const store::ViewFilter& filter,
                           Microseconds now_us);

/// The record of that id; nullptr when it is not among them.
const store::RecordRow* record_of(const std::vector<store::RecordRow>& records, Id id);

/// Fills the picture's attributes, those that this agent may see, and `known`.
void read_attributes_into(IdentityPicture& picture, store::Session& session, const Asking& asking,
                          const store::ViewFilter& filter, Microseconds now_us);

/// The same, where the identity is known beforehand, for an agent who sees everything: in two statements. The last one
/// tells what is now, and what is known must be as of that.
struct KnownHistoryPart {
  HistoryPart part;
  std::int64_t settings_version = 0;
  store::IdentityRef holder;  // of the key
};
std::optional<KnownHistoryPart> read_known_history(store::Session& session, const store::KnownIdentity& known,
                                                   const store::HistoryQuery& query, Id around,
                                                   const store::OpeningQuery& asked);

/// A page with its triggers and threads. around: centres the page on that engagement instead; 0: not.
HistoryPart read_history_part(store::Session& session, Id identity, const store::HistoryQuery& query, Id around,
                              Id present_thread, const store::ViewFilter& filter);

}  // namespace identities::panel
