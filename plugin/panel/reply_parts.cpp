#include "panel/reply_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/lookalike.hpp"
#include "core/provider.hpp"
#include "core/utf8.hpp"

namespace identities::panel {
namespace {

constexpr std::size_t kMaxShownIdentifiers = 50;
constexpr std::size_t kMaxSources = 64;
// Characters that the header has room for; a delivery may bring more.
constexpr std::size_t kNameCharacters = 200;
constexpr std::size_t kWordCharacters = 100;
constexpr std::size_t kTimeZoneCharacters = 64;
constexpr std::size_t kLanguageCharacters = 35;
constexpr Microseconds kSinceAfterUs = 10 * kMinuteUs;  // as long as one visit lasts

/// What the ticket calls the requester.
std::string_view name_of(const Requester& requester) {
  return utf8_prefix(requester.name.empty() ? requester.value : requester.name, kNameCharacters);
}

/// What the ticket calls the requester, where no source has a name.
std::string display_name(const PartContext& context, const IdentityPicture& picture) {
  std::string name = shown_name(context.accounts, picture.records);
  return name.empty() ? std::string(name_of(context.asking.requesters[context.ticket.selected])) : name;
}

/// The first characters of the first and the last word.
std::string initials_of(std::string_view name) {
  const auto first_of = [](std::string_view word) { return std::string(utf8_prefix(word, 1)); };
  const auto space = name.rfind(' ');
  std::string initials = first_of(name);
  if (space != std::string_view::npos && space + 1 < name.size()) initials += first_of(name.substr(space + 1));
  return initials;
}

/// Nothing but the present ticket speaks of this person.
bool is_first_contact(const PartContext& context, const IdentityPicture& picture) {
  if (picture.ref.id == 0) return true;
  return picture.notes.empty() && picture.attributes.empty() && picture.records.size() <= 1 &&
         (picture.totals.threads == 0 ||
          (picture.totals.threads == 1 && context.ticket.thread != 0 && picture.totals.other_open == 0 &&
           std::all_of(picture.history.page.rows.begin(), picture.history.page.rows.end(),
                       [&](const store::HistoryRow& row) { return row.thread == context.ticket.thread; })));
}

/// Why it joins nobody: a colleague wonders why two with one address are two.
void write_blocked(JsonWriter& json, BlockedReason reason) {
  if (reason == BlockedReason::kNone) return;
  json.member_boolean("blocked", true).member("why", identities::name_of(reason));
}

/// For whose domain it is taken: an agent trusts an address by what it looks like.
void write_imitated(JsonWriter& json, IdentifierKind kind, std::string_view key) {
  if (kind != IdentifierKind::kEmail) return;
  const std::string_view domain = key.substr(key.find('@') + 1);
  if (const auto imitated = imitated_domain(domain)) json.member("imitates", *imitated).member("domain", domain);
}

void write_identifiers(JsonWriter& json, const PartContext& context, const IdentityPicture& picture) {
  json.key("identifiers");
  if (!picture.identifiers.empty()) {
    write_identifier_list(json, context.accounts, picture.records, picture.identifiers);
    return;
  }
  const Requester& requester = context.asking.requesters[context.ticket.selected];
  json.begin_array()
      .begin_object()
      .member("kind", identities::name_of(requester.kind))
      .member("value", requester.value)
      .member_boolean("verified", false)
      .member_null("account");
  const std::string& key = context.ticket.requesters[context.ticket.selected].key;
  if (!key.empty()) {
    write_imitated(json, requester.kind, key);
    write_blocked(json, blocked_reason(requester.kind, key, context.accounts.rules()));
  }
  json.end_object().end_array();
}

void write_sources(JsonWriter& json, const PartContext& context, const IdentityPicture& picture) {
  std::vector<std::pair<const store::RecordRow*, const store::Account*>> sources;
  for (const store::RecordRow& record : picture.records) {
    const store::Account* account = context.accounts.by_id(record.account);
    if (account == nullptr || account == context.ticket.account) continue;
    const bool known = std::any_of(sources.begin(), sources.end(), [&](const auto& source) {
      return source.second == account && source.first->handle == record.handle;
    });
    if (!known) sources.emplace_back(&record, account);
  }
  std::stable_sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) {
    return is_social(a.second->provider) > is_social(b.second->provider);
  });
  if (sources.size() > kMaxSources) sources.resize(kMaxSources);
  json.key("sources").begin_array();
  for (const auto& [record, account] : sources)
    json.begin_object()
        .member_id("account", account->id)
        .member_id("record", record->id)
        .member("provider", account->provider)
        .member("label", account->label)
        .member_if("handle", record->handle)
        .member_if("url", record->url)
        .member_boolean("social", is_social(account->provider))
        .end_object();
  json.end_array();
}

