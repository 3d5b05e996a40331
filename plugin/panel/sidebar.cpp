#include "panel/sidebar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "core/time_zone.hpp"
#include "panel/digest.hpp"
#include "panel/reply_parts.hpp"
#include "panel/who_is_this.hpp"
#include "store/visible_told.hpp"

namespace identities::panel {
namespace {

constexpr std::size_t kMaxChannels = 6;  // in the service line

/// What an agent who sees everything has on screen changes exactly when one of these does. The hour lets facts expire.
std::string version_of(const Asking& asking, const ResolvedTicket& ticket, const store::Settings& settings,
                       Microseconds now_us) {
  std::string text = fmt::format("{} {} {} {}", settings.version, ticket.selected, now_us / kHourUs,
                                 asking.has_scope("attribute.sensitive"));
  for (const ResolvedRequester& requester : ticket.requesters)
    text += fmt::format(" {}.{}.{}", requester.ref.id, requester.ref.version, requester.last_wrote_us.value_or(0));
  return "a" + digest(text);
}

std::string unchanged(std::string_view version) {
  return fmt::format(R"({{"version":"{}","unchanged":true}})", version);
}

/// A poll that found nothing new showed nothing, so it is not in the audit.
bool is_unchanged(std::string_view reply) {
  return reply.ends_with(R"("unchanged":true})");
}

/// While rows of deleted threads are still being removed, whoever sees everything sees everything else.
View view_of(store::Session& session, const Asking& asking, const ResolvedTicket& ticket,
             const store::Accounts& accounts, const store::Settings& settings) {
  const Id identity = ticket.requesters[ticket.selected].ref.id;
  if (!asking.view.all || settings.threads_going == 0 || identity == 0) return asking.view;
  return store::all_but_deleted(session, identity, accounts);
}

ServiceFacts service_facts(const IdentityPicture& picture) {
  ServiceFacts service;
  service.messages = picture.totals.in + picture.totals.out;
  service.tickets_open = picture.totals.open;
  service.tickets_total = picture.totals.threads;
  service.first_us = picture.totals.first_us;
  service.last_us = picture.totals.last_us;
  service.waiting_since_us = picture.totals.waiting_since_us;
  const auto& rows = picture.history.page.rows;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (row->direction == Direction::kIn && row->kind == EngagementKind::kMessage)
      service.wrote_us.push_back(row->occurred_us);
    if (service.channels.size() < kMaxChannels &&
        std::find(service.channels.begin(), service.channels.end(), row->channel) == service.channels.end())
      service.channels.push_back(row->channel);
  }
  return service;
}

store::HistoryQuery history_query(const PanelRequest& request, const std::vector<store::RecordRow>& records) {
  store::HistoryQuery query;
  for (const store::RecordRow& record : records)
    if (request.account == 0 || record.account == request.account) query.records.push_back(record.id);
  query.limit = kPageRows;
  query.channel = request.channel;
  query.search = request.search;
  if (const auto cursor = parse_history_cursor(request.cursor)) query.cursor = *cursor;
  return query;
}

/// How far from its cursor a page reaches; what was known where it has too few rows to tell.
Microseconds reach_of(const store::HistoryQuery& query, const store::HistoryPage& page, Microseconds known_us) {
  constexpr Microseconds kFar = std::numeric_limits<Microseconds>::max() / 4;
  if (2 * page.rows.size() < query.limit) return known_us;
  const Microseconds first_us = page.rows.front().occurred_us;
  const Microseconds last_us = page.rows.back().occurred_us;
  const Microseconds from_us = query.cursor.occurred_us;
  Microseconds reach_us = last_us - first_us;
  if (from_us > -kFar && from_us < kFar)
    reach_us = std::max({reach_us, std::abs(from_us - first_us), std::abs(from_us - last_us)});
  return reach_us / static_cast<Microseconds>(page.rows.size()) * static_cast<Microseconds>(query.limit) + 1;
}

}  // namespace

