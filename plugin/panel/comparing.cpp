#include "panel/comparing.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <set>

#include "core/identifier.hpp"
#include "core/mail_provider.hpp"
#include "core/person_name.hpp"
#include "core/string_distance.hpp"
#include "core/utf8.hpp"
#include "panel/digest.hpp"
#include "panel/judged.hpp"
#include "store/membership.hpp"
#include "store/visible_told.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostSuggestions = 5;
constexpr std::size_t kFieldCharacters = 500;
constexpr double kSimilarText = 0.9;

constexpr std::array<std::string_view, 4> kAgreementNames = {"same", "similar", "different", "missing"};

using Texts = std::map<std::string, std::string>;  // what is compared, and what is shown

std::string listed(const Texts& texts) {
  std::string list;
  for (const auto& [compared, shown] : texts) {
    if (!list.empty()) list += ", ";
    list += shown;
  }
  return std::string(utf8_prefix(list, kFieldCharacters));
}

Texts identifiers_of(const IdentityPicture& picture, std::string_view kind) {
  Texts texts;
  for (const store::IdentifierRow& identifier : picture.identifiers)
    if (identifier.kind == kind) texts.emplace(identifier.value, identifier.shown);
  return texts;
}

Texts names_of(const IdentityPicture& picture) {
  Texts texts;
  for (const store::RecordRow& record : picture.records)
    if (!record.name.empty()) texts.emplace(record.name, record.name);
  return texts;
}

Texts handles_of(const IdentityPicture& picture) {
  Texts texts;
  for (const store::RecordRow& record : picture.records)
    if (const auto handle = normalise_handle("", record.handle)) texts.emplace(*handle, record.handle);
  return texts;
}

Texts known_of(const IdentityPicture& picture, std::string_view key) {
  Texts texts;
  for (const store::AttributeRow& attribute : picture.attributes) {
    if (attribute.key != key) continue;
    const std::string text = attribute.type == AttributeType::kNumber
                                 ? std::to_string(static_cast<std::int64_t>(attribute.number))
                                 : attribute.text;
    if (!text.empty()) texts.emplace(text, text);
  }
  return texts;
}

/// The outcome of the pair that agrees best.
template <typename Outcome>
Agreement best_of(const Texts& left, const Texts& right, const Outcome& outcome) {
  if (left.empty() || right.empty()) return Agreement::kMissing;
  Agreement best = Agreement::kDifferent;
  for (const auto& [one, shown] : left)
    for (const auto& [other, also_shown] : right) best = std::min(best, outcome(one, other));
  return best;
}

Agreement same_or_similar(const std::string& left, const std::string& right) {
  if (left == right) return Agreement::kSame;
  return jaro_winkler(left, right) >= kSimilarText ? Agreement::kSimilar : Agreement::kDifferent;
}

Agreement same_or_not(const std::string& left, const std::string& right) {
  return left == right ? Agreement::kSame : Agreement::kDifferent;
}

Agreement compare_two_names(const std::string& left, const std::string& right) {
  const PersonName one = parse_name(left);
  const PersonName other = parse_name(right);
  if (one == other) return Agreement::kSame;
  return compare_names(one, other, false) == NameAgreement::kCompatible ? Agreement::kSimilar : Agreement::kDifferent;
}

Agreement compare_emails(const std::string& left, const std::string& right) {
  if (left == right) return Agreement::kSame;
  const auto local_of = [](std::string_view email) { return email.substr(0, email.find('@')); };
  const auto domain_of = [](std::string_view email) { return email.substr(email.find('@') + 1); };
  const auto bare = [](std::string_view local) { return std::string(local.substr(0, local.find('+'))); };
  const std::string one = bare(local_of(left));
  const std::string other = bare(local_of(right));
  // A name at one provider says something of that name at another, some of which ignore dots; colleagues share a
  // domain, and every company has an info@.
  const auto without_dots = [](std::string local) {
    std::erase(local, '.');
    return local;
  };
  const bool providers = is_mail_provider(domain_of(left)) && is_mail_provider(domain_of(right));
  const bool comparable =
      domain_of(left) == domain_of(right) || (providers && without_dots(one) == without_dots(other));
  const auto is_a_persons = [&](const std::string& email) {
    return blocked_reason(IdentifierKind::kEmail, email, default_rules()) != BlockedReason::kRole;
  };
  if (!comparable || !is_a_persons(left) || !is_a_persons(right)) return Agreement::kDifferent;
  return jaro_winkler(one, other) >= kSimilarText ? Agreement::kSimilar : Agreement::kDifferent;
}

