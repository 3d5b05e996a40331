// The plugin's parts over a store, as a host uses them, with an account "hooked" whose deliveries are signed. For fault
// tests and fuzz targets. Knows the store by its sessions only, so it is the same over every dialect. One thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "accounts/sealed_secret.hpp"
#include "accounts/standard_webhooks.hpp"
#include "accounts/webhook_handler.hpp"
#include "core/base64.hpp"
#include "panel_fixture.hpp"

namespace identities::fault {

using Open = store::Pool::Open;
/// Rows of each table.
using Counts = std::vector<std::int64_t>;

inline const std::string kMasterKey(accounts::kMasterKeyBytes, 'm');
inline const std::string kWebhookKey(32, 'k');

/// A delivery to the account "hooked", rightly signed.
struct Sent {
  std::string body;
  std::string id;
  std::string query = {};
};

/// What a sender adds to that delivery.
struct Signed {
  explicit Signed(const Sent& sent, Microseconds now_us)
      : stamp(std::to_string(now_us / kSecondUs)),
        signature(accounts::sign(kWebhookKey, sent.id, now_us / kSecondUs, sent.body)) {}
  std::string stamp;
  std::string signature;
};

/// Adds the account to a migrated database.
inline void add_hooked_account(store::Session& session, Microseconds now_us) {
  store::Account account;
  account.id = next_id(now_us);
  account.name = account.label = account.webhook_key = "hooked";
  account.provider = "generic";
  account.secrets = {{accounts::seal(kMasterKey, account.id, "whsec_" + base64_encode(kWebhookKey)), 0, std::nullopt}};
  store::Transaction transaction(session, store::Transaction::Kind::kWrite);
  store::insert_account(session, account);
  transaction.commit();
}

inline Counts counts_of(store::Session& session) {
  static const std::vector<store::Statement> kCounts = [] {
    std::vector<store::Statement> made;
    for (const char* table :
         {"identity", "record", "identifier", "identifier_value", "identifier_thread", "thread", "record_thread",
          "engagement", "engagement_body", "engagement_key", "attribute", "interest", "interest_trigger", "note",
          "looked", "identity_log", "audit", "delivery", "command"})
      made.push_back({"count", std::string("SELECT COUNT(*) FROM ") + table});
    return made;
  }();
  Counts counts;
  for (const store::Statement& count : kCounts)
    session.query(count, {}, [&](const store::Row& row) { counts.push_back(row.integer(0)); });
  return counts;
}

inline Counts operator-(Counts a, const Counts& b) {
  for (std::size_t index = 0; index < a.size(); ++index) a[index] -= b[index];
  return a;
}

/// Takes the write lock and gives it back; throws where somebody holds it until the session's deadline.
inline void require_free_lock(store::Session& session) {
  const store::Transaction transaction(session, store::Transaction::Kind::kWrite);
}

/// A reply without what differs between customers and runs: numbers, and the version's digest.
inline std::string without_numbers(std::string_view reply) {
  std::string plain;
  for (const char c : reply) {
    if (c < '0' || c > '9')
      plain += c;
    else if (!plain.ends_with('#'))
      plain += '#';
  }
  const auto version = plain.find(R"("version":"a)");
  if (version != std::string::npos) plain.erase(version, plain.find(',', version) - version);
  return plain;
}

class Site {
 public:
  /// open makes the handlers' sessions over a migrated database; `looking` is a session of its own that looks on.
  Site(Open open, Clock clock, store::Session& looking)
      : pool_(std::move(open), std::move(clock), 2), looking_(looking) {
    looking_.set_deadline(deadline());
    add_hooked_account(looking_, pool_.clock().now_us());
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  virtual ~Site() = default;

  Microseconds deadline() const { return pool_.clock().monotonic_us() + 30 * kSecondUs; }

  /// Throws what the handler throws.
  accounts::WebhookAnswer deliver(const Sent& sent) {
    const Signed added(sent, pool_.clock().now_us());
    accounts::WebhookRequest request;
    request.method = "POST";
    request.path = "hooked";
    request.query = sent.query;
    request.body = sent.body;
    request.request_id = "r-1";
    request.deadline_us = deadline();
    request.header = [&](std::string_view name) -> std::optional<std::string_view> {
      if (name == "webhook-id") return sent.id;
      if (name == "webhook-timestamp") return added.stamp;
      if (name == "webhook-signature") return added.signature;
      if (name == "content-type") return "application/json";
      return std::nullopt;
    };
    return handler_.handle(request);
  }
  std::optional<std::string> take_event(std::string_view json, Faults& faults) {
    return accounts::take_host_items(json, pool_, directory_, deadline(), faults);
  }
  std::string open_panel(std::string_view request) { return sidebar_.reply(request, "r-1", deadline()); }
  using Action = std::string (panel::Actions::*)(std::string_view, std::string_view, Microseconds);
  std::string act(Action action, std::string_view request) { return (actions_.*action)(request, "r-1", deadline()); }
  void housekeep() { actions_.housekeep(deadline()); }

  Counts counts() {
    looking_.set_deadline(deadline());
    return counts_of(looking_);
  }
  void require_free_lock() {
    looking_.set_deadline(pool_.clock().monotonic_us() + 5 * kSecondUs);
    fault::require_free_lock(looking_);
  }

 private:
  store::Pool pool_;
  store::Session& looking_;
  store::AccountDirectory directory_;
  store::ReadAudit audit_;
  panel::Sidebar sidebar_{pool_, directory_, audit_, {}};
  panel::Actions actions_{pool_, directory_, audit_};
  accounts::WebhookHandler handler_{pool_, directory_, kMasterKey};
};

/// A Site over a database of its own. wrap: what the handlers' sessions are opened by instead.
class DatabaseSite : public unit::Database, public Site {
 public:
  explicit DatabaseSite(const std::function<Open(Open)>& wrap = [](Open open) { return open; })
      : Site(wrap(store::opener(url(), clock_)), clock_, *session_) {}