struct Sidebar::Context {
  store::Session& session;
  const PanelRequest& request;
  const store::Accounts& accounts;
  const store::Settings& settings;
  const ResolvedTicket& ticket;
  const store::ViewFilter& filter;
  Microseconds now_us;
  const std::string& version;  // empty for a restricted view, whose version is its content's digest
  Id other = 0;                // whom the reply tells of besides

  store::IdentityRef identity() const { return ticket.requesters[ticket.selected].ref; }
  /// A restricted view does not see it grow by what others' customers say.
  std::int64_t taxonomy() const { return filter.all() ? settings.interest_count : 0; }
  PartContext part() const { return {request.asking, accounts, ticket, now_us}; }
  std::vector<store::RecordRow> records() const {
    return identity().id == 0 ? std::vector<store::RecordRow>{} : store::read_records(session, identity().id, filter);
  }
};

std::string Sidebar::reply(std::string_view request_json, std::string_view request_id, Microseconds deadline_us) {
  const PanelRequest request = decode_panel_request(request_json);
  return pool_.with_session(deadline_us, [&](store::Session& session) {
    session.set_request_id(request_id);
    make_room_for_audit(session);
    if (auto replied = at_once(session, request, request_id)) return *std::move(replied);
    store::Transaction transaction(session, store::Transaction::Kind::kRead);
    const CurrentTicket current = resolve_ticket(session, request.asking, directory_, request.asking.view);
    const ResolvedTicket& ticket = current.ticket;
    const store::ViewFilter filter(view_of(session, request.asking, ticket, *current.accounts, current.settings),
                                   ticket.account == nullptr ? 0 : ticket.account->id);
    const Microseconds now_us = pool_.clock().now_us();
    const std::string version =
        filter.all() ? version_of(request.asking, ticket, current.settings, now_us) : std::string{};
    if (request.pivot == Pivot::kOpen && !version.empty() && request.if_version == version) return unchanged(version);

    Context context{session, request, *current.accounts, current.settings, ticket, filter, now_us, version};
    std::string reply;
    std::string_view action;
    switch (request.pivot) {
      case Pivot::kOpen:
        reply = open(context);
        action = "identity.open";
        break;
      case Pivot::kAttributes:
        reply = attributes(context);
        action = "attributes.read";
        break;
      case Pivot::kHistory: {
        const std::vector<store::RecordRow> records = context.records();
        reply = page(context, records,
                     read_history_part(session, context.identity().id, history_query(request, records), request.around,
                                       ticket.thread, filter));
        action = "history.read";
        break;
      }
      case Pivot::kEvidence:
        reply = evidence(context);
        action = "evidence.read";
        break;
      case Pivot::kEngagement:
        reply = engagement(context);
        action = "engagement.read";
        break;
      case Pivot::kCompare:
      case Pivot::kWhy:
      case Pivot::kLog:
      case Pivot::kUndo:
      case Pivot::kParts:
        reply = who(context);
        action = "identity.who";
        break;
      case Pivot::kFind:
        reply = who(context);  // tells nothing of the ticket's requester
        break;
    }
    if (!action.empty() && context.identity().id != 0 && !is_unchanged(reply))
      audit_.add({now_us, request.asking.agent.id, std::string(action), context.identity().id,
                  request.pivot == Pivot::kEngagement ? request.engagement : request.attribute,
                  std::string(request_id)});
    if (context.other != 0)
      audit_.add({now_us, request.asking.agent.id, request.pivot == Pivot::kFind ? "identity.find" : "identity.compare",
                  context.other, context.identity().id, std::string(request_id)});
    return reply;
  });
}

void Sidebar::write_cards(Microseconds deadline_us) {
  while (pool_.clock().monotonic_us() < deadline_us) {
    const Id identity = wanted_cards_.take();
    if (identity == 0) return;
    pool_.with_command(deadline_us,
                       [&](store::Session& session) { return store::write_card(session, identity, kPageRows); });
  }
}

void Sidebar::make_room_for_audit(store::Session& session) {
  if (!audit_.wants_flush(pool_.clock().now_us())) return;
  try {
    audit_.flush(session);
  } catch (const std::runtime_error&) {
    // A disk that is full stops no agent from reading until the queue is full, too; nor does another writer.
    if (audit_.full() || !session.is_sound()) throw;
  }
}

