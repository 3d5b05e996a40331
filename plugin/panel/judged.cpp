#include "panel/judged.hpp"

#include "core/identifier.hpp"
#include "panel/seen_records.hpp"
#include "store/identity_log.hpp"
#include "store/membership.hpp"

namespace identities::panel {
namespace {

/// Could that have joined them? A household's number and a role's address are no such ground, though they are in view.
bool joins_by(const store::IdentifierRow& row, std::string_view rule, const ResolutionRules& rules) {
  if (row.kind != kind_of_rule(rule)) return false;
  if (row.kind == "phone") return phone_use(row.value) == PhoneUse::kPersonal;
  return row.kind != "email" || blocked_reason(IdentifierKind::kEmail, row.value, rules) == BlockedReason::kNone;
}

/// Two whom their source calls one customer have no id in common that could be seen; whoever sees everything is told.
bool in_common(const Looking& looking, const IdentityPicture& own, const store::Suggestion& suggestion) {
  const std::string rule = store::conflict_rule(suggestion.reasons);
  if (looking.filter.all() && rule == code_of(LinkRule::kCustomerId)) return true;
  std::vector<store::IdentifierRow> identifiers =
      store::read_identifiers(looking.session, suggestion.other_identity, looking.filter);
  identifiers.insert(identifiers.end(), own.identifiers.begin(), own.identifiers.end());
  std::erase_if(identifiers,
                [&](const store::IdentifierRow& row) { return !joins_by(row, rule, looking.part.accounts.rules()); });
  return share_in_view(identifiers, suggestion.record, suggestion.other_record, kind_of_rule(rule));
}

}  // namespace

Contradiction contradiction_of(const Looking& looking, const IdentityPicture& own,
                               const store::Suggestion& suggestion) {
  Contradiction found;
  found.in_common = in_common(looking, own, suggestion);
  if (!found.in_common) return found;
  const std::set<Id> judgements = store::judgements_between(looking.session, own.ref.id, suggestion.other_identity);
  found.judged = !judgements.empty();
  SeenRecords records(looking, own);
  for (auto id = judgements.rbegin(); id != judgements.rend() && !found.judgement; ++id) {
    auto event = store::find_event(looking.session, *id);
    if (event && (looking.filter.all() || records.of(*event))) found.judgement = std::move(event);
  }
  return found;
}

void write_judged(JsonWriter& json, const Looking& looking, const IdentityPicture& own,
                  const store::Suggestion& suggestion) {
  if (suggestion.rule != kConflict) return;
  const Contradiction found = contradiction_of(looking, own, suggestion);
  if (!found.judgement) return;
  json.key("judged").begin_object();
  Actors(looking, {&*found.judgement, 1}).write(json, *found.judgement);
  json.member_integer("at_us", found.judgement->at_us)
      .member("since", store::conflict_rule(suggestion.reasons))
      .end_object();
}

}  // namespace identities::panel
