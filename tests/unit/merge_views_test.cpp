// Method: an agent who sees one queue of two decides who is who. Nothing that is answered, refused or left out differs
// by what stands in the other queue; and what they did themselves they may take back.
#include "deciding_agent.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::ThrowsMessage;
using unit::asking;
using unit::kNow;

const json::object kOpen = {{"all", false}, {"partitions", json::array{"shop/Open"}}};
constexpr const char* kMobile = "0412 345 678";

class MergeViews : public unit::DecidingAgent {
 protected:
  /// A message of that customer in that queue, which tells those addresses.
  void write(const std::string& customer, const std::string& partition, const std::vector<std::string>& emails,
             const std::vector<std::string>& phones = {}) {
    const std::string number = std::to_string(++messages_);
    Item item = unit::message("v-" + number, kNow - kDayUs + messages_ * kMinuteUs, customer, Direction::kIn,
                              "thread-" + partition + customer);
    auto& engagement = std::get<Engagement>(item.content);
    engagement.partition = partition;
    engagement.customer = unit::customer(customer, emails);
    engagement.customer.name = "Vic Wood";
    for (const std::string& phone : phones)
      engagement.customer.identifiers.push_back(unit::given(IdentifierKind::kPhone, phone));
    apply(item);
  }
  /// A message by that name, which tells one address.
  void write_as(const std::string& name, const std::string& partition, const std::string& email) {
    const std::string number = std::to_string(++messages_);
    Item item = unit::message("v-" + number, kNow - kDayUs + messages_ * kMinuteUs, name, Direction::kIn,
                              "thread-" + partition + name);
    auto& engagement = std::get<Engagement>(item.content);
    engagement.partition = partition;
    engagement.customer = unit::customer(name, {email});
    engagement.customer.name = name;
    apply(item);
  }
  static json::object rex(const std::string& email) { return asking(email, "rex", unit::kMay, kOpen); }

  /// What is answered, or why it is refused.
  std::string outcome(Action action, const json::object& args, const json::object& ask) {
    try {
      return json::serialize(act(action, args, ask));
    } catch (const NotFound& error) {
      return std::string("not found: ") + error.what();
    } catch (const Conflict& error) {
      return std::string("conflict: ") + error.what();
    }
  }
  std::string looked(const json::object& members, const json::object& ask) {
    try {
      json::object found = reply(ask, members);
      found.erase("version");
      found.erase("requesters");  // tells the address that was asked for
      return json::serialize(found);
    } catch (const NotFound& error) {
      return std::string("not found: ") + error.what();
    } catch (const Conflict& error) {
      return std::string("conflict: ") + error.what();
    }
  }
  Id record_of(const std::string& customer) {
    return count("SELECT id FROM record WHERE source_key = '" + customer + "'");
  }

 private:
  std::int64_t messages_ = 0;
};

TEST_F(MergeViews, a_hidden_requester_and_a_hidden_address_are_answered_like_an_unknown_one) {
  write("c-open", "Open", {"open@customer.example"});
  write("c-open", "HR", {"secret@customer.example"});
  write("c-hr", "HR", {"hr@customer.example"});
  const std::string other = identity_of("open@customer.example");
  const json::object suggested = {{"suggestion", "17"}};
  const std::string record = std::to_string(record_of("c-hr"));
  struct {
    Action action;
    json::object args;
  } const commands[] = {{&MergeActions::accept, suggested},
                        {&MergeActions::refuse, suggested},
                        {&MergeActions::merge, {{"with", other}}},
                        {&MergeActions::judge, {{"with", other}, {"same", true}}},
                        {&MergeActions::judge, {{"with", other}, {"same", false}}},
                        {&MergeActions::split, {{"records", json::array{record}}}},
                        {&MergeActions::unlink, {{"record", record}}},
                        {&MergeActions::undo, {{"log", record}}}};
  const json::object pivots[] = {{{"pivot", "why"}},
                                 {{"pivot", "log"}},
                                 {{"pivot", "parts"}},
                                 {{"pivot", "undo"}, {"filter", json::object{{"log", record}}}},
                                 {{"pivot", "compare"}, {"filter", json::object{{"with", other}}}}};
  const json::object unknown = rex("nobody@customer.example");
  for (const char* hidden : {"hr@customer.example", "secret@customer.example"}) {
    for (const auto& command : commands)
      EXPECT_EQ(outcome(command.action, command.args, rex(hidden)), outcome(command.action, command.args, unknown));
    for (const json::object& pivot : pivots)
      EXPECT_EQ(looked(pivot, rex(hidden)), looked(pivot, unknown)) << json::serialize(pivot);
  }
  EXPECT_THAT(looked({{"pivot", "why"}}, unknown), HasSubstr("nothing is known of this requester yet"));
}

