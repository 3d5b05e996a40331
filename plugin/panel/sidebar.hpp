// The panel "sidebar": a panel request in, a panel reply out (manifest/schemas/panel_request.json, panel_reply.json).
// Only reads; each read is queued for the audit. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "panel/identity_picture.hpp"
#include "store/accounts.hpp"
#include "store/audit_log.hpp"
#include "store/identity_reader.hpp"
#include "store/opening_card.hpp"
#include "store/pool.hpp"
#include "store/taxonomy.hpp"

namespace identities::panel {

/// The admin's choices, from the configuration's section "sidebar".
struct SidebarSettings {
  std::vector<std::string> fact_keys = {"buying.spent",        "buying.orders",  "buying.average",
                                        "buying.latest_order", "loyalty.points", "loyalty.tier"};
  std::vector<std::string> mailbox_domains;
};

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

/// Finds the identities of the ticket's requesters and which of them is selected: the agent's choice, else who wrote
/// last in the ticket, else the first. Whoever is not in the view stays unknown; a write passes a view of all, so that
/// it finds the identity that is there.
CurrentTicket resolve_ticket(store::Session& session, const Asking& asking, store::AccountDirectory& directory,
                             const View& view);

class Sidebar {
 public:
  Sidebar(store::Pool& pool, store::AccountDirectory& directory, store::ReadAudit& audit, SidebarSettings settings)
      : pool_(pool), directory_(directory), audit_(audit), settings_(std::move(settings)) {}

  /// Throws BadRequest, store::Unavailable and store::DeadlineExceeded.
  std::string reply(std::string_view request_json, std::string_view request_id, Microseconds deadline_us);

  /// Writes cards of identities that were opened without one, until the deadline. For the host's job.
  void write_cards(Microseconds deadline_us);

 private:
  struct Context;
  struct AtOnce;
  std::optional<std::string> at_once(store::Session& session, const PanelRequest& request, std::string_view request_id);
  std::optional<std::string> open_at_once(store::Session& session, const PanelRequest& request, AtOnce& begun,
                                          std::string_view request_id);
  std::optional<std::string> history_at_once(store::Session& session, const PanelRequest& request, AtOnce& begun,
                                             std::string_view request_id);
  std::string compose(const Context& context, const IdentityPicture& picture) const;
  void make_room_for_audit(store::Session& session);
  std::string open(Context& context);
  std::string attributes(Context& context);
  /// Nothing when the identity changed while it was read, which it cannot inside a transaction.
  std::optional<std::string> history(Context& context);
  std::string evidence(Context& context);
  std::string engagement(Context& context);

  store::Pool& pool_;
  store::AccountDirectory& directory_;
  store::ReadAudit& audit_;
  store::Taxonomy taxonomy_;
  store::WantedCards wanted_cards_;
  store::KnownHolders holders_;
  const SidebarSettings settings_;
};

}  // namespace identities::panel