Agreement compare_phones(const std::string& left, const std::string& right) {
  if (left == right) return Agreement::kSame;
  const std::string suffix = phone_suffix(left);
  return !suffix.empty() && suffix == phone_suffix(right) ? Agreement::kSimilar : Agreement::kDifferent;
}

/// Ids of different sources say nothing of each other.
template <typename Outcome>
void add_by_source(std::vector<Compared>& all, std::string_view field, const Texts& left, const Texts& right,
                   const Outcome& outcome) {
  const auto source = [](const std::string& id) { return id.substr(0, id.find(':')); };
  Agreement best = Agreement::kMissing;
  for (const auto& [one, shown] : left)
    for (const auto& [other, also_shown] : right)
      if (source(one) == source(other)) best = std::min(best, outcome(one, other));
  if (best != Agreement::kMissing) all.push_back({field, best, listed(left), listed(right)});
}

/// Is what agrees among the numbers a landline alone, which is a household's?
bool is_of_a_household(const std::vector<Compared>& all, const IdentityPicture& left, const IdentityPicture& right) {
  if (all.empty() || all.back().field != "phone" || all.back().outcome != Agreement::kSame) return false;
  const Texts other = identifiers_of(right, "phone");
  bool landline = false;
  for (const auto& [key, shown] : identifiers_of(left, "phone")) {
    if (!other.contains(key)) continue;
    if (!key.starts_with('+') || phone_use(key) != PhoneUse::kHousehold) return false;
    landline = true;
  }
  return landline;
}

template <typename Outcome>
void add(std::vector<Compared>& all, std::string_view field, const Texts& left, const Texts& right,
         const Outcome& outcome) {
  if (left.empty() && right.empty()) return;
  all.push_back({field, best_of(left, right, outcome), listed(left), listed(right)});
}

void write_side(JsonWriter& json, const Looking& looking, const IdentityPicture& picture) {
  const auto time = [&](std::string_view name, const std::optional<Microseconds>& at_us) {
    json.key(name);
    if (at_us)
      json.integer(*at_us);
    else
      json.null();
  };
  const std::string born = listed(known_of(picture, "person.birth_date"));
  json.begin_object()
      .member_id("identity", picture.ref.id)
      .member("name", shown_name(looking.part.accounts, picture.records));
  json.key("identifiers");
  write_identifier_list(json, looking.part.accounts, picture.records, picture.identifiers);
  json.key("sources");
  write_source_labels(json, looking.part.accounts, picture.records);
  time("first_us", picture.totals.first_us);
  time("last_us", picture.totals.last_us);
  json.member_integer("messages", picture.totals.in + picture.totals.out)
      .member_if("city", utf8_prefix(known_text(picture.known, "person.city"), 100))
      .member_if("born", utf8_prefix(born.empty() ? listed(known_of(picture, "person.birth_year")) : born, 32));
  json.end_object();
}

}  // namespace

bool share_in_view(const std::vector<store::IdentifierRow>& identifiers, Id record, Id other, std::string_view kind) {
  const auto has = [&](Id holder, const std::string& value) {
    return std::any_of(identifiers.begin(), identifiers.end(), [&](const store::IdentifierRow& row) {
      return row.record == holder && row.kind == kind && row.value == value;
    });
  };
  return std::any_of(identifiers.begin(), identifiers.end(), [&](const store::IdentifierRow& row) {
    return row.record == record && row.kind == kind && has(other, row.value);
  });
}

std::string_view kind_of_rule(std::string_view rule) {
  if (rule == "D1") return "customer";
  if (rule == "D2") return "platform";
  if (rule == "D3" || rule == "S1") return "email";
  return rule == "D4" ? "phone" : "";
}

std::string seen_of(const IdentityPicture& own, const IdentityPicture* other) {
  std::string text;
  for (const IdentityPicture* each : {&own, other}) {
    if (each == nullptr) continue;
    std::set<Id> records;
    for (const store::RecordRow& record : each->records) records.insert(record.id);
    for (const Id record : records) text.append(std::to_string(record)).append(1, ' ');
    text += '|';
  }
  return digest(text);
}