TEST_F(MergeViews, the_rule_is_told_only_where_what_it_went_by_is_in_view) {
  write("c-1", "Open", {"one@customer.example"});
  write("c-2", "Open", {"two@customer.example"});
  write("c-1", "HR", {}, {kMobile});
  write("c-2", "HR", {}, {kMobile});
  const json::object all = asking("one@customer.example", "mia", unit::kMay);
  ASSERT_EQ(look({{"pivot", "log"}}, all).at("log").at(0).at("rule"), "D4");
  const json::value log = look({{"pivot", "log"}}, rex("one@customer.example")).at("log").at(0);
  EXPECT_EQ(log.at("type"), "autolink");
  EXPECT_TRUE(log.at("rule").is_null());
  std::set<std::string> rules;
  const json::object why = look({{"pivot", "why"}}, rex("one@customer.example"));
  for (const json::value& each : why.at("why").as_array()) rules.emplace(each.at("rule").as_string());
  EXPECT_THAT(rules, testing::UnorderedElementsAre("first", "rule"));
  // As soon as both parts show it, it is told.
  write("c-1", "Open", {}, {kMobile});
  write("c-2", "Open", {}, {kMobile});
  EXPECT_EQ(look({{"pivot", "log"}}, rex("one@customer.example")).at("log").at(0).at("rule"), "D4");
}

TEST_F(MergeViews, a_suggestion_whose_ground_is_hidden_is_not_told) {
  write("c-1", "Open", {"one@customer.example"});
  write("c-2", "Open", {"two@customer.example"});
  write("c-1", "HR", {}, {"02 9374 4000"});
  write("c-2", "HR", {}, {"02 9374 4000"});
  ASSERT_EQ(look({}, asking("one@customer.example", "mia", unit::kMay)).at("suggestions").as_array().size(), 1U);
  EXPECT_TRUE(look({}, rex("one@customer.example")).at("suggestions").as_array().empty());
  write("c-1", "Open", {}, {"02 9374 4000"});
  write("c-2", "Open", {}, {"02 9374 4000"});
  EXPECT_EQ(look({}, rex("one@customer.example")).at("suggestions").as_array().size(), 1U);
}

TEST_F(MergeViews, one_part_in_view_stays_whatever_is_hidden) {
  write("c-alone", "Open", {"alone@customer.example"});
  write("c-seen", "Open", {"seen@customer.example"});
  write("c-hidden", "HR", {"seen@customer.example"});
  ASSERT_EQ(identity_of("seen@customer.example"),
            std::to_string(count("SELECT identity_id FROM record WHERE source_key = 'c-hidden'")));
  const auto part = [&](const char* customer) {
    return json::object{{"records", json::array{std::to_string(record_of(customer))}}};
  };
  const std::string alone = outcome(&MergeActions::split, part("c-alone"), rex("alone@customer.example"));
  EXPECT_THAT(alone, HasSubstr("conflict: parts: "));
  EXPECT_EQ(outcome(&MergeActions::split, part("c-seen"), rex("seen@customer.example")), alone);
  const json::object off = {{"record", std::to_string(record_of("c-seen"))}};
  EXPECT_EQ(outcome(&MergeActions::unlink, off, rex("seen@customer.example")), alone);
}

TEST_F(MergeViews, whoever_decided_may_take_it_back_and_is_told_what_is_in_view) {
  write("c-1", "Open", {"one@customer.example"});
  write("c-2", "Open", {"two@customer.example"});
  write("c-3", "HR", {"two@customer.example"});
  const json::object ask = rex("one@customer.example");
  const json::object joined = act(&MergeActions::merge, {{"with", identity_of("two@customer.example")}}, ask);
  const json::value told = look({{"pivot", "log"}}, ask).at("log").at(0);
  EXPECT_EQ(told.at("id"), joined.at("log"));
  EXPECT_EQ(told.at("records"), 2) << "its own part and the one that is seen of the other";
  ASSERT_EQ(told.at("parts").as_array().size(), 1U);
  EXPECT_EQ(told.at("parts").at(0).at("record").as_string(), std::to_string(record_of("c-2")));
  const json::object tom = asking("one@customer.example", "tom", unit::kMay, kOpen);
  EXPECT_EQ(look({{"pivot", "log"}}, tom).at("log").as_array().size(), 0U) << "another is told nothing of it";
  const json::object undo = look({{"pivot", "undo"}, {"filter", json::object{{"log", joined.at("log")}}}}, ask);
  EXPECT_EQ(undo.at("undo").at("moves").as_array().size(), 1U);
  act(&MergeActions::undo, {{"log", joined.at("log")}, {"seen", undo.at("seen")}}, ask);
  EXPECT_NE(identity_of("one@customer.example"), identity_of("two@customer.example"));
}

