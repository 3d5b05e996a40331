// Method: an agent's decisions of who is who, each told, done and taken back through panel and actions.
#include "deciding_agent.hpp"
#include "interposed_session.hpp"

namespace identities::panel {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::ThrowsMessage;
using unit::asking;
using unit::kAda;
using unit::kBo;
using unit::kMay;
using unit::kNow;

class MergeActions : public unit::DecidingAgent {};

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
  const json::object to_zoe = look({{"pivot", "log"}}, asking(kAda, "zoe", kMay));
  EXPECT_EQ(to_zoe.at("log").at(0).at("actor").at("name"), "Agent mia") << "a colleague, by name";
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
    store::suggest(*session_, {count("SELECT MIN(id) FROM record"), bo, "D3", true, 4, "[]"}, kNow);
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

TEST_F(MergeActions, that_several_people_use_an_address_is_told_and_undone) {
  constexpr const char* kDesk = "desk@acme.io";
  for (const char* who : {"Ann Lee", "Raj Patel", "Olga Berg"}) {
    Item item = from(kDesk, std::string("m-") + who, kNow - kDayUs, std::string("t-") + who);
    auto& customer = std::get<Engagement>(item.content).customer;
    customer.source_key = who;
    customer.name = who;
    apply(item);
  }
  const auto is_shared = [&] { return count("SELECT MAX(state) FROM identifier_value") == 1; };
  ASSERT_TRUE(is_shared());
  // An address of one's own leads there.
  Item own = from("ann@acme.io", "m-own", kNow, "t-own");
  std::get<Engagement>(own.content).customer.source_key = "Ann Lee";
  std::get<Engagement>(own.content).customer.name = "Ann Lee";
  apply(own);
  const json::object ask = asking("ann@acme.io", "mia", kMay);
  const json::value told = look({{"pivot", "log"}}, ask).at("log").at(0);
  EXPECT_EQ(told.at("type"), "block_value");
  EXPECT_EQ(told.at("value"), kDesk);
  EXPECT_EQ(told.at("names"), (json::array{"Ann Lee", "Olga Berg", "Raj Patel"}));
  EXPECT_TRUE(told.at("actor").is_null());
  EXPECT_EQ(told.at("undoable"), true);
  const json::object preview = look({{"pivot", "undo"}, {"filter", json::object{{"log", told.at("id")}}}}, ask);
  EXPECT_EQ(preview.at("undo").at("exact"), true);
  EXPECT_TRUE(preview.at("undo").at("moves").as_array().empty());
  const json::object done =
      act(&panel::MergeActions::undo, {{"log", told.at("id")}, {"seen", preview.at("seen")}}, ask);
  EXPECT_FALSE(is_shared());
  EXPECT_EQ(look({{"pivot", "log"}}, ask).at("log").at(1).at("undone_by"), done.at("log"));
  act(&panel::MergeActions::undo, {{"log", done.at("log")}}, ask);
  EXPECT_TRUE(is_shared());
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

TEST_F(MergeActions, C08_whose_domain_an_address_imitates_is_told_where_an_agent_decides) {
  const std::string spoof = "anna@раураl.com";
  apply(from(spoof, "m-3", kNow - kHourUs, "t-3"));
  const json::object with = {{"with", identity_of("anna@xn--l-7sba6dbr.com")}};
  const json::object compared = look({{"pivot", "compare"}, {"filter", with}});
  const json::object& right = compared.at("compare").at("right").as_object();
  EXPECT_EQ(right.at("identifiers").at(0).at("imitates"), "paypal.com");
  EXPECT_FALSE(compared.at("compare").at("left").at("identifiers").at(0).as_object().contains("imitates"));
  const json::object why = look({{"pivot", "why"}}, asking(spoof, "mia", kMay));
  EXPECT_EQ(why.at("why").at(0).at("imitates"), "paypal.com");
  EXPECT_EQ(why.at("why").at(0).at("domain"), "xn--l-7sba6dbr.com");
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

TEST_F(MergeActions, of_two_accounts_with_the_same_customer_number_the_named_one_is_taken_off) {
  Item item = unit::message("m-3", kNow - kHourUs, "c-3");
  auto& told = std::get<Engagement>(item.content).customer;
  told = unit::customer("c-3", {kAda});
  told.name = "Name of c-" + std::string(kAda);
  told.identifiers.push_back(unit::given(IdentifierKind::kCustomer, "1001", "shopa"));
  told.identifiers.push_back(unit::given(IdentifierKind::kCustomer, "1001", "shopb"));
  apply(item);
  std::string record;
  const json::object why = look({{"pivot", "why"}});
  for (const json::value& each : why.at("why").as_array())
    if (each.at("kind") == "customer") record = each.at("record").as_string();
  act(&panel::MergeActions::unlink, {{"record", record}, {"kind", "customer"}, {"scope", "shopb"}, {"value", "1001"}});
  EXPECT_EQ(count("SELECT COUNT(*) FROM identifier WHERE value = 'shopb:1001' AND detached_by > 0"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identifier WHERE value = 'shopa:1001' AND detached_by > 0"), 0);
  EXPECT_EQ(look({{"pivot", "log"}}).at("log").at(0).at("taken"), "customer");
}

TEST_F(MergeActions, the_requesters_own_address_is_taken_off_and_put_back_by_the_same_agent_at_that_ticket) {
  const std::string record = std::to_string(count("SELECT MIN(id) FROM record"));
  const json::object off = act(&panel::MergeActions::unlink, {{"record", record}, {"kind", "email"}, {"value", kAda}});
  const json::object log = {{"log", off.at("log")}};
  const json::object undo = {{"pivot", "undo"}, {"filter", log}};
  const json::object elsewhere = asking("nobody.yet@customer.example", "mia", kMay);
  EXPECT_THROW(look(undo, elsewhere), NotFound);
  EXPECT_THROW(act(&panel::MergeActions::undo, log, elsewhere), NotFound);
  EXPECT_THROW(look(undo, asking(kAda, "tom", kMay)), NotFound);
  EXPECT_EQ(look(undo).at("undo").at("exact"), true);
  act(&panel::MergeActions::undo, log);
  EXPECT_EQ(look({}).at("identity").at("id").as_string(),
            std::to_string(count("SELECT identity_id FROM record WHERE id = " + record)));
}

TEST_F(MergeActions, what_changed_since_it_was_looked_at_is_refused) {
  apply(from("cleo@customer.example", "m-3", kNow - kDayUs, "t-3"));
  const json::object with = {{"with", identity_of(kBo)}};
  const json::object compared = look({{"pivot", "compare"}, {"filter", with}});
  act(&panel::MergeActions::merge, {{"with", identity_of("cleo@customer.example")}}, asking(kBo, "tom", kMay));
  json::object args = with;
  args["seen"] = compared.at("seen");
  const auto changed = ThrowsMessage<Conflict>(HasSubstr("changed: "));
  EXPECT_THAT([&] { act(&panel::MergeActions::merge, args); }, changed);
  EXPECT_THAT(
      [&] {
        act(&panel::MergeActions::judge, {{"with", with.at("with")}, {"same", false}, {"seen", compared.at("seen")}});
      },
      changed);
  args["seen"] = look({{"pivot", "compare"}, {"filter", with}}).at("seen");
  const json::object joined = act(&panel::MergeActions::merge, args);

  const json::object parts = look({{"pivot", "parts"}});
  ASSERT_EQ(parts.at("parts").as_array().size(), 3U);
  const json::object undo = look({{"pivot", "undo"}, {"filter", json::object{{"log", joined.at("log")}}}});
  EXPECT_EQ(undo.at("undo").at("exact"), true);
  const auto record = [&](std::size_t index) { return parts.at("parts").at(index).at("record"); };
  act(&panel::MergeActions::split, {{"records", json::array{record(2)}}, {"seen", parts.at("seen")}},
      asking(kAda, "tom", kMay));
  EXPECT_THAT(
      [&] {
        act(&panel::MergeActions::split, {{"records", json::array{record(1)}}, {"seen", parts.at("seen")}});
      },
      changed);
  EXPECT_THAT(
      [&] {
        act(&panel::MergeActions::undo, {{"log", joined.at("log")}, {"seen", undo.at("seen")}});
      },
      changed);
}

TEST_F(MergeActions, who_came_between_the_look_and_the_lock_is_neither_merged_nor_split_unseen) {
  if (url().dialect == store::Dialect::kSqlite) GTEST_SKIP() << "SQLite has one writer at a time: nobody comes between";
  unit::Interposed between{"values_of_members", {}};
  store::Pool pool(unit::with_interposed(store::opener(url(), clock_), between), clock_, 2);
  panel::MergeActions meeting(pool, directory_, audit_);
  int came = 0;
  // Another process stores a message of somebody who is of the same identity by the address.
  const auto somebody_comes = [&](const char* address) {
    between.work = [&, address] {
      Item item = unit::message("m-late", kNow - kHourUs, "c-late" + std::to_string(++came), Direction::kIn, "t-late");
      std::get<Engagement>(item.content).source_key += std::to_string(came);
      std::get<Engagement>(item.content).customer.name.clear();
      std::get<Engagement>(item.content).customer.identifiers = unit::customer("c", {address}).identifiers;
      apply(item);
    };
  };
  const auto changed = ThrowsMessage<Conflict>(HasSubstr("changed: "));
  json::object with = {{"with", identity_of(kBo)}};
  with["seen"] = look({{"pivot", "compare"}, {"filter", with}}).at("seen");
  somebody_comes(kBo);
  EXPECT_THAT([&] { act(meeting, &panel::MergeActions::merge, with); }, changed);
  ASSERT_EQ(came, 1);
  EXPECT_NE(identity_of(kAda), identity_of(kBo));
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity_log WHERE type = 'merge'"), 0);

  act(&panel::MergeActions::merge, {{"with", identity_of(kBo)}});
  const json::object parts = look({{"pivot", "parts"}});
  ASSERT_EQ(parts.at("parts").as_array().size(), 3U);
  somebody_comes(kAda);
  const json::object apart = {{"records", json::array{parts.at("parts").at(1).at("record")}},
                              {"seen", parts.at("seen")}};
  EXPECT_THAT([&] { act(meeting, &panel::MergeActions::split, apart); }, changed);
  ASSERT_EQ(came, 2);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity_log WHERE type = 'split'"), 0);
}

TEST_F(MergeActions, two_who_are_one_already_are_not_compared_and_one_key_is_one_decision) {
  const std::string bo = identity_of(kBo);
  act(&panel::MergeActions::merge, {{"with", bo}}, asking(kAda, "mia", kMay), "key-of-ada");
  EXPECT_THAT(
      [&] {
        look({{"pivot", "compare"}, {"filter", json::object{{"with", bo}}}});
      },
      ThrowsMessage<Conflict>(HasSubstr("one-already: ")));
  EXPECT_THAT(
      [&] {
        act(&panel::MergeActions::merge, {{"with", "17"}}, asking(kAda, "mia", kMay), "key-of-ada");
      },
      ThrowsMessage<Conflict>(HasSubstr("key-reused: ")));
}

TEST_F(MergeActions, the_log_comes_by_pages_and_names_the_parts) {
  const std::string bo = identity_of(kBo);
  for (int round = 0; round < 55; ++round) {
    const json::object joined = act(&panel::MergeActions::merge, {{"with", bo}});
    act(&panel::MergeActions::undo, {{"log", joined.at("log")}});
  }
  std::set<std::string> ids;
  std::size_t pages = 0;
  json::object page = look({{"pivot", "log"}});
  const json::value& part = page.at("log").at(1).at("parts").at(0);
  EXPECT_EQ(part.at("identifiers").at(0).at("value"), kBo);
  for (;; ++pages) {
    for (const json::value& entry : page.at("log").as_array()) ids.emplace(entry.at("id").as_string());
    if (page.at("log_next").is_null()) break;
    page = look({{"pivot", "log"}, {"cursor", page.at("log_next")}});
  }
  EXPECT_EQ(pages, 1U);
  EXPECT_EQ(ids.size(), 110U);
  EXPECT_THROW(reply(asking(kAda, "mia", kMay), {{"pivot", "log"}, {"cursor", "last"}}), BadRequest);
}

TEST_F(MergeActions, addresses_at_one_company_are_similar_by_what_stands_before_the_at) {
  const auto mail = [&](const char* left, const char* right) {
    apply(from(left, std::string("m-") + left, kNow - kHourUs, std::string("t-") + left));
    apply(from(right, std::string("m-") + right, kNow - kHourUs, std::string("t-") + right));
    const json::object compared =
        look({{"pivot", "compare"}, {"filter", json::object{{"with", identity_of(right)}}}}, asking(left, "mia", kMay));
    for (const json::value& each : compared.at("compare").at("evidence").as_array())
      if (each.at("field") == "email") return std::string(each.at("outcome").as_string());
    return std::string("none");
  };
  EXPECT_EQ(mail("thomas.meier@stadtwerke-muenchen.net", "theresa.maier@stadtwerke-muenchen.net"), "different");
  EXPECT_EQ(mail("marc.weber@globex-industries.com", "mark.huber@globex-industries.com"), "different");
  EXPECT_EQ(mail("jon.meier@globex-industries.com", "john.meier@globex-industries.com"), "similar");
  EXPECT_EQ(mail("anna+news@mill.net", "anna@mill.net"), "similar");
  EXPECT_EQ(mail("katrin.vogel@gmail.com", "katrin.vogel@outlook.com"), "similar");
  EXPECT_EQ(mail("katrin.bauer@mill.net", "katrin.bauer@moor.net"), "different");
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
  EXPECT_THAT(
      [&] {
        merging_.merge(json::serialize([] {
                         json::object ask = asking(kAda, "mia", kMay);
                         ask["key"] = "../../etc/passwd<>";
                         ask["args"] = json::object{{"with", "17"}};
                         return ask;
                       }()),
                       "r-1", deadline());
      },
      ThrowsMessage<BadRequest>(HasSubstr("/key: expected letters, digits, - and _")));
  EXPECT_THROW(reply(asking(kAda, "mia", kMay), {{"pivot", "compare"}}), BadRequest);
  EXPECT_THROW(reply(asking(kAda, "mia", kMay), {{"pivot", "undo"}}), BadRequest);
  EXPECT_THROW(reply(asking(kAda, "mia", kMay), {{"pivot", "find"}}), BadRequest);
}

}  // namespace
}  // namespace identities::panel