std::vector<Compared> compare(const IdentityPicture& left, const IdentityPicture& right) {
  std::vector<Compared> all;
  add(all, "name", names_of(left), names_of(right), compare_two_names);
  add(all, "email", identifiers_of(left, "email"), identifiers_of(right, "email"), compare_emails);
  add(all, "phone", identifiers_of(left, "phone"), identifiers_of(right, "phone"), compare_phones);
  if (is_of_a_household(all, left, right)) all.back().field = "landline";
  add(all, "city", known_of(left, "person.city"), known_of(right, "person.city"), same_or_similar);
  Texts left_birth = known_of(left, "person.birth_date");
  Texts right_birth = known_of(right, "person.birth_date");
  if (left_birth.empty() || right_birth.empty()) {
    left_birth = known_of(left, "person.birth_year");
    right_birth = known_of(right, "person.birth_year");
  }
  add(all, "birth_date", left_birth, right_birth, same_or_not);
  add(all, "handle", handles_of(left), handles_of(right), same_or_similar);
  add_by_source(all, "customer_id", identifiers_of(left, "customer"), identifiers_of(right, "customer"), same_or_not);
  add_by_source(all, "platform_id", identifiers_of(left, "platform"), identifiers_of(right, "platform"), same_or_not);
  std::stable_sort(all.begin(), all.end(), [](const Compared& a, const Compared& b) { return a.outcome < b.outcome; });
  return all;
}

std::optional<IdentityPicture> see(const Looking& looking, Id identity) {
  const Id live = store::live_identity(looking.session, identity);
  if (live == 0) return std::nullopt;
  IdentityPicture picture =
      read_picture(looking.session, looking.part.asking, {live, 0}, 0, looking.filter, looking.part.now_us);
  if (picture.records.empty()) return std::nullopt;
  return picture;
}

namespace {

/// The fields of which at least one must agree for a rule to have suggested that; none: it is not known.
std::vector<std::string_view> grounds_of(std::string_view rule) {
  if (rule == "D1") return {"customer_id"};
  if (rule == "D2") return {"platform_id"};
  if (rule == "D3" || rule.starts_with('E') || rule.starts_with('S')) return {"email"};
  if (rule == "D4" || rule.starts_with('T')) return {"phone", "landline"};
  if (rule.starts_with('H')) return {"handle"};
  if (rule == "P") return {"email", "handle"};
  return {};
}

bool agrees(const std::vector<Compared>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(), [&](const Compared& field) {
    return field.field == name && (field.outcome == Agreement::kSame || field.outcome == Agreement::kSimilar);
  });
}

/// Is what suggested it among what these fields show?
bool rests_on(const store::Suggestion& suggestion, const std::vector<Compared>& fields) {
  const std::vector<std::string_view> grounds = grounds_of(suggestion.rule);
  if (!grounds.empty())
    return std::any_of(grounds.begin(), grounds.end(), [&](std::string_view name) { return agrees(fields, name); });
  boost::system::error_code failed;
  const json::value reasons = json::parse(suggestion.reasons, failed);
  if (failed || !reasons.is_array() || reasons.get_array().empty()) return false;
  return std::all_of(reasons.get_array().begin(), reasons.get_array().end(), [&](const json::value& reason) {
    const json::value* field = reason.is_object() ? reason.get_object().if_contains("field") : nullptr;
    const json::value* outcome = reason.is_object() ? reason.get_object().if_contains("outcome") : nullptr;
    if (field == nullptr || outcome == nullptr || !field->is_string() || !outcome->is_string()) return false;
    const bool speaks_for = outcome->get_string() == "same" || outcome->get_string() == "similar";
    const std::string_view name = field->get_string();
    return !speaks_for || agrees(fields, name) || (name == "phone" && agrees(fields, "landline"));
  });
}

/// A restricted view sees a suggestion only where it sees both records, and what it rests on; and no doubt, for
/// what that rests on is others' use of a value. other_records: what is in view of the other identity.
bool may_see(const Looking& looking, const IdentityPicture& own, const store::Suggestion& suggestion,
             const std::vector<store::RecordRow>& other_records) {
  if (other_records.empty()) return false;
  const bool contradicts = suggestion.rule == kConflict;
  if (looking.filter.all()) return !contradicts || contradiction_of(looking, own, suggestion).may_be_told();
  if (suggestion.review) return false;
  if (record_of(own.records, suggestion.record) == nullptr ||
      record_of(other_records, suggestion.other_record) == nullptr)
    return false;
  if (contradicts) return contradiction_of(looking, own, suggestion).may_be_told();
  const auto other = see(looking, suggestion.other_identity);
  return other && rests_on(suggestion, compare(own, *other));
}

}  // namespace