/// What most requests are: an agent who sees everything, and one requester. Their ticket is resolved by the statement
/// that reads the head of the opening, without a transaction.
struct Sidebar::AtOnce {
  std::shared_ptr<const store::Accounts> accounts;
  ResolvedTicket ticket;
  store::OpeningQuery query;  // borrows from the request and the ticket
  Microseconds now_us = 0;

  /// False when the accounts have changed meanwhile, or when rows of deleted threads may be among what is read.
  bool take(const store::Opening& opening) {
    ticket.requesters.front().ref = opening.ref;
    ticket.thread = opening.thread;
    return opening.settings.version == accounts->version() && opening.settings.threads_going == 0;
  }
};

/// Nothing when it must be read inside a transaction.
std::optional<std::string> Sidebar::at_once(store::Session& session, const PanelRequest& request,
                                            std::string_view request_id) {
  const Asking& asking = request.asking;
  AtOnce begun;
  begun.accounts = directory_.known();
  if (!asking.view.all || asking.requesters.size() != 1 || begun.accounts == nullptr) return std::nullopt;
  ResolvedTicket& ticket = begun.ticket;
  ticket.account = begun.accounts->by_name(asking.account);
  ResolvedRequester& requester = ticket.requesters.emplace_back();
  requester.key = key_of(asking.requesters.front(), ticket.account, begun.accounts->rules()).value_or(std::string{});
  if (requester.key.empty()) return std::nullopt;
  store::OpeningQuery& query = begun.query;
  query.kind = asking.requesters.front().kind;
  query.key = requester.key;
  query.account = ticket.account == nullptr ? 0 : ticket.account->id;
  query.agent = asking.agent.id;
  query.thread = asking.thread;
  query.rows = kPageRows;
  begun.now_us = pool_.clock().now_us();
  if (request.pivot == Pivot::kOpen) return open_at_once(session, request, begun, request_id);
  if (request.pivot == Pivot::kHistory) return history_at_once(session, request, begun, request_id);
  return std::nullopt;
}

std::optional<std::string> Sidebar::open_at_once(store::Session& session, const PanelRequest& request, AtOnce& begun,
                                                 std::string_view request_id) {
  const Asking& asking = request.asking;
  if (!request.if_version.empty()) {
    // Most polls find nothing new, so they ask for no card.
    begun.query.use_card = false;
    const store::Opening head = store::read_head(session, begun.query);
    begun.query.use_card = true;
    if (!begun.take(head)) return std::nullopt;
    const std::string version = version_of(asking, begun.ticket, head.settings, begun.now_us);
    if (request.if_version == version) return unchanged(version);
  }
  store::Opening opening = store::read_opening(session, begun.query);
  if (!begun.take(opening)) return std::nullopt;
  const store::Settings settings = opening.settings;
  if (opening.ref.id != 0 && !opening.from_card) wanted_cards_.add(opening.ref.id);

  const ResolvedTicket& ticket = begun.ticket;
  const store::ViewFilter filter(asking.view, begun.query.account);
  IdentityPicture picture =
      picture_of(session, taxonomy_, asking, std::move(opening), ticket.thread, filter, begun.now_us);
  const std::string version = version_of(asking, ticket, settings, begun.now_us);
  const Context context{session, request, *begun.accounts, settings, ticket, filter, begun.now_us, version};
  count_mailbox(context, picture);
  std::string reply = compose(context, picture);
  if (picture.ref.id != 0)
    audit_.add({begun.now_us, asking.agent.id, "identity.open", picture.ref.id, 0, std::string(request_id)});
  return reply;
}