void write_fact(JsonWriter& json, const Fact& fact) {
  json.begin_object().member("key", fact.key).member_if("label", fact.label);
  write_value(json, fact.type, fact.number, fact.text, fact.unit);
  json.end_object();
}

/// What a note's link leads to, as far as this agent may see it.
struct LinkTarget {
  Id engagement = 0;
  Id thread = 0;
  Id account = 0;
  Microseconds at_us = 0;
  std::string url;
};

std::optional<LinkTarget> link_target(const PartContext& context, const store::Note& note,
                                      const store::ViewFilter& filter, store::Session& session) {
  if (note.link == store::NoteLink::kEngagement) {
    const auto found = store::read_engagement(session, note.identity, note.link_engagement, filter);
    if (!found) return std::nullopt;
    return LinkTarget{note.link_engagement, found->row.thread, 0, found->row.occurred_us, {}};
  }
  LinkTarget target;
  target.account = note.link_account;
  target.thread = store::find_thread(session, note.link_account, note.link_thread_key);
  if (target.thread == 0 ? !filter.all() : !store::thread_visible(session, target.thread, filter)) return std::nullopt;
  if (const store::Account* account = context.accounts.by_id(note.link_account))
    target.url = filled_url(account->url_ticket, "thread", note.link_thread_key);
  return target;
}

}  // namespace

std::string shown_name(const store::Accounts& accounts, const std::vector<store::RecordRow>& records) {
  const store::RecordRow* best = nullptr;
  const auto rank = [&](const store::RecordRow& record) {
    const store::Account* account = accounts.by_id(record.account);
    return std::pair(account != nullptr && account->provider == "crm", record.name_us);
  };
  for (const store::RecordRow& record : records)
    if (!record.name.empty() && (best == nullptr || rank(record) > rank(*best))) best = &record;
  return best == nullptr ? std::string{} : best->name;
}

