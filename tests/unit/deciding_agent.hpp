// An agent who decides who is who through the real sidebar and actions, as a host passes them; every reply is checked
// against its schema.
#pragma once

#include <gmock/gmock.h>

#include "panel/merge_actions.hpp"
#include "panel_fixture.hpp"
#include "schema_check.hpp"
#include "store/suggestions.hpp"

namespace identities::unit {

inline constexpr const char* kAda = "ada@customer.example";
inline constexpr const char* kBo = "bo@customer.example";
inline const json::array kMay = {"identity.see", "note.write", "identity.merge", "identity.find"};

class DecidingAgent : public testing::Test, protected PanelHost {
 protected:
  using Action = std::string (panel::MergeActions::*)(std::string_view, std::string_view, Microseconds);

  void SetUp() override {
    apply(from(kAda, "m-1", kNow - kDayUs));
    apply(from(kBo, "m-2", kNow - kDayUs, "t-2"));
  }

  json::object look(const json::object& members, const json::object& ask = asking(kAda, "mia", kMay)) {
    const json::object found = reply(ask, members);
    EXPECT_EQ(breaks(found, schema_of("panel_reply.json")), "") << json::serialize(found);
    return found;
  }
  json::object act(Action action, const json::object& args, json::object ask = asking(kAda, "mia", kMay),
                   const std::string& key = {}) {
    return act(merging_, action, args, std::move(ask), key);
  }
  /// The same by actions with a pool of their own.
  json::object act(panel::MergeActions& actions, Action action, const json::object& args,
                   json::object ask = asking(kAda, "mia", kMay), const std::string& key = {}) {
    ask["key"] = key.empty() ? "key-" + std::to_string(1'000'000 + ++keys_) : key;
    ask["args"] = args;
    const std::string text = json::serialize(ask);
    EXPECT_EQ(breaks(ask, schema_of("action.json")), "");
    const json::object done = json::parse((actions.*action)(text, "r-1", deadline())).as_object();
    return done;
  }
  std::string identity_of(const char* email) {
    return std::string(look({}, asking(email, "mia", kMay)).at("identity").at("id").as_string());
  }
  /// As the rules do where they are not sure.
  void suggest() {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    const Id first = count("SELECT MIN(id) FROM record");
    store::suggest(*session_, {first, count("SELECT MAX(id) FROM record"), "E3", false, 4, "[]"}, kNow);
    transaction.commit();
  }
  std::string suggestion() { return std::string(look({}).at("suggestions").at(0).at("id").as_string()); }

  panel::MergeActions merging_{pool_, directory_, audit_};

 private:
  int keys_ = 0;
};

}  // namespace identities::unit