/// What is to be known before a page is read in two statements; nothing when it must be read inside a transaction.
std::optional<store::KnownIdentity> Sidebar::meet(store::Session& session, AtOnce& begun) {
  begun.query.use_card = false;
  const store::Opening head = store::read_head(session, begun.query);
  if (!begun.take(head) || head.ref.id == 0 || head.searched) return std::nullopt;
  const store::ViewFilter everything({true, {}, {}, {}}, begun.query.account);
  store::KnownIdentity known{head.ref, head.settings.version, nullptr, nullptr, 0};
  known.records =
      std::make_shared<const std::vector<store::RecordRow>>(store::read_records(session, head.ref.id, everything));
  std::vector<Id> records;
  for (const store::RecordRow& record : *known.records) records.push_back(record.id);
  if (auto triggers = store::read_all_triggers(session, records))
    known.triggers = std::make_shared<const std::vector<store::TriggerRow>>(*std::move(triggers));
  return known;
}

std::optional<std::string> Sidebar::history_at_once(store::Session& session, const PanelRequest& request, AtOnce& begun,
                                                    std::string_view request_id) {
  const store::OpeningQuery& asked = begun.query;
  std::optional<store::KnownIdentity> known = known_.find(asked.kind, asked.key);
  std::optional<KnownHistoryPart> read;
  store::HistoryQuery query;
  // Read outside of a transaction, so it counts only if all that was known still held at the end. Then no thread of the
  // identity is being removed either: its version was raised when that began.
  const auto read_known = [&] {
    query = history_query(request, *known->records);
    query.reach_us = known->reach_us + known->reach_us / 4;
    read = read_known_history(session, *known, query, request.around, asked);
    return read && read->holder == known->ref && read->settings_version == begun.accounts->version() &&
           known->settings_version == read->settings_version;
  };
  if (!known || !read_known()) {
    known = meet(session, begun);
    if (!known || !read_known()) return std::nullopt;
  }
  ResolvedTicket& ticket = begun.ticket;
  ticket.requesters.front().ref = known->ref;
  ticket.thread = read->part.present_thread;
  const store::ViewFilter filter(request.asking.view, asked.account);
  const store::Settings settings{read->settings_version, 0, 0};
  const std::string version = version_of(request.asking, ticket, settings, begun.now_us);
  const Context context{session, request, *begun.accounts, settings, ticket, filter, begun.now_us, version};
  std::string reply = page(context, *known->records, read->part);
  known->reach_us = reach_of(query, read->part.page, known->reach_us);
  known_.keep(asked.kind, asked.key, *known);
  audit_.add({begun.now_us, request.asking.agent.id, "history.read", known->ref.id, request.attribute,
              std::string(request_id)});
  return reply;
}

/// Of a role's address it is told how many write from it.
void Sidebar::count_mailbox(const Context& context, IdentityPicture& picture) {
  const Requester& requester = context.request.asking.requesters[context.ticket.selected];
  const std::string& key = context.ticket.requesters[context.ticket.selected].key;
  if (key.empty() || blocked_reason(requester.kind, key, context.accounts.rules()) != BlockedReason::kRole) return;
  picture.mailbox_people = store::count_people(context.session, requester.kind, key, context.filter);
}

std::string Sidebar::open(Context& context) {
  IdentityPicture picture = read_picture(context.session, context.request.asking, context.identity(),
                                         context.ticket.thread, context.filter, context.now_us);
  count_mailbox(context, picture);
  return compose(context, picture);
}

