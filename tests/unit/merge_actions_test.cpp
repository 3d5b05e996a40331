// Method: an agent's decisions of who is who through the real sidebar and actions, as a host passes them; every reply
// is checked against its schema.
#include <gmock/gmock.h>

#include "panel/merge_actions.hpp"
#include "panel_fixture.hpp"
#include "schema_check.hpp"
#include "store/suggestions.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::ThrowsMessage;
using unit::asking;
using unit::kNow;

constexpr const char* kAda = "ada@customer.example";
constexpr const char* kBo = "bo@customer.example";
const json::array kMay = {"identity.see", "note.write", "identity.merge", "identity.find"};

class MergeActions : public testing::Test, protected unit::PanelHost {
 protected:
  using Action = std::string (panel::MergeActions::*)(std::string_view, std::string_view, Microseconds);

  void SetUp() override {
    apply(from(kAda, "m-1", kNow - kDayUs));
    apply(from(kBo, "m-2", kNow - kDayUs, "t-2"));
  }

  json::object look(const json::object& members, const json::object& ask = asking(kAda, "mia", kMay)) {
    const json::object found = reply(ask, members);
    EXPECT_EQ(unit::breaks(found, unit::schema_of("panel_reply.json")), "") << json::serialize(found);
    return found;
  }
  json::object act(Action action, const json::object& args, json::object ask = asking(kAda, "mia", kMay),
                   const std::string& key = {}) {
    ask["key"] = key.empty() ? "key-" + std::to_string(1'000'000 + ++keys_) : key;
    ask["args"] = args;
    const std::string text = json::serialize(ask);
    EXPECT_EQ(unit::breaks(ask, unit::schema_of("action.json")), "");
    const json::object done = json::parse((merging_.*action)(text, "r-1", deadline())).as_object();
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

TEST_F(MergeActions, a_suggestion_is_shown_compared_accepted_and_undone) {
  suggest();
  const json::object opened = look({});
  ASSERT_EQ(opened.at("suggestions").as_array().size(), 1U);
  EXPECT_EQ(opened.at("suggestions").at(0).at("strength"), "possible");
  EXPECT_EQ(opened.at("suggestions").at(0).at("name").as_string(), std::string("Name of c-") + kBo);
  const json::object compared = look({{"pivot", "compare"}, {"filter", json::object{{"suggestion", suggestion()}}}});
  EXPECT_EQ(compared.at("compare").at("right").at("identity").as_string(), identity_of(kBo));
  EXPECT_GE(compared.at("compare").at("evidence").as_array().size(), 2U);

  const json::object joined = act(&panel::MergeActions::accept, {{"suggestion", suggestion()}});
  EXPECT_EQ(identity_of(kAda), identity_of(kBo));
  EXPECT_TRUE(look({}).at("suggestions").as_array().empty());
  const json::object log = look({{"pivot", "log"}});
  EXPECT_EQ(log.at("log").at(0).at("id"), joined.at("log"));
  EXPECT_EQ(log.at("log").at(0).at("type"), "merge");
  EXPECT_EQ(log.at("log").at(0).at("actor").at("id"), "mia");
  EXPECT_EQ(log.at("log").at(0).at("undoable"), true);
  const json::object preview = look({{"pivot", "undo"}, {"filter", json::object{{"log", joined.at("log")}}}});
  EXPECT_EQ(preview.at("undo").at("exact"), true);
  EXPECT_EQ(preview.at("undo").at("moves").as_array().size(), 1U);
  EXPECT_EQ(preview.at("undo").at("engagements"), 1);

  act(&panel::MergeActions::undo, {{"log", joined.at("log")}});
  EXPECT_NE(identity_of(kAda), identity_of(kBo));
  const json::object after = look({{"pivot", "log"}});
  EXPECT_EQ(after.at("log").at(0).at("type"), "undo");
  EXPECT_EQ(after.at("log").at(1).at("undone_by"), after.at("log").at(0).at("id"));
  EXPECT_EQ(after.at("log").at(1).at("undoable"), false);
  EXPECT_TRUE(look({}).at("suggestions").as_array().empty()) << "it was decided";
}

TEST_F(MergeActions, a_refused_suggestion_does_not_come_back) {
  suggest();
  const std::string id = suggestion();
  act(&panel::MergeActions::refuse, {{"suggestion", id}});
  EXPECT_TRUE(look({}).at("suggestions").as_array().empty());
  suggest();
  EXPECT_TRUE(look({}).at("suggestions").as_array().empty());
  EXPECT_THAT(
      [&] {
        act(&panel::MergeActions::accept, {{"suggestion", id}});
      },
      ThrowsMessage<Conflict>(HasSubstr("decided")));
}

TEST_F(MergeActions, a_doubt_within_an_identity_is_told_and_found_right_or_wrong) {
  act(&panel::MergeActions::merge, {{"with", identity_of(kBo)}});
  const Id bo = count("SELECT MAX(id) FROM record");
  {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::suggest(*session_, {count("SELECT MIN(id) FROM record"), bo, "S2", true, 4, "[]"}, kNow);
    transaction.commit();
  }
  const json::value told = look({}).at("suggestions").at(0);
  EXPECT_EQ(told.at("doubted").as_string(), std::to_string(bo));
  EXPECT_EQ(told.at("identity").as_string(), identity_of(kAda));
  EXPECT_EQ(told.at("name").as_string(), std::string("Name of c-") + kBo);
  const json::object elsewhere = asking(kAda, "mia", kMay, unit::only({"shop", "mail"}));
  ASSERT_EQ(look({}, elsewhere).at("identity").at("id").as_string(), identity_of(kAda));
  EXPECT_TRUE(look({}, elsewhere).at("suggestions").as_array().empty()) << "it rests on what others write";

  const json::object doubt = {{"suggestion", told.at("id")}};
  const json::object parted = act(&panel::MergeActions::accept, doubt);
  EXPECT_NE(identity_of(kAda), identity_of(kBo));
  EXPECT_TRUE(look({}).at("suggestions").as_array().empty());
  act(&panel::MergeActions::undo, {{"log", parted.at("log")}});
  const json::object kept = act(&panel::MergeActions::refuse, doubt);
  EXPECT_EQ(identity_of(kAda), identity_of(kBo));
  EXPECT_TRUE(look({}).at("suggestions").as_array().empty());
  EXPECT_EQ(look({{"pivot", "log"}}).at("log").at(0).at("type"), "judge_same");
  EXPECT_THAT([&] { act(&panel::MergeActions::refuse, doubt); }, ThrowsMessage<Conflict>(HasSubstr("decided")));
  act(&panel::MergeActions::undo, {{"log", kept.at("log")}});
  EXPECT_EQ(look({}).at("suggestions").at(0).at("id"), told.at("id"));
}

TEST_F(MergeActions, a_repeat_of_a_command_merges_once) {
  const json::object args = {{"with", identity_of(kBo)}};
  const json::object first = act(&panel::MergeActions::merge, args, asking(kAda, "mia", kMay), "key-repeated");
  const json::object again = act(&panel::MergeActions::merge, args, asking(kAda, "mia", kMay), "key-repeated");
  EXPECT_EQ(first, again);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity_log WHERE type = 'merge'"), 1);
}

TEST_F(MergeActions, tell_why_and_split_what_does_not_belong) {
  const json::object joined = act(&panel::MergeActions::merge, {{"with", identity_of(kBo)}});
  const json::object why = look({{"pivot", "why"}});
  ASSERT_EQ(why.at("why").as_array().size(), 2U);
  std::set<std::string> rules;
  for (const json::value& each : why.at("why").as_array()) rules.emplace(each.at("rule").as_string());
  EXPECT_THAT(rules, testing::UnorderedElementsAre("first", "J"));
  const json::object parts = look({{"pivot", "parts"}});
  ASSERT_EQ(parts.at("parts").as_array().size(), 2U);
  EXPECT_EQ(parts.at("parts").at(1).at("messages"), 1);
  act(&panel::MergeActions::split, {{"records", json::array{parts.at("parts").at(1).at("record")}}});
  EXPECT_NE(identity_of(kAda), identity_of(kBo));
  EXPECT_THAT(
      [&] {
        act(&panel::MergeActions::split, {{"records", json::array{parts.at("parts").at(1).at("record")}}});
      },
      ThrowsMessage<NotFound>(HasSubstr("not in this identity")));
  act(&panel::MergeActions::undo, {{"log", look({{"pivot", "log"}}).at("log").at(0).at("id")}});
  EXPECT_EQ(identity_of(kAda), identity_of(kBo));
  EXPECT_EQ(look({{"pivot", "undo"}, {"filter", json::object{{"log", joined.at("log")}}}}).at("undo").at("exact"), true)
      << "a split that was taken back touched nothing";
}

TEST_F(MergeActions, an_identifier_is_taken_off_and_put_back) {
  const json::value record = look({{"pivot", "parts"}}).at("parts").at(0).at("record");
  const json::object off = act(&panel::MergeActions::unlink, {{"record", record}, {"kind", "email"}, {"value", kAda}});
  EXPECT_TRUE(look({}).at("identity").at("id").is_null()) << "nobody has that address now";
  EXPECT_THAT(
      [&] {
        act(&panel::MergeActions::undo, {{"log", off.at("log")}}, asking(kAda, "tom", kMay));
      },
      ThrowsMessage<NotFound>(HasSubstr("nothing is known")))
      << "another agent would have to find the identity first";
  act(&panel::MergeActions::undo, {{"log", off.at("log")}});
  EXPECT_FALSE(look({}).at("identity").at("id").is_null());
}

TEST_F(MergeActions, who_has_an_identifier_is_found_by_those_who_may) {
  const json::object found =
      look({{"pivot", "find"}, {"filter", json::object{{"find", json::object{{"kind", "email"}, {"value", kBo}}}}}});
  EXPECT_EQ(found.at("found").at("identity").as_string(), identity_of(kBo));
  const json::object nobody = look(
      {{"pivot", "find"}, {"filter", json::object{{"find", json::object{{"kind", "email"}, {"value", "x@y.zz"}}}}}});
  EXPECT_TRUE(nobody.at("found").is_null());
  EXPECT_THROW(
      reply(asking(kAda),
            {{"pivot", "find"}, {"filter", json::object{{"find", json::object{{"kind", "email"}, {"value", kBo}}}}}}),
      Forbidden);
}

TEST_F(MergeActions, whoever_is_looked_up_or_compared_is_in_the_audit_by_who_did_it) {
  const std::string bo = identity_of(kBo);
  const json::object nobody = asking("nobody.yet@customer.example", "tom", kMay);
  const json::object bos = {{"kind", "email"}, {"value", kBo}};
  look({{"pivot", "find"}, {"filter", json::object{{"find", bos}}}}, nobody);
  look({{"pivot", "compare"}, {"filter", json::object{{"with", bo}}}}, asking(kAda, "tom", kMay));
  audit_.flush(*session_);
  const std::string of_bo = " FROM audit WHERE agent_id = 'tom' AND identity_id = " + bo;
  EXPECT_EQ(count("SELECT COUNT(*)" + of_bo + " AND action = 'identity.find' AND target_id IS NULL"), 1);
  EXPECT_EQ(count("SELECT COUNT(*)" + of_bo + " AND action = 'identity.compare' AND target_id = " + identity_of(kAda)),
            1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit WHERE agent_id = 'tom'"), 3) << "and whom it was compared with";
}

TEST_F(MergeActions, a_shared_mailbox_says_how_many_write_from_it_and_a_placeholder_why_it_joins_nobody) {
  for (const char* who : {"Ann Reed", "Bo Chan", "Cleo Diaz"}) {
    Item item = unit::message(std::string("m-") + who, kNow - kDayUs, std::string("c-") + who, Direction::kIn,
                              std::string("t-") + who);
    std::get<Engagement>(item.content).customer = unit::customer(std::string("c-") + who, {"info@mill.net"});
    std::get<Engagement>(item.content).customer.name = who;
    apply(item);
  }
  const json::object opened = look({}, asking("info@mill.net", "mia", kMay));
  EXPECT_EQ(opened.at("identity").at("status"), "shared");
  EXPECT_EQ(opened.at("identity").at("shared").at("people"), 3);
  const json::object restricted = {
      {"all", false}, {"partitions", json::array{}}, {"threads", json::array{"t-Ann Reed", "t-Bo Chan"}}};
  EXPECT_EQ(look({}, asking("info@mill.net", "mia", kMay, restricted)).at("identity").at("shared").at("people"), 2);
  const json::object own = look({}, asking("no-reply@mill.net"));
  EXPECT_EQ(own.at("identity").at("identifiers").at(0).at("blocked"), true);
  EXPECT_EQ(own.at("identity").at("identifiers").at(0).at("why"), "placeholder");
}

TEST_F(MergeActions, without_the_scope_nothing_of_it_is_told) {
  suggest();
  EXPECT_TRUE(look({}, asking(kAda)).at("suggestions").as_array().empty());
  for (const char* pivot : {"why", "log", "parts"}) EXPECT_THROW(reply(asking(kAda), {{"pivot", pivot}}), Forbidden);
}

TEST_F(MergeActions, a_view_without_the_other_sees_no_suggestion_and_merges_nobody) {
  suggest();
  const json::object restricted =
      asking(kAda, "mia", kMay, {{"all", false}, {"partitions", json::array{}}, {"threads", json::array{"t-1"}}});
  EXPECT_TRUE(look({}, restricted).at("suggestions").as_array().empty());
  const std::string other = identity_of(kBo);
  EXPECT_THROW(reply(restricted, {{"pivot", "compare"}, {"filter", json::object{{"with", other}}}}), NotFound);
  EXPECT_THROW(act(&panel::MergeActions::merge, {{"with", other}}, restricted), NotFound);
  EXPECT_THROW(act(&panel::MergeActions::accept, {{"suggestion", suggestion()}}, restricted), NotFound);
  act(&panel::MergeActions::merge, {{"with", other}});
  EXPECT_TRUE(look({{"pivot", "log"}}, restricted).at("log").as_array().size() < 3U) << "the merge is not told";
}

TEST_F(MergeActions, bad_input_is_named) {
  struct {
    Action action;
    json::object args;
    const char* says;
  } const rows[] = {
      {&panel::MergeActions::accept, {}, "/args/suggestion"},
      {&panel::MergeActions::merge, {}, "/args/with"},
      {&panel::MergeActions::split, {}, "/args/records"},
      {&panel::MergeActions::unlink, {}, "/args/record"},
      {&panel::MergeActions::judge, {{"with", "17"}}, "/args/same"},
      {&panel::MergeActions::undo, {}, "/args/log"},
  };
  for (const auto& row : rows)
    EXPECT_THAT([&] { act(row.action, row.args); }, ThrowsMessage<BadRequest>(HasSubstr(row.says)));
  EXPECT_THROW(act(&panel::MergeActions::merge, {{"with", "17"}}), NotFound);
  EXPECT_THROW(act(&panel::MergeActions::undo, {{"log", "17"}}), NotFound);
  EXPECT_THROW(reply(asking(kAda, "mia", kMay), {{"pivot", "compare"}}), BadRequest);
  EXPECT_THROW(reply(asking(kAda, "mia", kMay), {{"pivot", "undo"}}), BadRequest);
  EXPECT_THROW(reply(asking(kAda, "mia", kMay), {{"pivot", "find"}}), BadRequest);
}

}  // namespace
}  // namespace identities::panel
