// Who a ticket's requesters are: their identities, and which of them the panel is about. Uses the session it is given.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "panel/asking.hpp"
#include "store/accounts.hpp"
#include "store/identity_reader.hpp"

namespace identities::panel {

/// A requester with the identity that was found.
struct ResolvedRequester {
  store::IdentityRef ref;  // id 0: unknown
  std::string key;         // normalised; empty when the value identifies nobody
  std::int64_t notes = 0;
  std::optional<Microseconds> last_wrote_us;
};

struct ResolvedTicket {
  const store::Account* account = nullptr;  // nullptr: no account of ours
  Id thread = 0;                            // 0: nothing of it is stored
  std::vector<ResolvedRequester> requesters;
  std::size_t selected = 0;
};

/// A ticket with the accounts that it was resolved by, as of one settings_version.
struct CurrentTicket {
  std::shared_ptr<const store::Accounts> accounts;
  store::Settings settings;
  ResolvedTicket ticket;
};

/// The normalised value by which that account's requester is looked up; nothing when it identifies nobody.
std::optional<std::string> key_of(const Requester& requester, const store::Account* account,
                                  const ResolutionRules& rules);

/// Finds the identities of the ticket's requesters and which of them is selected: the agent's choice, else who wrote
/// last in the ticket, else the first. Whoever is not in the view stays unknown; a write passes a view of all, so that
/// it finds the identity that is there.
CurrentTicket resolve_ticket(store::Session& session, const Asking& asking, store::AccountDirectory& directory,
                             const View& view);

}  // namespace identities::panel
