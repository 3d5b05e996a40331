#include "panel/resolve_ticket.hpp"

#include <algorithm>

#include "core/provider.hpp"
#include "store/visible_told.hpp"

namespace identities::panel {
namespace {

/// Somebody of whom a restricted view holds no record and no note is unknown to it, and so is the owner of an
/// identifier that it does not hold.
bool is_in_view(store::Session& session, Id identity, IdentifierKind kind, std::string_view key,
                const store::ViewFilter& filter) {
  return filter.all() ||
         (store::identifier_in_view(session, identity, kind, key, filter) &&
          !store::read_records(session, identity, filter).empty()) ||
         store::count_notes(session, identity) > 0;
}

}  // namespace

std::optional<std::string> key_of(const Requester& requester, const store::Account* account,
                                  const ResolutionRules& rules) {
  switch (requester.kind) {
    case IdentifierKind::kEmail:
      return normalise_email(requester.value, rules);
    case IdentifierKind::kPhone:
      return normalise_phone(requester.value, account == nullptr ? std::string_view{} : account->region);
    case IdentifierKind::kPlatform:
    case IdentifierKind::kCustomer:
      break;
  }
  if (account == nullptr) return normalise_scoped(requester.scope, requester.value);
  const std::string_view scope = requester.scope.empty() ? key_scope(requester.kind, account->provider, account->name)
                                                         : std::string_view(requester.scope);
  return normalise_scoped(scope, requester.value, account->provider);
}

CurrentTicket resolve_ticket(store::Session& session, const Asking& asking, store::AccountDirectory& directory,
                             const View& view) {
  CurrentTicket current;
  current.accounts = directory.known();
  if (current.accounts == nullptr) current.accounts = directory.current(session, store::read_settings(session));
  store::TicketHead head;
  for (;;) {
    ResolvedTicket& ticket = current.ticket;
    ticket = {};
    ticket.account = current.accounts->by_name(asking.account);
    for (const Requester& requester : asking.requesters) {
      ResolvedRequester& resolved = ticket.requesters.emplace_back();
      resolved.key = key_of(requester, ticket.account, current.accounts->rules()).value_or(std::string{});
    }
    std::vector<store::Wanted> wanted;
    for (std::size_t index = 0; index < ticket.requesters.size(); ++index)
      wanted.push_back({asking.requesters[index].kind, ticket.requesters[index].key});
    head = store::read_ticket_head(session, ticket.account == nullptr ? 0 : ticket.account->id, asking.thread, wanted);
    if (head.settings.version == current.accounts->version()) break;
    current.accounts = directory.current(session, head.settings);
  }
  current.settings = head.settings;
  ResolvedTicket& ticket = current.ticket;
  ticket.thread = head.thread;
  const store::ViewFilter filter(view, ticket.account == nullptr ? 0 : ticket.account->id);
  const bool several = asking.requesters.size() > 1;
  for (std::size_t index = 0; index < ticket.requesters.size(); ++index) {
    ResolvedRequester& resolved = ticket.requesters[index];
    resolved.ref = head.refs[index];
    if (resolved.ref.id != 0 &&
        !is_in_view(session, resolved.ref.id, asking.requesters[index].kind, resolved.key, filter))
      resolved.ref = {};
    if (!several || resolved.ref.id == 0) continue;
    resolved.notes = store::count_notes(session, resolved.ref.id);
    if (ticket.thread != 0) resolved.last_wrote_us = store::last_wrote(session, resolved.ref.id, ticket.thread, filter);
  }
  if (asking.select) {
    ticket.selected = *asking.select;
  } else {
    const auto latest = std::max_element(
        ticket.requesters.begin(), ticket.requesters.end(),
        [](const auto& a, const auto& b) { return a.last_wrote_us.value_or(0) < b.last_wrote_us.value_or(0); });
    ticket.selected = static_cast<std::size_t>(latest - ticket.requesters.begin());
  }
  return current;
}

}  // namespace identities::panel
