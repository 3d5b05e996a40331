// The sidebar and its actions over a real SQLite file, asked as a host asks them. One thread.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "database.hpp"
#include "panel/actions.hpp"
#include "panel/sidebar.hpp"

namespace identities::unit {

namespace json = boost::json;

inline json::object all_in_view() {
  return {{"all", true}};
}
inline json::object only(const json::array& partitions) {
  return {{"all", false}, {"partitions", partitions}};
}

/// What a host passes: agent mia at ticket t-1 of the account shop.
inline json::object asking(const std::string& email, const std::string& agent = "mia",
                           const json::array& scopes = {"identity.see", "note.write"},
                           const json::object& view = all_in_view()) {
  return {{"requester", json::array{json::object{{"kind", "email"}, {"value", email}}}},
          {"ticket", json::object{{"account", "shop"}, {"thread", "t-1"}}},
          {"agent", json::object{{"id", agent}, {"name", "Agent " + agent}}},
          {"scopes", scopes},
          {"view", view}};
}

struct PanelHost : Database {
  Microseconds deadline() const { return clock_.monotonic_us() + 30 * kSecondUs; }

  std::string reply_text(const json::object& request) {
    return sidebar_.reply(json::serialize(request), "r-1", deadline());
  }
  json::object reply(const json::object& request) { return json::parse(reply_text(request)).as_object(); }
  /// The request with these members set.
  json::object reply(json::object request, const json::object& members) {
    for (const auto& member : members) request[member.key()] = member.value();
    return reply(request);
  }

  /// A message of the customer with that address.
  Item from(const std::string& email, const std::string& id, Microseconds occurred_us,
            const std::string& thread = "t-1") {
    Item item = message(id, occurred_us, "c-" + email, Direction::kIn, thread);
    std::get<Engagement>(item.content).customer = customer("c-" + email, {email});
    return item;
  }

  /// All rows but those of settings.
  std::int64_t rows() {
    std::int64_t sum = 0;
    for (const char* table :
         {"identity", "record", "identifier", "identifier_value", "identifier_told", "record_told", "thread",
          "record_thread", "engagement", "attribute", "note", "looked", "identity_log", "audit", "command"})
      sum += count(std::string("SELECT COUNT(*) FROM ") + table);
    return sum;
  }

  store::Pool pool_{store::opener(url(), clock_), clock_, 2};
  store::AccountDirectory directory_;
  store::ReadAudit audit_;
  panel::Sidebar sidebar_{pool_, directory_, audit_, {}};
  panel::Actions actions_{pool_, directory_, audit_};
};

}  // namespace identities::unit