void write_suggestions(JsonWriter& json, const Looking& looking, const IdentityPicture& own) {
  json.key("suggestions").begin_array();
  std::size_t written = 0;
  if (own.ref.id != 0) {
    for (const store::Suggestion& suggestion : store::open_suggestions(looking.session, own.ref.id)) {
      if (written == kMostSuggestions) break;
      // A name and where it comes from are all that is told here, so an agent who sees everything needs the records.
      std::vector<store::RecordRow> records =
          store::read_records(looking.session, suggestion.other_identity, looking.filter);
      if (!may_see(looking, own, suggestion, records)) continue;
      if (suggestion.review)
        std::erase_if(records, [&](const store::RecordRow& record) { return record.id != suggestion.other_record; });
      json.begin_object()
          .member_id("id", suggestion.id)
          .member_id("identity", suggestion.other_identity)
          .member("name", shown_name(looking.part.accounts, records));
      if (suggestion.review) json.member_id("doubted", suggestion.other_record);
      json.key("sources");
      write_source_labels(json, looking.part.accounts, records);
      json.member("strength", suggestion.weight >= store::kStrong ? "strong" : "possible");
      write_judged(json, looking, own, suggestion);
      json.end_object();
      ++written;
    }
  }
  json.end_array();
}

store::Suggestion require_suggestion(const Looking& looking, const IdentityPicture& own, Id id) {
  const auto suggestion = store::find_suggestion(looking.session, id, own.ref.id);
  if (suggestion) {
    const auto records = store::read_records(looking.session, suggestion->other_identity, looking.filter);
    if (may_see(looking, own, *suggestion, records)) return *suggestion;
  }
  throw NotFound("no such suggestion on this identity; a colleague may have decided it");
}

Id write_found(JsonWriter& json, const Looking& looking, const Requester& wanted) {
  const store::Account* account = looking.part.ticket.account;
  const auto key = key_of(wanted, account, looking.part.accounts.rules());
  const auto ref =
      key ? store::resolve(looking.session, wanted.kind, *key, account == nullptr ? 0 : account->id) : std::nullopt;
  const bool told = ref && (looking.filter.all() ||
                            store::identifier_in_view(looking.session, ref->id, wanted.kind, *key, looking.filter));
  const auto seen = told ? see(looking, ref->id) : std::nullopt;
  json.key("found");
  if (!seen) {
    json.null();
    return 0;
  }
  json.begin_object()
      .member_id("identity", seen->ref.id)
      .member("name", shown_name(looking.part.accounts, seen->records))
      .end_object();
  return seen->ref.id;
}

Id write_comparison(JsonWriter& json, const Looking& looking, const IdentityPicture& own, Id suggestion, Id with) {
  std::optional<store::Suggestion> suggested;
  if (suggestion != 0) suggested = require_suggestion(looking, own, suggestion);
  const auto other = see(looking, suggested ? suggested->other_identity : with);
  if (!other) throw NotFound("no such identity in your view; it may have been merged or erased");
  if (other->ref.id == own.ref.id) throw Conflict("one-already: they are one identity already");
  json.member("seen", seen_of(own, &*other));
  json.key("compare").begin_object().key("suggestion");
  if (suggested)
    json.id(suggested->id);
  else
    json.null();
  json.key("left");
  write_side(json, looking, own);
  json.key("right");
  write_side(json, looking, *other);
  json.key("evidence").begin_array();
  for (const Compared& field : compare(own, *other))
    json.begin_object()
        .member("field", field.field)
        .member("outcome", kAgreementNames[static_cast<std::size_t>(field.outcome)])
        .member("left", field.left)
        .member("right", field.right)
        .end_object();
  json.end_array().key("rule");
  if (suggested)
    json.string(suggested->rule);
  else
    json.null();
  if (suggested) write_judged(json, looking, own, *suggested);
  json.end_object();
  return other->ref.id;
}

}  // namespace identities::panel
