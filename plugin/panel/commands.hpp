// An agent's command in one write transaction: the ticket is resolved, a repeat of the same idempotency key gives the
// first outcome again, and what was done is in the audit, by ids only. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "panel/resolve_ticket.hpp"
#include "store/agents.hpp"
#include "store/audit_log.hpp"
#include "store/note_writer.hpp"
#include "store/pool.hpp"
#include "store/write_batch.hpp"

namespace identities::panel {

/// A write finds the identity that is there, whoever may see it.
inline const View kAllInView{true, {}, {}, {}};

/// What a command works on; it lives as long as its transaction.
struct Command {
  store::Session& session;
  const ActionRequest& request;
  const store::Accounts& accounts;
  const ResolvedTicket& ticket;
  Microseconds now_us;

  /// The identity that the command is about; 0 when nothing is known of the requester.
  Id selected() const { return ticket.requesters[ticket.selected].ref.id; }
};

class Commands {
 public:
  Commands(store::Pool& pool, store::AccountDirectory& directory, store::ReadAudit& audit)
      : pool_(pool), directory_(directory), audit_(audit) {}

  struct Call {
    std::string_view json;
    std::string_view request_id;
    std::string_view action;
    Microseconds deadline_us;
    /// Of who is who: the requester is whoever the agent sees, and the same key means the same arguments.
    bool decides = false;
  };

  /// work(command, identity, target) writes, sets what the audit and the idempotency key remember, and returns the
  /// reply; repeat(command, before) returns that of a command that was done before.
  template <typename Repeat, typename Work>
  std::string run(const Call& call, Repeat&& repeat, Work&& work) {
    const ActionRequest request = decode_action(call.json);
    return pool_.with_command(call.deadline_us, [&](store::Session& session) {
      session.set_request_id(call.request_id);
      if (!audit_.empty()) audit_.flush(session);
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      const CurrentTicket current =
          resolve_ticket(session, request.asking, directory_, call.decides ? request.asking.view : kAllInView);
      const Microseconds now_us = pool_.clock().now_us();
      const Command command{session, request, *current.accounts, current.ticket, now_us};
      std::string asked(call.action);
      if (call.decides) asked.append(1, ' ').append(request.args_digest);
      if (const auto before = store::find_command(session, request.asking.agent.id, request.key)) {
        if (before->action != asked)
          throw Conflict("key-reused: this idempotency key was used for another command; give each command its own");
        return repeat(command, *before);
      }
      Id identity = 0;
      Id target = 0;
      std::string reply = work(command, identity, target);
      if (call.decides) store::remember_agent(session, request.asking.agent.id, request.asking.agent.name);
      if (identity != 0) {
        store::WriteBatch batch(session);
        batch.touch(identity);
        batch.flush();
        store::insert_audit(session, {now_us, request.asking.agent.id, std::string(call.action), identity, target,
                                      std::string(call.request_id)});
      }
      store::insert_command(session, request.asking.agent.id, request.key, {std::move(asked), identity, target},
                            now_us);
      transaction.commit();
      return reply;
    });
  }

  store::AccountDirectory& directory() { return directory_; }

 private:
  store::Pool& pool_;
  store::AccountDirectory& directory_;
  store::ReadAudit& audit_;
};

}  // namespace identities::panel