/// What of a conflict (J1) whoever asks is told, in an opening.
class ConflictViews : public MergeViews {
 protected:
  ConflictViews() {
    write("c-1", "Open", {kOne});
    write("c-2", "Open", {kTwo});
  }
  void judge_not(const json::object& ask) {
    act(&MergeActions::judge, {{"with", identity_of(kTwo)}, {"same", false}}, ask);
  }
  void both_have(const std::string& partition) {
    for (const char* customer : {"c-1", "c-2"}) write(customer, partition, {}, {kMobile});
  }
  json::array told(const json::object& ask) { return look({}, ask).at("suggestions").as_array(); }
  json::object mia() { return asking(kOne, "mia", unit::kMay); }

  static constexpr const char* kOne = "one@customer.example";
  static constexpr const char* kTwo = "two@customer.example";
};

TEST_F(ConflictViews, who_judged_and_what_they_have_in_common_since_is_told_and_compared) {
  judge_not(mia());
  EXPECT_TRUE(told(mia()).empty());
  both_have("Open");
  const json::array shown = told(mia());
  ASSERT_EQ(shown.size(), 1U);
  const json::value& judged = shown.at(0).at("judged");
  EXPECT_EQ(judged.at("actor").at("name"), "Agent mia");
  EXPECT_EQ(judged.at("since"), "D4");
  EXPECT_EQ(shown.at(0).at("strength"), "strong");
  const json::object from_there = look({}, asking(kTwo, "mia", unit::kMay));
  EXPECT_EQ(from_there.at("suggestions").at(0).at("judged"), judged);
  const json::object compared =
      look({{"pivot", "compare"}, {"filter", json::object{{"suggestion", shown.at(0).at("id")}}}}, mia());
  EXPECT_EQ(compared.at("compare").at("rule"), "J1");
  EXPECT_EQ(compared.at("compare").at("judged"), judged);
  EXPECT_EQ(compared.at("compare").at("evidence").at(0).at("outcome"), "same");
  const json::object tom = look({}, asking(kOne, "tom", unit::kMay));
  EXPECT_EQ(tom.at("suggestions").at(0).at("judged").at("actor"), (json::object{{"id", "mia"}, {"name", "Agent mia"}}));
}

TEST_F(ConflictViews, it_is_answered_as_any_suggestion_and_the_answer_taken_back) {
  judge_not(mia());
  both_have("Open");
  const json::object which = {{"suggestion", told(mia()).at(0).at("id")}};
  const json::object refused = act(&MergeActions::refuse, which, mia());
  EXPECT_TRUE(told(mia()).empty());
  EXPECT_NE(identity_of(kOne), identity_of(kTwo));
  EXPECT_THAT(outcome(&MergeActions::accept, which, mia()), HasSubstr("conflict: decided"));
  act(&MergeActions::undo, {{"log", refused.at("log")}}, mia());
  ASSERT_EQ(told(mia()).size(), 1U);
  const json::object joined = act(&MergeActions::accept, which, mia());
  EXPECT_EQ(identity_of(kOne), identity_of(kTwo));
  EXPECT_EQ(count("SELECT COUNT(*) FROM cannot_link"), 0);
  act(&MergeActions::undo, {{"log", joined.at("log")}}, mia());
  EXPECT_NE(identity_of(kOne), identity_of(kTwo));
  EXPECT_TRUE(told(mia()).empty()) << "they were parted by an agent, who knows";
}

TEST_F(ConflictViews, without_its_judgement_it_is_a_suggestion_and_without_what_came_since_it_is_none) {
  judge_not(mia());
  const json::value judgement = look({{"pivot", "log"}}, mia()).at("log").at(0).at("id");
  both_have("Open");
  const json::object undone = act(&MergeActions::undo, {{"log", judgement}}, mia());
  ASSERT_EQ(told(mia()).size(), 1U);
  EXPECT_FALSE(told(mia()).at(0).as_object().contains("judged"));
  act(&MergeActions::undo, {{"log", undone.at("log")}}, mia());
  EXPECT_TRUE(told(mia()).at(0).as_object().contains("judged"));
  act(&MergeActions::unlink, {{"record", std::to_string(record_of("c-1"))}, {"kind", "phone"}, {"value", kMobile}},
      mia());
  EXPECT_TRUE(told(mia()).empty());
}

