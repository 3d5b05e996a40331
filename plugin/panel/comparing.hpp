// Two identities side by side, and what speaks for and against their being one person, in fields and words, never in
// weights; and the suggestions that lead there. Everything passes the view: what rests on something hidden is not told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "panel/identity_picture.hpp"
#include "panel/reply_parts.hpp"
#include "store/suggestions.hpp"

namespace identities::panel {

enum class Agreement : std::uint8_t { kSame, kSimilar, kDifferent, kMissing };

/// One field of two identities.
struct Compared {
  std::string_view field;  // as manifest/schemas/panel_reply.json names them
  Agreement outcome = Agreement::kMissing;
  std::string left;
  std::string right;
};

/// Every field that either has, what agrees first.
std::vector<Compared> compare(const IdentityPicture& left, const IdentityPicture& right);

/// What the parts below share: who asks, and what of it is seen.
struct Looking {
  store::Session& session;
  const PartContext& part;
  const store::ViewFilter& filter;
};

/// Do both records have an identifier of that kind in common, as far as it is in view? Else a rule that rests on one is
/// not told.
bool share_in_view(const std::vector<store::IdentifierRow>& identifiers, Id record, Id other, std::string_view kind);

/// Of which kind the identifiers are that a rule links by; empty: it goes by something else.
std::string_view kind_of_rule(std::string_view rule);

/// The member "seen" of who is compared, or of one identity's parts: the same as long as these records are theirs.
std::string seen_of(const IdentityPicture& own, const IdentityPicture* other = nullptr);

/// The member "suggestions" of an opening: those that this agent may see, strongest first, at most five.
void write_suggestions(JsonWriter& json, const Looking& looking, const IdentityPicture& own);

/// The members "compare" and "seen": with the identity of that suggestion, or else with `with`, which it returns.
/// Throws NotFound, and Conflict where both are one already.
Id write_comparison(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id suggestion, Id with);

/// The member "found": whoever has that identifier, or null. Returns whom it told of; 0: nobody.
Id write_found(JsonWriter& json, const Looking& looking, const Requester& wanted);

/// The picture of another identity as this agent sees it; nothing when nothing of it is in view.
std::optional<IdentityPicture> see(const Looking& looking, Id identity);

/// The suggestion and the other identity's live id, if this agent may see it; throws NotFound otherwise.
store::Suggestion require_suggestion(const Looking& looking, const IdentityPicture& own, Id suggestion);

}  // namespace identities::panel