std::string Sidebar::compose(const Context& context, const IdentityPicture& picture) const {
  const PartContext part = context.part();
  Microseconds offset_us =
      offset_east(known_text(picture.known, "person.time_zone"), context.now_us)
          .value_or(offset_east(context.request.asking.agent_time_zone, context.now_us).value_or(0));
  Summary summary = summarise(picture.known, service_facts(picture), settings_.fact_keys, offset_us);
  if (known_text(picture.known, "person.organisation").empty()) {
    std::vector<std::string_view> emails;
    for (const store::IdentifierRow& identifier : picture.identifiers)
      if (identifier.kind == "email") emails.push_back(identifier.value);
    add_organisation(summary, organisation_of(emails, settings_.mailbox_domains));
  }

  JsonWriter body(32 * 1024);
  body.begin_object();
  // Of a restricted view the version is what follows it, so it is put before that afterwards.
  if (!context.version.empty()) body.member("version", context.version).member_integer("as_of_us", context.now_us);
  write_may(body, context.request.asking);
  write_requesters(body, part);
  write_identity(body, part, picture, summary);
  write_notes(body, part, picture.notes, context.filter, context.session);
  write_summary(body, summary);
  write_counts(body, picture, summary, context.taxonomy());
  write_accounts(body, part, picture.records);
  write_since(body, part, picture);
  write_history(body, part, picture.records, picture.history);
  // A suggestion is for those who may act on it.
  if (context.request.asking.has_scope("identity.merge"))
    write_suggestions(body, {context.session, part, context.filter}, picture);
  else
    body.key("suggestions").begin_array().end_array();
  body.key("errors").begin_array().end_array();
  body.end_object();

  if (!context.version.empty()) return body.take();
  const std::string version = "v" + digest(body.text());
  if (context.request.if_version == version) return unchanged(version);
  return fmt::format(R"({{"version":"{}","as_of_us":{},{})", version, context.now_us, body.text().substr(1));
}

std::string Sidebar::attributes(Context& context) {
  IdentityPicture picture;
  picture.ref = context.identity();
  picture.records = context.records();
  if (picture.ref.id != 0)
    read_attributes_into(picture, context.session, context.request.asking, context.filter, context.now_us);
  const Summary summary = summarise(picture.known, {}, {}, 0);
  std::size_t begin = 0;
  if (const std::string& cursor = context.request.cursor; cursor.starts_with('n'))
    std::from_chars(cursor.data() + 1, cursor.data() + cursor.size(), begin);
  JsonWriter json(16 * 1024);
  json.begin_object().member("version", context.version.empty() ? "v" : context.version);
  write_accounts(json, context.part(), picture.records);
  write_attributes(json, context.part(), picture, summary, begin);
  json.end_object();
  return json.take();
}

std::string Sidebar::page(const Context& context, const std::vector<store::RecordRow>& records,
                          const HistoryPart& part) {
  JsonWriter json(32 * 1024);
  json.begin_object().member("version", context.version.empty() ? "v" : context.version);
  write_accounts(json, context.part(), records);
  write_history(json, context.part(), records, part);
  json.end_object();
  return json.take();
}

/// Who this is, and why. Whoever else is told of goes into the audit, too.
std::string Sidebar::who(Context& context) {
  const PartContext part = context.part();
  JsonWriter json(8 * 1024);
  json.begin_object().member("version", context.version.empty() ? "v" : context.version);
  context.other = write_who_is_this(json, {context.session, part, context.filter}, context.request);
  return json.end_object().take();
}

std::string Sidebar::evidence(Context& context) {
  std::vector<store::Evidence> found;
  if (context.identity().id != 0)
    found = store::read_evidence(context.session, context.identity().id, context.request.attribute, context.filter);
  JsonWriter json(1024);
  json.begin_object().member("version", context.version.empty() ? "v" : context.version).key("evidence").begin_array();
  const auto id_or_null = [&](std::string_view name, Id id) {
    json.key(name);
    if (id == 0)
      json.null();
    else
      json.id(id);
  };
  for (const store::Evidence& each : found) {
    json.begin_object().member_integer("at_us", each.at_us).member("words", each.words);
    id_or_null("engagement", each.engagement);
    id_or_null("thread", each.thread);
    json.member_id("account", each.account).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string Sidebar::engagement(Context& context) {
  const auto found = context.identity().id == 0 ? std::nullopt
                                                : store::read_engagement(context.session, context.identity().id,
                                                                         context.request.engagement, context.filter);
  if (!found) throw NotFound("no such engagement of this identity is in your view; it may have been deleted");
  JsonWriter json(found->text.size() + 1024);
  json.begin_object()
      .member("version", context.version.empty() ? "v" : context.version)
      .key("engagement")
      .begin_object();
  json.member_id("id", found->row.id).member("text", found->text);
  if (!found->row.attachments.empty()) json.key("attachments").raw(found->row.attachments);
  json.end_object().end_object();
  return json.take();
}

}  // namespace identities::panel