TEST_F(ConflictViews, what_they_have_in_common_is_hidden_where_one_of_them_hides_it) {
  judge_not(rex(kOne));
  both_have("HR");
  ASSERT_EQ(told(mia()).size(), 1U);
  EXPECT_TRUE(told(rex(kOne)).empty());
  write("c-1", "Open", {}, {kMobile});
  EXPECT_TRUE(told(rex(kOne)).empty());
  write("c-2", "Open", {}, {kMobile});
  EXPECT_EQ(told(rex(kOne)).size(), 1U);
}

TEST_F(ConflictViews, a_landline_or_a_role_address_in_common_that_is_in_view_is_not_what_it_rests_on) {
  judge_not(rex(kOne));
  both_have("HR");
  for (const char* customer : {"c-1", "c-2"}) write(customer, "Open", {}, {"02 9374 4000"});
  ASSERT_EQ(told(mia()).size(), 1U);
  EXPECT_TRUE(told(rex(kOne)).empty());
  write("c-4", "Open", {"four@customer.example"});
  write("c-5", "Open", {"five@customer.example"});
  const json::object ask = rex("four@customer.example");
  act(&MergeActions::judge, {{"with", identity_of("five@customer.example")}, {"same", false}}, ask);
  for (const char* customer : {"c-4", "c-5"}) {
    write(customer, "HR", {"both@customer.example"});
    write(customer, "Open", {"info@customer.example"});
  }
  ASSERT_EQ(told(asking("four@customer.example", "mia", unit::kMay)).at(0).at("judged").at("since"), "D3");
  EXPECT_TRUE(told(ask).empty());
}

TEST_F(ConflictViews, a_judgement_of_somebody_hidden_too_is_not_hinted_at) {
  write("c-hidden", "HR", {kTwo});
  ASSERT_EQ(identity_of(kTwo), std::to_string(count("SELECT identity_id FROM record WHERE source_key = 'c-hidden'")));
  judge_not(mia());
  both_have("Open");
  const json::array shown = told(mia());
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_TRUE(told(rex(kOne)).empty());
  const json::object which = {{"suggestion", shown.at(0).at("id")}};
  const json::object unknown = {{"suggestion", "17"}};
  for (const Action action : {&MergeActions::accept, &MergeActions::refuse})
    EXPECT_EQ(outcome(action, which, rex(kOne)), outcome(action, unknown, rex(kOne)));
  const auto compare = [&](const json::object& filter) {
    return looked({{"pivot", "compare"}, {"filter", filter}}, rex(kOne));
  };
  EXPECT_EQ(compare(which), compare(unknown));
  EXPECT_NE(identity_of(kOne), identity_of(kTwo));
}

TEST_F(ConflictViews, whoever_judged_is_told_as_far_as_they_see) {
  write("c-hidden", "HR", {kTwo});
  judge_not(rex(kOne));
  both_have("Open");
  ASSERT_EQ(told(rex(kOne)).size(), 1U);
  EXPECT_EQ(told(rex(kOne)).at(0).at("judged").at("actor").at("id"), "rex");
  EXPECT_TRUE(told(asking(kOne, "tom", unit::kMay, kOpen)).empty()) << "another with the same view";
}

TEST_F(MergeViews, that_several_people_use_an_address_is_told_to_whoever_sees_everything_alone) {
  const std::pair<const char*, const char*> people[] = {{"one@customer.example", "Ann Lee"},
                                                        {"two@customer.example", "Raj Patel"},
                                                        {"three@customer.example", "Olga Berg"}};
  for (const char* partition : {"Open", "HR"})
    for (const auto& [email, name] : people) write_as(name, partition, partition[0] == 'O' ? email : "desk@acme.io");
  const json::object all = look({{"pivot", "log"}}, asking("one@customer.example", "mia", unit::kMay));
  ASSERT_EQ(all.at("log").at(0).at("type"), "block_value");
  EXPECT_EQ(all.at("log").at(0).at("names").as_array().size(), 3U);
  const json::object log = {{"log", all.at("log").at(0).at("id")}};
  for (const auto& [email, name] : people) {
    EXPECT_TRUE(look({{"pivot", "log"}}, rex(email)).at("log").as_array().empty()) << email;
    EXPECT_THAT(outcome(&MergeActions::undo, log, rex(email)), HasSubstr("not found"));
    EXPECT_THAT(looked({{"pivot", "undo"}, {"filter", log}}, rex(email)), HasSubstr("not found"));
  }
  const json::object undone = act(&MergeActions::undo, log, asking("one@customer.example", "rex", unit::kMay));
  EXPECT_TRUE(look({{"pivot", "log"}}, rex("one@customer.example")).at("log").as_array().empty())
      << "what Rex did when he saw more tells who the others are, too";
}

}  // namespace
}  // namespace identities::panel