void write_identifier_list(JsonWriter& json, const store::Accounts& accounts,
                           const std::vector<store::RecordRow>& records,
                           const std::vector<store::IdentifierRow>& identifiers) {
  std::vector<const store::IdentifierRow*> shown;
  for (const store::IdentifierRow& identifier : identifiers) {
    const auto same = std::find_if(shown.begin(), shown.end(), [&](const store::IdentifierRow* other) {
      return other->kind == identifier.kind && other->value == identifier.value;
    });
    if (same == shown.end())
      shown.push_back(&identifier);
    else if (identifier.verified)
      *same = &identifier;
  }
  const auto rank = [](const store::IdentifierRow* identifier) {
    return std::pair(identifier_kind(identifier->kind).value_or(IdentifierKind::kCustomer), !identifier->verified);
  };
  std::stable_sort(shown.begin(), shown.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  json.begin_array();
  for (std::size_t index = 0; index < shown.size() && index < kMaxShownIdentifiers; ++index) {
    const store::IdentifierRow& identifier = *shown[index];
    json.begin_object();
    write_identifier(json, record_of(records, identifier.record), identifier);
    write_blocked(json, blocked_reason(rank(&identifier).first, identifier.value, accounts.rules()));
    json.end_object();
  }
  json.end_array();
}

void write_identifier(JsonWriter& json, const store::RecordRow* record, const store::IdentifierRow& identifier) {
  json.member("kind", identifier.kind).member("value", identifier.shown);
  if (identifier.kind == "platform")
    json.member("scope", std::string_view(identifier.value).substr(0, identifier.value.find(':')));
  json.member_boolean("verified", identifier.verified);
  if (record == nullptr)
    json.member_null("account");
  else
    json.member_id("account", record->account);
  if (const auto kind = identifier_kind(identifier.kind)) write_imitated(json, *kind, identifier.value);
}

void write_source_labels(JsonWriter& json, const store::Accounts& accounts,
                         const std::vector<store::RecordRow>& records) {
  std::set<Id> told;
  json.begin_array();
  for (const store::RecordRow& record : records) {
    const store::Account* account = accounts.by_id(record.account);
    if (account != nullptr && told.size() < kMaxSources && told.insert(account->id).second) json.string(account->label);
  }
  json.end_array();
}

void write_may(JsonWriter& json, const Asking& asking) {
  constexpr std::array<std::string_view, 6> kScopes = {"identity.find",  "note.write",          "note.moderate",
                                                       "identity.merge", "attribute.sensitive", "identity.admin"};
  json.key("may").begin_array();
  for (const std::string_view scope : kScopes)
    if (asking.has_scope(scope)) json.string(scope);
  json.end_array();
}

void write_requesters(JsonWriter& json, const PartContext& context) {
  json.key("requesters").begin_array();
  for (std::size_t index = 0; index < context.asking.requesters.size(); ++index) {
    const Requester& requester = context.asking.requesters[index];
    const ResolvedRequester& resolved = context.ticket.requesters[index];
    json.begin_object()
        .member_integer("index", static_cast<std::int64_t>(index))
        .member("kind", name_of(requester.kind))
        .member("value", requester.value)
        .member("name", name_of(requester));
    write_imitated(json, requester.kind, resolved.key);
    json.member("role", requester.cc ? "cc" : "requester").key("identity");
    if (resolved.ref.id == 0)
      json.null();
    else
      json.id(resolved.ref.id);
    json.member_integer("notes", resolved.notes)
        .member_boolean("selected", index == context.ticket.selected)
        .key("last_wrote_us");
    if (resolved.last_wrote_us)
      json.integer(*resolved.last_wrote_us);
    else
      json.null();
    json.end_object();
  }
  json.end_array();
}

void write_identity(JsonWriter& json, const PartContext& context, const IdentityPicture& picture,
                    const Summary& summary) {
  const std::string name = display_name(context, picture);
  const bool first_contact = is_first_contact(context, picture);
  json.key("identity").begin_object().key("id");
  if (picture.ref.id == 0)
    json.null();
  else
    json.id(picture.ref.id);
  const bool shared = picture.mailbox_people.has_value();
  json.member("status", shared          ? "shared"
                        : first_contact ? "new"
                                        : "known")
      .member("name", name)
      .member("initials", initials_of(name))
      .member_if("standing", utf8_prefix(known_text(picture.known, "person.standing"), kWordCharacters))
      .member_if("tier", utf8_prefix(known_text(picture.known, "loyalty.tier"), kWordCharacters))
      .member_if("city", utf8_prefix(known_text(picture.known, "person.city"), kWordCharacters))
      .member_if("time_zone", utf8_prefix(known_text(picture.known, "person.time_zone"), kTimeZoneCharacters))
      .member_if("language", utf8_prefix(known_text(picture.known, "person.language"), kLanguageCharacters));
  write_identifiers(json, context, picture);
  write_sources(json, context, picture);
  if (shared)
    json.key("shared")
        .begin_object()
        .member("value", context.asking.requesters[context.ticket.selected].value)
        .member_integer("people", *picture.mailbox_people)
        .end_object();
  // What some of them like says nothing of the next one.
  json.key("interests").begin_object().key("top").begin_array();
  if (!shared)
    for (const std::string& interest : summary.interests) json.string(interest);
  json.end_array().member_integer("count", shared ? 0 : summary.interest_count).end_object();
  json.key("facts").begin_array();
  for (const Fact& fact : summary.facts) write_fact(json, fact);
  json.end_array().key("open_tickets");
  if (picture.totals.other_open == 0) {
    json.null();
  } else {
    json.begin_object().member_integer("count", picture.totals.other_open).key("waiting_since_us");
    if (picture.totals.other_waiting_since_us)
      json.integer(*picture.totals.other_waiting_since_us);
    else
      json.null();
    json.end_object();
  }
  json.key("first_contact");
  if (!picture.totals.first_us || picture.history.page.rows.empty()) {
    json.null();
  } else {
    json.begin_object().member_integer("at_us", *picture.totals.first_us);
    if (!picture.history.page.more_before) json.member("channel", picture.history.page.rows.front().channel);
    json.end_object();
  }
  json.end_object();
}

void write_note(JsonWriter& json, const PartContext& context, const store::Note& note, const store::ViewFilter& filter,
                store::Session& session) {
  const bool own = note.author.id == context.asking.agent.id && context.asking.has_scope("note.write");
  json.begin_object()
      .member_id("id", note.id)
      .member("text", note.text)
      .key("author")
      .begin_object()
      .member("id", note.author.id)
      .member("name", note.author.name)
      .end_object()
      .member_integer("created_us", note.created_us)
      .key("edited_us");
  if (note.edited_us)
    json.integer(*note.edited_us);
  else
    json.null();
  json.member_boolean("pinned", note.pinned)
      .member_integer("version", note.version)
      .member_boolean("may_edit", own || context.asking.has_scope("note.moderate"))
      .key("link");
  const auto target = note.link == store::NoteLink::kNone ? std::nullopt : link_target(context, note, filter, session);
  if (!target) {
    json.null().end_object();
    return;
  }
  json.begin_object().member("kind", target->engagement != 0 ? "engagement" : "ticket");
  if (target->engagement != 0) json.member_id("engagement", target->engagement).member_integer("at_us", target->at_us);
  if (target->thread != 0) json.member_id("thread", target->thread);
  if (target->account != 0) json.member_id("account", target->account);
  json.member_if("url", target->url).end_object().end_object();
}

void write_notes(JsonWriter& json, const PartContext& context, const std::vector<store::Note>& notes,
                 const store::ViewFilter& filter, store::Session& session) {
  json.key("notes").begin_array();
  for (const store::Note& note : notes) write_note(json, context, note, filter, session);
  json.end_array();
}

void write_line(JsonWriter& json, const SummaryLine& line) {
  json.begin_object()
      .member("id", line.id)
      .member("group", name_of(line.group))
      .member("label", line.label)
      .member_integer("count", line.count);
  if (line.group == Group::kInterest) {
    json.key("top").begin_array();
    for (const std::string& name : line.top) json.string(name);
    json.end_array();
  } else {
    json.key("items").begin_array();
    for (const Fact& fact : line.items) write_fact(json, fact);
    json.end_array();
  }
  json.end_object();
}

void write_summary(JsonWriter& json, const Summary& summary) {
  json.key("summary").begin_array();
  for (const SummaryLine& line : summary.lines) write_line(json, line);
  json.end_array();
}

void write_counts(JsonWriter& json, const IdentityPicture& picture, const Summary& summary, std::int64_t taxonomy) {
  json.key("counts")
      .begin_object()
      .member_integer("notes", static_cast<std::int64_t>(picture.notes.size()))
      .member_integer("attributes", static_cast<std::int64_t>(picture.attributes.size()))
      .member_integer("interests", summary.interest_count)
      .member_integer("taxonomy", taxonomy)
      .member_integer("history", picture.totals.in + picture.totals.out + picture.totals.internal)
      .end_object();
}

void write_accounts(JsonWriter& json, const PartContext& context, const std::vector<store::RecordRow>& records) {
  std::vector<Id> ids;
  ids.reserve(records.size());
  for (const store::RecordRow& record : records) ids.push_back(record.account);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  json.key("accounts").begin_object();
  for (const Id id : ids) {
    const store::Account* account = context.accounts.by_id(id);
    if (account == nullptr) continue;
    json.key(std::to_string(id)).begin_object().member("label", account->label).member("provider", account->provider);
    if (account->connected_us) json.member_integer("connected_us", *account->connected_us);
    json.end_object();
  }
  json.end_object();
}

void write_since(JsonWriter& json, const PartContext& context, const IdentityPicture& picture) {
  json.key("since");
  if (!picture.looked) {
    json.null();
    return;
  }
  const bool this_visit = context.now_us - picture.looked->at_us < kSinceAfterUs;
  if (this_visit && !picture.looked->before_us) {
    json.null();
    return;
  }
  const Microseconds since_us = this_visit ? *picture.looked->before_us : picture.looked->at_us;
  const Id since_id = first_id_at(since_us);
  std::int64_t engagements = 0;
  std::int64_t orders = 0;
  for (const store::HistoryRow& row : picture.history.page.rows)
    if (row.id >= since_id) ++(row.kind == EngagementKind::kOrder ? orders : engagements);
  const auto count = [](const auto& rows, auto&& matches) {
    return static_cast<std::int64_t>(std::count_if(rows.begin(), rows.end(), matches));
  };
  const std::int64_t notes = count(picture.notes, [&](const store::Note& note) {
    return note.created_us > since_us && note.author.id != context.asking.agent.id;
  });
  const std::int64_t identifiers =
      count(picture.identifiers, [&](const store::IdentifierRow& row) { return row.created_us > since_us; });
  const std::int64_t attributes =
      count(picture.attributes, [&](const store::AttributeRow& row) { return row.created_us > since_us; });
  if (engagements + orders + notes + identifiers + attributes == 0) {
    json.null();
    return;
  }
  json.begin_object()
      .member_integer("at_us", since_us)
      .member_integer("engagements", engagements)
      .member_integer("orders", orders)
      .member_integer("notes", notes)
      .member_integer("identifiers", identifiers)
      .member_integer("attributes", attributes)
      .end_object();
}

}  // namespace identities::panel
