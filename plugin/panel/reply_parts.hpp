// The parts of a panel reply as JSON, each written into an open object. Shapes: manifest/schemas/panel_reply.json.
// Pure functions over what was read.
#pragma once

#include "panel/identity_picture.hpp"
#include "panel/sidebar.hpp"

namespace identities::panel {

/// What all parts refer to.
struct PartContext {
  const Asking& asking;
  const store::Accounts& accounts;
  const ResolvedTicket& ticket;
  Microseconds now_us = 0;
};

/// The name: of a CRM first, then the newest of the other records; empty when none has one.
std::string shown_name(const store::Accounts& accounts, const std::vector<store::RecordRow>& records);
/// The identifiers as an array, each once.
void write_identifier_list(JsonWriter& json, const store::Accounts& accounts,
                           const std::vector<store::RecordRow>& records,
                           const std::vector<store::IdentifierRow>& identifiers);
/// Its members kind, value, scope, verified, account, imitates and domain, in an open object. record: that has it; may
/// be nullptr.
void write_identifier(JsonWriter& json, const store::RecordRow* record, const store::IdentifierRow& identifier);
/// The labels of the records' accounts as an array, each once.
void write_source_labels(JsonWriter& json, const store::Accounts& accounts,
                         const std::vector<store::RecordRow>& records);

/// The agent's scopes, as far as the panel has a use for them.
void write_may(JsonWriter& json, const Asking& asking);
void write_requesters(JsonWriter& json, const PartContext& context);
void write_identity(JsonWriter& json, const PartContext& context, const IdentityPicture& picture,
                    const Summary& summary);
void write_notes(JsonWriter& json, const PartContext& context, const std::vector<store::Note>& notes,
                 const store::ViewFilter& filter, store::Session& session);
void write_summary(JsonWriter& json, const Summary& summary);
/// One line of the summary as an object.
void write_line(JsonWriter& json, const SummaryLine& line);
void write_counts(JsonWriter& json, const IdentityPicture& picture, const Summary& summary, std::int64_t taxonomy);
void write_accounts(JsonWriter& json, const PartContext& context, const std::vector<store::RecordRow>& records);
void write_since(JsonWriter& json, const PartContext& context, const IdentityPicture& picture);
void write_history(JsonWriter& json, const PartContext& context, const std::vector<store::RecordRow>& records,
                   const HistoryPart& part);
void write_attributes(JsonWriter& json, const PartContext& context, const IdentityPicture& picture,
                      const Summary& summary, std::size_t begin);
/// One note as an object; also the reply of the note actions. Its link is left out when it leads out of the view.
void write_note(JsonWriter& json, const PartContext& context, const store::Note& note, const store::ViewFilter& filter,
                store::Session& session);
/// The template with {name} replaced by the percent-encoded value; empty when it is not a web address or a local path.
std::string filled_url(std::string_view url, std::string_view name, std::string_view value);

}  // namespace identities::panel
