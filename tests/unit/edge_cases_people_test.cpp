// Who is one person by platforms, customer ids, names, limits and judgements: the decided cases C57 to C89, one test
// each, by their ids.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include "edge_cases.hpp"

namespace identities::unit {
namespace {

namespace json = boost::json;

Seen in_account(const std::string& account, Seen seen) {
  seen.account = account;
  return seen;
}

Seen known_as(std::string id, std::string scope, std::string address) {
  return {.told = {{"customer", std::move(id), std::move(scope)}, {"email", std::move(address)}}};
}

TEST(EdgeCases, C57_a_platforms_user_id_is_who_it_is_whatever_the_handle) {
  EXPECT_EQ(outcome(profile("x", "123", "@ann"), in_account("x2", profile("x", "123", "@ann_new"))), "same");
}

TEST(EdgeCases, C58_a_handle_alone_is_worth_a_question) {
  EXPECT_EQ(outcome(profile("x", "", "@ann"), profile("x", "123", "@ann")), "suggest");
}

TEST(EdgeCases, C59_a_handle_that_another_account_took_is_anothers) {
  EXPECT_EQ(outcome(profile("x", "123", "@ann"), profile("x", "999", "@ann")), "different");
}

TEST(EdgeCases, C60_a_handle_in_two_spellings_is_worth_a_question) {
  EXPECT_EQ(outcome(profile("x", "", "twitter:@AnnLee"), profile("x", "", "https://x.com/annlee/")), "suggest");
}

TEST(EdgeCases, C61_a_rare_handle_on_two_platforms_needs_the_name_or_a_link) {
  const Seen there = profile("instagram", "", "@annlee", "Annie Lee");
  EXPECT_EQ(outcome(profile("x", "", "@annlee", "Ann Lee"), there), "suggest");
  EXPECT_EQ(outcome(profile("x", "", "@annlee", "", "Also at https://instagram.com/annlee."), there), "suggest");
  EXPECT_EQ(outcome(profile("x", "", "@annlee"), there), "different") << "neither";
  EXPECT_EQ(outcome(profile("x", "", "@annlee", "Bo Chan"), there), "different");
}

TEST(EdgeCases, C62_a_handle_that_many_have_says_nothing) {
  EXPECT_EQ(outcome(profile("x", "", "@john"), profile("instagram", "", "@john")), "different");
  EXPECT_EQ(outcome(profile("x", "", "@john", "John"), profile("instagram", "", "@john", "John")), "different");
  std::vector<Seen> many;
  for (const char* platform : {"youtube", "tiktok", "reddit", "twitch"})
    many.push_back(profile(platform, "", "@skywalker", "Luke"));
  EXPECT_EQ(outcome(profile("x", "", "@skywalker", "Luke"), profile("instagram", "", "@skywalker", "Luke"), many),
            "different");
}

TEST(EdgeCases, C63_profiles_that_link_each_other_are_worth_a_question) {
  const Seen here = profile("x", "123", "@ann_on_x", "", "Pictures: https://www.instagram.com/annlee/");
  EXPECT_EQ(outcome(here, profile("instagram", "55", "@annlee", "", "I write at x.com/ann_on_x")), "suggest");
  EXPECT_EQ(outcome(here, profile("instagram", "55", "@annlee", "", "I write at x.com/somebody")), "different");
  EXPECT_EQ(outcome(here, profile("instagram", "55", "@annlee")), "different") << "anybody may link a celebrity";
}

TEST(EdgeCases, C64_an_id_that_a_page_gave_is_somebody_on_that_page_only) {
  Seen here{.told = {{"platform", "777"}}, .account = "page-a", .provider = "facebook"};
  EXPECT_EQ(outcome(here, in_account("page-b", here)), "different");
  EXPECT_EQ(outcome(here, here), "same");
}

TEST(EdgeCases, C65_a_customer_id_outranks_another_address) {
  EXPECT_EQ(outcome(known_as("003A", "salesforce", "x@acme.io"), known_as("003A", "salesforce", "y@acme.io")), "same");
}

TEST(EdgeCases, C66_the_same_id_of_two_sources_is_two) {
  EXPECT_EQ(outcome(client("003A", "salesforce"), client("003A", "hubspot")), "different");
}

TEST(EdgeCases, C67_an_id_of_salesforce_has_two_lengths) {
  EXPECT_EQ(outcome(client("0031x00000ABCde", "salesforce"), client("0031x00000ABCdeAAH", "salesforce")), "same");
  EXPECT_EQ(outcome(client("0031x00000ABCde", "salesforce"), client("0031x00000abcde", "salesforce")), "different");
}

TEST(EdgeCases, C68_two_ids_of_one_source_at_one_address_are_worth_a_question) {
  EXPECT_EQ(outcome(known_as("101", "shop", "jane@acme.io"), known_as("102", "shop", "jane@acme.io")), "suggest");
}

Seen of_source(const std::string& address, const std::string& name) {
  Seen seen = mail(address, name);
  seen.account = "crm";
  return seen;
}

json::object merged(const std::string& from, const std::string& into) {
  return {{"type", "customer.merged"},
          {"timestamp", "2026-11-02T10:00:00Z"},
          {"data", json::object{{"from", from}, {"into", into}}}};
}

TEST(EdgeCases, C69_two_customers_whom_their_source_made_one_are_one) {
  Seen one = of_source("jane@acme.io", "Jane Doe");
  one.told.push_back({"customer", "101"});
  Seen other = of_source("j.roe@bolt.dev", "J. Roe");
  other.told.push_back({"customer", "102"});
  for (const bool told_first : {false, true}) {
    Arrivals arrivals;
    if (told_first) arrivals.post(merged("101", "102"), one);
    arrivals.arrive(one, "101");
    arrivals.arrive(other, "102");
    if (!told_first) {
      EXPECT_EQ(arrivals.between("101", "102"), "different");
      arrivals.post(merged("101", "102"), one);
    }
    EXPECT_EQ(arrivals.between("101", "102"), "same") << "beyond the limit of one id of a source";
    const auto before = arrivals.count("SELECT COUNT(*) FROM identity_log");
    arrivals.post(merged("101", "102"), one);
    EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM identity_log"), before) << "again";
    arrivals.undo(arrivals.count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'"));
    EXPECT_FALSE(arrivals.same("101", "102"));
    arrivals.post(merged("101", "102"), one);
    EXPECT_EQ(arrivals.between("101", "102"), "suggest") << "an agent's undo outranks the source";
  }
}

TEST(EdgeCases, C69_a_customer_is_no_shared_mailbox_when_the_source_declares_who_it_is) {
  Arrivals arrivals;
  arrivals.arrive(of_source("info@acme.io", ""), "101");
  arrivals.arrive(of_source("info@acme.io", ""), "103");
  arrivals.arrive(of_source("jane@acme.io", "Jane Doe"), "102");
  arrivals.post(merged("101", "102"), of_source("", ""));
  EXPECT_EQ(arrivals.between("101", "102"), "same");
  EXPECT_EQ(arrivals.between("103", "102"), "different") << "the mailbox itself is merged with nobody";
}

TEST(EdgeCases, C70_a_word_for_nothing_is_no_customer_id) {
  for (const char* nothing : {"0", "-1", "n/a", "none", "guest", "anonymous", "null", "\"undefined\""})
    EXPECT_EQ(outcome(client(nothing), client(nothing)), "different") << nothing;
}

TEST(EdgeCases, C71_blanks_are_not_of_an_id) {
  EXPECT_EQ(outcome(client("123 "), client("123")), "same");
}

TEST(EdgeCases, C72_zeros_before_an_id_are_of_it) {
  EXPECT_EQ(outcome(client("00123"), client("123")), "different");
}

TEST(EdgeCases, C73_a_frequent_name_says_nothing) {
  const Seen john{.name = "John Smith"};
  EXPECT_EQ(outcome(john, john, {john, john, john, john}), "different");
  EXPECT_EQ(outcome(mail("js1@acme.io", "John Smith"), mail("js2@bolt.dev", "John Smith")), "different");
}

TEST(EdgeCases, C75_a_nickname_on_one_mobile_with_another_birthday_is_worth_a_question) {
  Seen bob = call("0412345678", "Bob Smith");
  bob.born = "1978-12-11";
  Seen robert = call("0412345678", "Robert Smith");
  robert.born = "1978-11-12";
  EXPECT_EQ(outcome(bob, robert), "suggest");
  robert.born = bob.born;
  EXPECT_EQ(outcome(bob, robert), "same");
}

TEST(EdgeCases, C76_a_father_and_his_son_are_two) {
  EXPECT_EQ(outcome(call("02 9374 4000", "Robert Smith Sr"), call("02 9374 4000", "Robert Smith Jr")), "different");
  EXPECT_EQ(outcome(mail("smith@bigpond.com", "Robert Smith Sr"), mail("smith@bigpond.com", "Robert Smith Jr")),
            "different");
}

TEST(EdgeCases, C77_a_name_without_accents_and_in_another_order_needs_something_else_in_common) {
  EXPECT_EQ(outcome({.name = "José García"}, {.name = "Garcia, Jose"}), "different");
  EXPECT_EQ(outcome(call("02 9374 4000", "José García"), call("02 9374 4000", "Garcia, Jose")), "suggest");
}

TEST(EdgeCases, C78_a_name_in_two_scripts_is_compatible_at_one_address) {
  EXPECT_EQ(outcome(mail("m@x.ru", "Михаил Горбачёв"), mail("m@x.ru", "Mikhail Gorbachev")), "same");
}

TEST(EdgeCases, C79_the_order_of_names_does_not_matter_on_a_mobile) {
  EXPECT_EQ(outcome(call("0412345678", "Li Wei"), call("0412345678", "Wei Li")), "same");
}

TEST(EdgeCases, C80_another_surname_at_a_personal_address_is_compatible) {
  EXPECT_EQ(outcome(mail("mj@x.com", "Mary Jones"), mail("mj@x.com", "Mary Taylor")), "same");
}

/// A message as a helpdesk posts it, with who wrote it down and what it says.
json::object message_of(const Seen& customer, const std::string& record, const std::string& author,
                        const std::string& text) {
  return {
      {"type", "engagement.created"},
      {"timestamp", "2026-11-01T10:00:00Z"},
      {"data", json::object{{"id", "m-" + record},
                            {"customer",
                             json::object{{"id", record},
                                          {"name", customer.name},
                                          {"identifiers", json::array{json::object{
                                                              {"kind", "email"}, {"value", customer.told[0].value}}}}}},
                            {"direction", "in"},
                            {"channel", "mail"},
                            {"occurred_at", "2026-11-01T10:00:00Z"},
                            {"thread", json::object{{"id", "t-" + record}}},
                            {"author", json::object{{"id", author}, {"name", author}}},
                            {"text", text}}}};
}

TEST(EdgeCases, C81_whom_a_ticket_speaks_of_is_not_its_requester) {
  Arrivals arrivals;
  const Seen ann = mail("ann@acme.io", "Ann Lee");
  arrivals.post(message_of(ann, "ann", "Ann Lee", "I write on behalf of Bo Chan <bo@acme.io>."), ann);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM identifier"), 1) << "of the requester alone";
  EXPECT_EQ(arrivals.between("ann", arrivals.arrive(mail("bo@acme.io", "Bo Chan"))), "different");
}

TEST(EdgeCases, C82_a_forwarded_mail_is_its_first_senders) {
  Arrivals arrivals;
  const Seen ann = mail("ann@acme.io", "Ann Lee");
  arrivals.post(message_of(ann, "forwarded", "bo@ourbrand.com", "---------- Forwarded message\nFrom: ann@acme.io"),
                ann);
  EXPECT_EQ(arrivals.between("forwarded", arrivals.arrive(ann)), "same");
  EXPECT_EQ(arrivals.between("forwarded", arrivals.arrive(mail("bo@ourbrand.com", "Bo Agent"))), "different");
}

TEST(EdgeCases, C83_whom_a_third_would_bring_together_against_a_limit_are_worth_a_question) {
  const Seen a = known_as("101", "shop", "ann@acme.io");
  const Seen b{.told = {{"email", "ann@acme.io"}, {"phone", "0412345678"}}};
  const Seen c{.told = {{"customer", "102", "shop"}, {"phone", "0412345678"}}};
  EXPECT_EQ(outcome(a, c, {b}), "suggest");
  for (const bool a_first : {true, false}) {
    Arrivals arrivals;
    const std::string first = arrivals.arrive(a_first ? a : c);
    const std::string second = arrivals.arrive(a_first ? c : a);
    EXPECT_EQ(arrivals.between(first, second), "different") << "nothing in common yet";
    const std::string between = arrivals.arrive(b);
    EXPECT_EQ(arrivals.between(a_first ? first : second, between), "same") << "the mail outranks the mobile";
    EXPECT_EQ(arrivals.between(first, second), "suggest");
  }
}

/// Somebody with that many ids of platforms beside a mail address.
Seen with_ids(std::size_t count) {
  Seen seen = mail("ann@acme.io", "Ann Lee");
  for (std::size_t each = 1; each < count; ++each)
    seen.told.push_back({"platform", fmt::format("id-{}", each), fmt::format("platform{}", each)});
  return seen;
}

TEST(EdgeCases, C84_an_identity_does_not_grow_beyond_its_limit) {
  Seen one_more = mail("ann@acme.io", "Ann Lee");
  one_more.told.push_back({"platform", "new", "another"});
  EXPECT_EQ(outcome(with_ids(25), one_more), "suggest");
  EXPECT_EQ(outcome(with_ids(24), one_more), "same");
}

TEST(EdgeCases, C85_a_value_that_three_people_have_identifies_nobody) {
  const std::vector<Seen> three = {mail("desk@acme.io", "Ann Lee"), mail("desk@acme.io", "Raj Patel"),
                                   mail("desk@acme.io", "Olga Berg")};
  Arrivals arrivals;
  std::vector<std::string> before;
  for (const Seen& each : three) before.push_back(arrivals.arrive(each));
  for (const Seen& fourth : {mail("desk@acme.io", "Mia Wong"), mail("desk@acme.io")}) {
    const std::string late = arrivals.arrive(fourth);
    for (const std::string& each : before) EXPECT_EQ(arrivals.between(late, each), "different") << fourth.name << each;
  }
  EXPECT_EQ(arrivals.count("SELECT state FROM identifier_value WHERE kind = 'email'"), 1);
}

/// Two whom an agent judged to be two people, and who have one mobile since.
struct ContradictedJudgement : Arrivals {
  const std::string one = arrive(mail("ann@acme.io", "Ann Lee"));
  const std::string other = arrive(mail("annie@bolt.dev", "Annie Lee"));
  const IdentityEvent judged = judge_not(one, other);

  ContradictedJudgement() { both_have(call("0412345678")); }
  void both_have(const Seen& seen) {
    for (const std::string& each : {one, other}) arrive(seen, each);
  }
};

TEST(EdgeCases, C86_two_whom_an_agent_judged_to_be_two_stay_two_and_that_is_shown_once_as_a_conflict) {
  ContradictedJudgement arrivals;
  const auto& [one, other] = std::tie(arrivals.one, arrivals.other);
  EXPECT_EQ(arrivals.between(one, other), "different");
  const auto shown = arrivals.conflict(one, other);
  ASSERT_TRUE(shown);
  EXPECT_EQ(store::conflict_rule(shown->reasons), "D4");
  EXPECT_GE(shown->weight, store::kStrong);
  arrivals.both_have(call("0412345678"));
  EXPECT_EQ(arrivals.between(one, other), "different") << "told again";
  EXPECT_EQ(arrivals.conflict(one, other)->id, shown->id);
  EXPECT_EQ(arrivals.conflicts_told(), 1);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM identifier WHERE kind = 'phone'"), 2) << "both have it";
  arrivals.undo(arrivals.judged.id);
  arrivals.both_have(call("0498765432"));
  EXPECT_EQ(arrivals.between(one, other), "same") << "withdrawn";
}

TEST(EdgeCases, C86_a_conflict_that_was_refused_is_never_shown_again) {
  ContradictedJudgement arrivals;
  const auto& [one, other] = std::tie(arrivals.one, arrivals.other);
  const IdentityEvent refused = arrivals.judge_not(one, other, arrivals.conflict(one, other)->id);
  EXPECT_FALSE(arrivals.conflict(one, other));
  arrivals.both_have(call("0498765432"));
  arrivals.both_have(mail("ann.lee@home.net"));
  arrivals.both_have(client("77"));
  // Neither by another record of theirs, nor by a newcomer who has what both have.
  const std::string again = arrivals.arrive(mail("ann.lee@home.net", "Ann Lee"));
  EXPECT_EQ(arrivals.between(again, one), "same");
  EXPECT_EQ(arrivals.between(one, other), "different");
  EXPECT_FALSE(arrivals.conflict(one, other));
  EXPECT_EQ(arrivals.conflicts_told(), 1);
  // The answer is a judgement of its own, which counts whatever becomes of the first.
  arrivals.undo(arrivals.judged.id);
  arrivals.both_have(call("0411222333"));
  EXPECT_EQ(arrivals.between(one, other), "different");
  arrivals.undo(refused.id);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM cannot_link"), 0);
}

TEST(EdgeCases, C86_accepting_a_conflict_joins_the_two_and_withdraws_the_judgement) {
  ContradictedJudgement arrivals;
  const std::string& one = arrivals.one;
  const std::string& other = arrivals.other;
  const store::Suggestion shown = *arrivals.conflict(one, other);
  const IdentityEvent joined = arrivals.command([&, other_identity = shown.other_identity](store::Merging& merging) {
    return merging.merge(arrivals.identity_of(one), other_identity,
                         {EventType::kMerge, "J", {shown.record, shown.other_record}, shown.id});
  });
  EXPECT_EQ(arrivals.between(one, other), "same");
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM cannot_link"), 0);
  arrivals.undo(joined.id);
  EXPECT_EQ(arrivals.between(one, other), "different") << "undone is judged anew";
  EXPECT_FALSE(arrivals.conflict(one, other));
}

TEST(EdgeCases, C87_evidence_of_a_link_that_was_undone_is_worth_a_question) {
  Arrivals arrivals;
  const std::string one = arrivals.arrive(mail("ann@acme.io", "Ann Lee"));
  const std::string other = arrivals.arrive(mail("ann@acme.io", "Annie Lee"));
  ASSERT_EQ(arrivals.between(one, other), "same");
  arrivals.undo(arrivals.count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'"));
  EXPECT_FALSE(arrivals.same(one, other));
  const auto links = [&] { return arrivals.count("SELECT COUNT(*) FROM identity_log WHERE type = 'autolink'"); };
  const auto before = links();
  arrivals.arrive(mail("ann@acme.io", "Ann Lee"), one);
  arrivals.arrive(mail("ann@acme.io", "Annie Lee"), other);
  EXPECT_FALSE(arrivals.same(one, other)) << "the very same items of the very same customers";
  EXPECT_EQ(links(), before);
  // It comes with somebody new, who is the older of the two and may be the other one.
  const std::string again = arrivals.arrive(mail("ann@acme.io", "Annie Lee"));
  EXPECT_EQ(arrivals.between(again, one), "same");
  EXPECT_EQ(arrivals.between(one, other), "suggest") << "by the same evidence alone";
}

TEST(EdgeCases, C87_further_evidence_of_a_link_that_was_undone_is_worth_a_question_too) {
  Arrivals arrivals;
  const std::string one = arrivals.arrive(mail("ann@acme.io", "Ann Lee"));
  const std::string other = arrivals.arrive(mail("ann@acme.io", "Annie Lee"));
  arrivals.undo(arrivals.count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'"));
  EXPECT_EQ(arrivals.between(one, other), "different") << "nothing came since";
  for (const std::string& each : {one, other}) arrivals.arrive(call("0412345678"), each);
  EXPECT_EQ(arrivals.between(one, other), "suggest");
}

TEST(EdgeCases, C88_what_is_deleted_does_not_come_back_with_a_new_ticket) {
  Arrivals arrivals;
  const Seen ann = mail("ann.lee+news@gmail.com", "Ann Lee");
  const std::string gone = arrivals.arrive(ann);
  const Id before = arrivals.identity_of(gone);
  ASSERT_GT(arrivals.count("SELECT COUNT(*) FROM weak_key"), 0);
  arrivals.post(
      {{"type", "thread.deleted"}, {"timestamp", "2026-11-02T10:00:00Z"}, {"data", json::object{{"id", "t-" + gone}}}},
      ann);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM identifier"), 0);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM identifier_value"), 0);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM weak_key"), 0);
  EXPECT_NE(arrivals.identity_of(arrivals.arrive(ann)), before);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM suggestion"), 0);
}

TEST(EdgeCases, C88_nor_do_the_weak_keys_of_what_a_thread_told_stay_with_its_record) {
  Arrivals arrivals;
  const Seen ann = mail("ann.lee+news@gmail.com", "Ann Lee");
  const std::string record = arrivals.arrive(ann);
  Seen elsewhere = mail("ann@acme.io", "Ann Lee");
  elsewhere.city = "Leeds";
  arrivals.arrive(elsewhere, record);
  arrivals.post({{"type", "thread.deleted"},
                 {"timestamp", "2026-11-02T10:00:00Z"},
                 {"data", json::object{{"id", "t-" + record}}}},
                ann);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM identifier"), 1);
  EXPECT_EQ(arrivals.count("SELECT COUNT(*) FROM weak_key"), 0);
}

TEST(EdgeCases, C89_nothing_is_known_across_databases) {
  Arrivals here;
  Arrivals there;
  const std::string one = here.arrive(mail("x@y.com"));
  EXPECT_FALSE(store::resolve(*there.session_, IdentifierKind::kEmail, "x@y.com", 7));
  const std::string other = there.arrive(mail("x@y.com"));
  EXPECT_NE(here.identity_of(one), there.identity_of(other));
  EXPECT_EQ(here.count("SELECT COUNT(*) FROM record"), 1);
  EXPECT_EQ(there.count("SELECT COUNT(*) FROM record"), 1);
}

/// The ids that have tests here, in the sibling of this file, and in matching's table of weighed evidence.
std::set<std::string> tested() {
  std::set<std::string> ids;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int suite = 0; suite < all.total_test_suite_count(); ++suite) {
    const std::string_view of = all.GetTestSuite(suite)->name();
    if (of != "EdgeCases" && of.find("DecidedCases") == std::string_view::npos) continue;
    for (int test = 0; test < all.GetTestSuite(suite)->total_test_count(); ++test) {
      const std::string name = all.GetTestSuite(suite)->GetTestInfo(test)->name();
      ids.insert(name.substr(name.find('/') + 1, 3));
    }
  }
  return ids;
}

TEST(EdgeCases, have_a_test_for_each_id) {
  const std::filesystem::path list = std::filesystem::path(SHARED_FOLDER) / "resolution/edge_cases.csv";
  std::ifstream file(list);
  if (!file) GTEST_SKIP() << "the list of decided cases is not here: " << list;
  const std::set<std::string> ids = tested();
  std::size_t listed = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('C')) continue;
    ++listed;
    EXPECT_TRUE(ids.contains(line.substr(0, 3))) << line;
  }
  EXPECT_EQ(listed, 89U);
}

}  // namespace
}  // namespace identities::unit