  /// Changes with each commit of the handlers' sessions. SQLite only.
  std::int64_t data_version() {
    static const store::Statement kVersion{"data_version", "PRAGMA data_version"};
    std::int64_t version = 0;
    session_->set_deadline(deadline());
    session_->query(kVersion, {}, [&](const store::Row& row) { version = row.integer(0); });
    return version;
  }
};

/// The words of one customer, of whom nothing is stored: an engagement, a profile and attributes.
inline std::string delivery_about(const std::string& who) {
  const std::string customer = R"("customer":{"id":"c-)" + who + R"(","name":"Customer )" + who +
                               R"(","identifiers":[{"kind":"email","value":"c)" + who +
                               R"(@b\u00fccher.example"},{"kind":"customer","value":"n-)" + who + R"("}]})";
  const std::string interests = R"("interests":[{"category":"Food","name":"Tea","words":"green tea"}])";
  const std::string at = R"(,"timestamp":"2026-11-03T10:12:00Z","data":{)";
  return R"([{"type":"engagement.created")" + at + R"("id":"m-)" + who + R"(",)" + customer +
         R"(,"direction":"in","channel":"mail","occurred_at":"2026-11-03T10:12:00Z","thread":{"id":"t-)" + who +
         R"(","subject":"Tea","status":"open"},"text":"Do you have green tea?",)" + interests + R"(}},)" +
         R"({"type":"profile.updated")" + at + customer + R"(,"handle":"h)" + who + R"(","bio":"drinks tea"}},)" +
         R"({"type":"attributes.updated")" + at + customer +
         R"(,"attributes":[{"key":"loyalty.tier","type":"string","value":"gold"}]}}])";
}

/// What a host passes about that customer: agent mia, who sees everything, at their ticket.
inline boost::json::object asking_about(const std::string& who) {
  boost::json::object asked = unit::asking("c" + who +
                                           "@b\xC3\xBC"
                                           "cher.example");
  asked["ticket"] = {{"account", "hooked"}, {"thread", "t-" + who}};
  return asked;
}

/// An action of that agent.
inline std::string action_about(const std::string& who, const std::string& key, boost::json::object args) {
  boost::json::object asked = asking_about(who);
  asked["key"] = "key-" + key;
  asked["args"] = std::move(args);
  return boost::json::serialize(asked);
}

}  // namespace identities::fault
