// The panel "sidebar": a panel request in, a panel reply out (manifest/schemas/panel_request.json, panel_reply.json).
// Only reads; each read is queued for the audit. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "panel/identity_picture.hpp"
#include "panel/resolve_ticket.hpp"
#include "store/accounts.hpp"
#include "store/audit_log.hpp"
#include "store/identity_reader.hpp"
#include "store/known_identities.hpp"
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
  std::optional<store::KnownIdentity> meet(store::Session& session, AtOnce& begun);
  std::optional<std::string> history_at_once(store::Session& session, const PanelRequest& request, AtOnce& begun,
                                             std::string_view request_id);
  std::string compose(const Context& context, const IdentityPicture& picture) const;
  static void count_mailbox(const Context& context, IdentityPicture& picture);
  void make_room_for_audit(store::Session& session);
  std::string open(Context& context);
  std::string attributes(Context& context);
  static std::string page(const Context& context, const std::vector<store::RecordRow>& records,
                          const HistoryPart& part);
  std::string evidence(Context& context);
  std::string engagement(Context& context);
  std::string who(Context& context);

  store::Pool& pool_;
  store::AccountDirectory& directory_;
  store::ReadAudit& audit_;
  store::Taxonomy taxonomy_;
  store::WantedCards wanted_cards_;
  store::KnownIdentities known_;
  const SidebarSettings settings_;
};

}  // namespace identities::panel
