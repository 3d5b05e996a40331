// Method: the rules of resolution as an administrator shows, edits and sets them, and an account's country: what the
// command says, its exit status, and what a server makes of a customer's identifiers before and after.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "administration.hpp"

namespace integration {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kVersion = "SELECT value FROM setting WHERE name = 'settings_version'";

class RulesCommand : public testing::Test {
 protected:
  Finished set(const std::string& rules) {
    admin_.write("rules.json", rules);
    return admin_.run({"rules", "set", admin_.folder() / "rules.json"});
  }
  Administration admin_;
};

TEST_F(RulesCommand, what_show_prints_is_what_set_takes) {
  const Finished shown = admin_.run({"rules", "show", "--defaults"});
  ASSERT_EQ(shown.status, 0) << shown.output;
  EXPECT_THAT(shown.output, AllOf(HasSubstr("\"gmail.com\""), HasSubstr("\"max_emails\": 5")));
  EXPECT_EQ(set(shown.output).status, 0);
  EXPECT_EQ(admin_.run({"rules", "show"}).output, shown.output);
  const std::int64_t version = admin_.count(kVersion);
  EXPECT_THAT(set(shown.output).output, HasSubstr("Nothing changed"));
  EXPECT_EQ(admin_.count(kVersion), version) << "no server reads again what it knows";
}

TEST_F(RulesCommand, set_says_what_changed_and_no_value) {
  set("{}");
  const std::int64_t version = admin_.count(kVersion);
  const Finished changed =
      set(R"({"max_emails":7,"blocked_values":["help@ourbrand.com"],"role_local_parts":["info"]})");
  EXPECT_EQ(changed.status, 0) << changed.output;
  EXPECT_THAT(changed.output,
              AllOf(HasSubstr("max_emails: 5 -> 7"), HasSubstr("blocked_values: 1 added, 0 removed, 1 in all"),
                    HasSubstr("role_local_parts: 0 added"), Not(HasSubstr("ourbrand")), Not(HasSubstr("folding"))));
  EXPECT_GT(admin_.count(kVersion), version);
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM rule_set WHERE name = 'resolution'"), 1);
}

TEST_F(RulesCommand, rules_that_are_broken_change_nothing) {
  const std::string before = admin_.run({"rules", "show"}).output;
  const Finished refused = set(R"({"max_emails":7,"blocked_domains":["a b"]})");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("rules.json, /blocked_domains/0: expected a mail domain"),
                                    HasSubstr("found a string of 3 characters"), HasSubstr("Nothing was changed")));
  EXPECT_EQ(admin_.run({"rules", "show"}).output, before);
  const Finished absent = admin_.run({"rules", "set", admin_.folder() / "nowhere.json"});
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.output, HasSubstr("cannot be read: No such file"));
  EXPECT_EQ(admin_.run({"rules", "set"}).status, 2);
  EXPECT_EQ(set(std::string(2'000'000, ' ')).status, 1);
}

TEST_F(RulesCommand, stored_rules_that_are_not_understood_are_named_and_can_be_replaced) {
  admin_.count(R"(UPDATE rule_set SET value = '{"of":"tomorrow"}' WHERE name = 'resolution')");
  const Finished shown = admin_.run({"rules", "show"});
  EXPECT_EQ(shown.status, 1);
  EXPECT_THAT(shown.output, AllOf(HasSubstr("identities rules set"), HasSubstr("/of")));
  EXPECT_EQ(set("{}").status, 0);
  EXPECT_EQ(admin_.run({"rules", "show"}).status, 0);
}

TEST_F(RulesCommand, an_accounts_country_is_shown_and_changed) {
  ASSERT_EQ(admin_.run({"account", "add", "generic", "shop", "--region", "AU"}).status, 0);
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM account WHERE region = 'AU'"), 1);
  EXPECT_THAT(admin_.run({"account", "list"}).output, HasSubstr(" AU "));
  EXPECT_EQ(admin_.run({"account", "region", "shop", "DE"}).status, 0);
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM account WHERE region = 'DE'"), 1);
  EXPECT_EQ(admin_.run({"account", "region", "shop", "none"}).status, 0);
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM account WHERE region IS NULL"), 1);
  for (const char* none : {"de", "XX", "Germany", ""}) {
    const Finished refused = admin_.run({"account", "region", "shop", none});
    EXPECT_EQ(refused.status, 1) << none;
    EXPECT_THAT(refused.output, HasSubstr("is no country whose numbers are known"));
  }
  EXPECT_THAT(admin_.run({"account", "add", "generic", "mail", "--region", "ZZ"}).output, HasSubstr("is no country"));
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM account"), 1);
  EXPECT_THAT(admin_.run({"account", "region", "nobody", "AU"}).output, HasSubstr("there is no account named nobody"));
}

TEST_F(RulesCommand, changed_rules_are_wanted_to_be_applied_to_what_is_stored) {
  admin_.run({"work", "--once"});
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM lease WHERE name = 'rekey'"), 1);
  const std::int64_t wanted = admin_.count("SELECT COALESCE(MAX(value), 0) FROM setting WHERE name = 'rekey_wanted'");
  set(R"({"role_local_parts":[]})");
  EXPECT_EQ(admin_.count("SELECT value FROM setting WHERE name = 'rekey_wanted'"), wanted + 1);
  EXPECT_EQ(admin_.run({"work", "--once"}).status, 0);
  EXPECT_EQ(admin_.count(fmt::format("SELECT COUNT(*) FROM setting WHERE name = 'rekey_done' AND value LIKE '%.{}'",
                                     wanted + 1)),
            1);
}

}  // namespace
}  // namespace integration
