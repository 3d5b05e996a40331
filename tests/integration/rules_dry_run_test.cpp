// Method: records are written as deliveries write them, agents decide as their actions do, then `identities rules set
// FILE --dry-run` runs as an administrator runs it; its JSON says what other rules would change, and every table is as
// it was.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <memory>
#include <random>

#include "administration.hpp"
#include "store/item_writer.hpp"
#include "store/membership.hpp"
#include "store/merging.hpp"
#include "store/migrate.hpp"
#include "store/mysql_connection.hpp"
#include "store/pool.hpp"
#include "store/suggestions.hpp"

namespace integration {
namespace {

namespace json = boost::json;
namespace store = identities::store;
using identities::Id;
using identities::IdentifierKind;
using identities::kDayUs;
using identities::Microseconds;
using identities::ResolutionRules;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::map<std::string, std::string> sums_of_sqlite(const std::string& path) {
  sqlite3* opened = nullptr;
  sqlite3_open(path.c_str(), &opened);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> db(opened, &sqlite3_close_v2);
  const auto rows = [&](const std::string& sql) {
    sqlite3_stmt* prepared = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr), SQLITE_OK) << sql;
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared, &sqlite3_finalize);
    std::vector<std::string> found;
    while (sqlite3_step(prepared) == SQLITE_ROW) {
      std::string& row = found.emplace_back();
      for (int column = 0; column < sqlite3_column_count(prepared); ++column) {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(prepared, column));
        const int size = sqlite3_column_bytes(prepared, column);
        row += fmt::format("{}{}", column == 0 ? "" : " ", std::string_view(bytes == nullptr ? "" : bytes, size));
      }
    }
    return found;
  };
  std::map<std::string, std::string> sums;
  for (const std::string& table : rows("SELECT name FROM sqlite_master WHERE type = 'table'"))
    for (const std::string& row : rows(fmt::format("SELECT * FROM \"{}\"", table))) (sums[table] += row) += '\n';
  for (const std::string& table : rows("SELECT name FROM sqlite_master WHERE type = 'table'")) sums[table];
  return sums;
}

std::map<std::string, std::string> sums_of_mysql(const store::DatabaseUrl& url) {
  const identities::Clock clock = identities::system_clock();
  store::MysqlConnection connection(url, clock, clock.monotonic_us() + identities::kMinuteUs);
  std::vector<std::string> tables;
  const std::string list = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
  connection.run(list, list, [&](std::size_t, const store::Row& row) { tables.emplace_back(row.text(0)); });
  std::map<std::string, std::string> sums;
  for (const std::string& table : tables) {
    const std::string sum = fmt::format("CHECKSUM TABLE `{}`", table);
    connection.run(sum, sum, [&](std::size_t, const store::Row& row) { sums[table] = row.text(1); });
  }
  return sums;
}

class RulesDryRun : public testing::Test {
 protected:
  struct Given {
    std::string name;
    std::vector<std::string> emails = {};
    std::vector<std::string> phones = {};
    std::string customer_id = {};
    std::string birth_date = {};
    std::string handle = {};
  };

  RulesDryRun() {
    for (const char* name : {"shop", "mail"})
      EXPECT_EQ(admin_.run({"account", "add", "generic", name, "--label", std::string("The ") + name, "--region", "AU"})
                    .status,
                0);
    in_transaction([&](store::WriteBatch& batch) {
      store::Session& session = batch.written();
      accounts_ = directory_.current(session, store::read_settings(session));
    });
  }

  template <typename Work>
  void in_transaction(Work&& work) {
    pool_.with_session(clock_.monotonic_us() + identities::kMinuteUs, [&](store::Session& session) {
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      store::WriteBatch batch(session);
      work(batch);
      batch.commit(transaction);
      return true;
    });
  }

  /// As a delivery does, a second after the one before, unless told when. Returns the record.
  Id observe(const std::string& key, const Given& given, const char* account = "shop", Microseconds at_us = 0) {
    now_us_ += identities::kSecondUs;
    const store::Account& of = *accounts_->by_name(account);
    identities::Customer customer{key, given.name, {}};
    const auto add = [&](IdentifierKind kind, const std::string& text, std::string_view scope = {}) {
      const auto made = make_key(kind, text, {scope, of.region, accounts_->rules(), of.provider});
      customer.identifiers.push_back({kind, text, made.key, false, made.blocked, made.phone_use});
    };
    for (const std::string& email : given.emails) add(IdentifierKind::kEmail, email);
    for (const std::string& phone : given.phones) add(IdentifierKind::kPhone, phone);
    if (!given.customer_id.empty()) add(IdentifierKind::kCustomer, given.customer_id, account);
    identities::Engagement message;
    message.source_key = fmt::format("m-{}", ++messages_);
    message.customer = customer;
    message.channel = "mail";
    message.occurred_us = at_us == 0 ? now_us_ : at_us;
    message.thread_key = "t-" + key;
    message.text = "private words";
    in_transaction([&](store::WriteBatch& batch) {
      store::ItemWriter writer(batch, now_us_, of, std::string("account:") + account, accounts_->rules());
      writer.apply({message.occurred_us, message});
      if (!given.birth_date.empty()) {
        identities::GivenAttribute born;
        born.key = "person.birth_date";
        born.text = given.birth_date;
        identities::Attributes attributes;
        attributes.customer.source_key = key;
        attributes.attributes.push_back(born);
        writer.apply({message.occurred_us, attributes});
      }
      if (!given.handle.empty()) {
        identities::Profile profile;
        profile.customer.source_key = key;
        profile.handle = given.handle;
        writer.apply({message.occurred_us, profile});
      }
      writer.finish();
    });
    Id record = 0;
    in_transaction([&](store::WriteBatch& batch) { record = batch.record(of.id, key).id; });
    return record;
  }

  Id identity_of(Id record) {
    return admin_.count(fmt::format("SELECT identity_id FROM record WHERE id = {}", record));
  }

  /// What an agent does; returns the event.
  template <typename Work>
  Id decide(Work&& work) {
    now_us_ += identities::kSecondUs;
    Id event = 0;
    in_transaction([&](store::WriteBatch& batch) {
      store::Merging merging(batch, now_us_, "agent:mia");
      event = work(merging).id;
    });
    return event;
  }

  /// A sum over all that stands in each table that there is.
  std::map<std::string, std::string> sums_of_tables() {
    const store::DatabaseUrl& url = admin_.database().url();
    return admin_.is_sqlite() ? sums_of_sqlite(url.path) : sums_of_mysql(url);
  }

  json::object stored_rules() { return json::parse(admin_.run({"rules", "show"}).output).as_object(); }

  Finished dry_run(const json::object& rules, std::vector<std::string> more = {}, const Environment& environment = {}) {
    admin_.write("rules.json", json::serialize(rules));
    std::vector<std::string> arguments = {"rules", "set", admin_.folder() / "rules.json", "--dry-run"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return admin_.run(arguments, environment);
  }

  /// The result of rules that differ from the stored ones by that.
  json::object tried(const json::object& changes) {
    json::object rules = stored_rules();
    for (const auto& member : changes) rules[member.key()] = member.value();
    const Finished finished = dry_run(rules, {"--json"});
    EXPECT_EQ(finished.status, 0) << finished.output;
    return json::parse(finished.output).as_object();
  }

  static std::vector<std::int64_t> counts(const json::object& result) {
    std::vector<std::int64_t> all;
    for (const char* list : {"would_be_one", "would_be_several", "would_be_suggested", "no_longer_suggested"})
      all.push_back(result.at(list).at("count").as_int64());
    return all;
  }
  static std::vector<std::int64_t> nothing() { return {0, 0, 0, 0}; }
  static std::string text(const json::value& value) { return json::serialize(value); }

  Administration admin_;
  const identities::Clock clock_ = identities::system_clock();
  store::Pool pool_{store::opener(admin_.database().url(), clock_), clock_, 1};
  store::AccountDirectory directory_;
  std::shared_ptr<const store::Accounts> accounts_;
  /// Of all tests, for ids of a process never go back.
  inline static Microseconds now_us_ = identities::system_clock().now_us() - 950 * kDayUs;
  int messages_ = 0;
};

TEST_F(RulesDryRun, rules_that_change_nobody_tell_nothing) {
  observe("a", {"Ann Lee", {"ann@customer.net"}, {"0412 345 678"}});
  observe("b", {"Ann Lee", {"ann@customer.net"}}, "mail");
  observe("c", {"Bo Ek", {"bo@customer.net"}, {}, "17", "1980-01-02", "bo.ek"});
  observe("d", {"", {"info@acme.net"}});
  for (const json::object& same : {json::object{}, json::object{{"blocked_values", {"nobody@elsewhere.net"}}}}) {
    const json::object result = tried(same);
    EXPECT_EQ(counts(result), nothing()) << text(result);
    EXPECT_EQ(result.at("records").as_int64(), 4);
    EXPECT_EQ(result.at("identities_by_present").as_int64(), 3);
    EXPECT_EQ(result.at("identities_by_these").as_int64(), 3);
    EXPECT_EQ(result.at("stored_otherwise").as_int64(), 0);
  }
}

TEST_F(RulesDryRun, a_stricter_rule_parts_whom_it_would_not_join) {
  const Id first = observe("a", {"Ann Lee", {"ann@customer.net"}});
  const Id second = observe("b", {"Ann Lee", {"ann@customer.net"}}, "mail");
  ASSERT_EQ(identity_of(first), identity_of(second));
  const json::object result = tried({{"blocked_domains", {"customer.net"}}});
  EXPECT_EQ(counts(result), (std::vector<std::int64_t>{0, 1, 0, 0})) << text(result);
  const json::object& split = result.at("would_be_several").at("riskiest").at(0).as_object();
  EXPECT_EQ(split.at("rule").as_string(), "D3");
  EXPECT_EQ(split.at("records").as_int64(), 2);
  EXPECT_EQ(split.at("messages").as_int64(), 2);
  EXPECT_EQ(split.at("accounts"), json::array({"The shop", "The mail"}));
  const std::string identity = std::to_string(identity_of(first));
  EXPECT_EQ(split.at("parts"),
            json::array({{{"identity", identity}, {"records", 1}}, {{"identity", identity}, {"records", 1}}}));
}

TEST_F(RulesDryRun, a_looser_rule_joins_and_a_lower_limit_suggests) {
  const Id first = observe("a", {"Ann Lee", {"ann.lee@provider.net"}});
  const Id second = observe("b", {"Ann Lee", {"annlee@provider.net"}});
  ASSERT_NE(identity_of(first), identity_of(second));
  json::array folding = stored_rules().at("folding").as_array();
  folding.push_back({{"domains", {"provider.net"}}, {"dots", true}});
  const json::object joined = tried({{"folding", folding}});
  EXPECT_EQ(counts(joined), (std::vector<std::int64_t>{1, 0, 0, 0})) << text(joined);
  const json::object& merged = joined.at("would_be_one").at("riskiest").at(0).as_object();
  EXPECT_EQ(merged.at("rule").as_string(), "D3");
  EXPECT_EQ(merged.at("parts"), json::array({{{"identity", std::to_string(identity_of(first))}, {"records", 1}},
                                             {{"identity", std::to_string(identity_of(second))}, {"records", 1}}}));
}

TEST_F(RulesDryRun, a_lower_limit_asks_where_it_joined) {
  observe("a", {"Ann Lee", {"ann@customer.net"}, {"0412 345 678"}});
  observe("b", {"Ann Lee", {"ann@customer.net"}, {"0412 345 679"}}, "mail");
  const json::object lower = tried({{"max_mobiles", 1}});
  EXPECT_EQ(counts(lower), (std::vector<std::int64_t>{0, 1, 1, 0})) << text(lower);
  EXPECT_EQ(admin_.run({"rules", "set", admin_.folder() / "rules.json"}).status, 0);
  const json::object higher = tried({{"max_mobiles", 3}});
  EXPECT_EQ(counts(higher), (std::vector<std::int64_t>{1, 0, 0, 1})) << text(higher);
  EXPECT_EQ(higher.at("stored_otherwise").as_int64(), 1) << "they were joined by the rules of before";
}

TEST_F(RulesDryRun, the_riskiest_comes_first) {
  for (const char* key : {"a", "b"}) observe(key, {"Ann Lee", {"ann@customer.net"}});
  for (const char* key : {"c", "d"}) observe(key, {"Bo Ek", {}, {"0412 345 678"}});
  for (const char* key : {"e", "f", "g"}) observe(key, {"Cy Oh", {"cy@customer.net"}});
  const json::object result = tried({{"blocked_domains", {"customer.net"}}, {"blocked_values", {"+61412345678"}}});
  const json::array& split = result.at("would_be_several").at("riskiest").as_array();
  ASSERT_EQ(split.size(), 3U) << text(result);
  EXPECT_EQ(split.at(0).at("records").as_int64(), 3);
  EXPECT_EQ(split.at(1).at("rule").as_string(), "D4");
  EXPECT_EQ(split.at(2).at("rule").as_string(), "D3");
  json::object rules = stored_rules();
  rules["blocked_domains"] = json::array{"customer.net"};
  const Finished few = dry_run(rules, {"--limit", "1"});
  EXPECT_THAT(few.output, AllOf(HasSubstr("Would be several: 2\n  D3  3 records, 3 messages, of The shop: "),
                                HasSubstr("and 1 more, which risk less"), HasSubstr("Nothing was changed")));
}

TEST_F(RulesDryRun, nothing_is_written) {
  const Id first = observe("a", {"Ann Lee", {"ann@customer.net"}});
  observe("b", {"Ann Lee", {"ann@customer.net"}});
  const Id other = observe("c", {"Bo Ek", {"bo@customer.net"}});
  decide([&](store::Merging& merging) { return merging.merge(identity_of(first), identity_of(other), {}); });
  const auto before = sums_of_tables();
  EXPECT_GT(before.size(), 25U);
  tried({{"blocked_domains", {"customer.net"}}});
  EXPECT_EQ(sums_of_tables(), before);
  admin_.count("UPDATE record SET name = 'Ann Leo' WHERE source_key = 'a'");
  EXPECT_NE(sums_of_tables(), before) << "the sums see a change of one letter";
}

TEST_F(RulesDryRun, what_agents_decided_stays) {
  const Id ann = observe("a", {"Ann Lee", {"ann@customer.net"}});
  const Id bo = observe("b", {"Bo Ek", {"bo@customer.net"}});
  const Id cy = observe("c", {"Cy Oh", {"cy.oh@provider.net"}});
  const Id cyd = observe("d", {"Cy Oh", {"cyoh@provider.net"}});
  const Id di = observe("e", {"Di Po", {"di@customer.net"}});
  const Id did = observe("f", {"Di Po", {"di@customer.net"}});
  const Id ed = observe("g", {"Ed Ru", {"ed@customer.net"}});
  const Id eddy = observe("h", {"Ed Ru", {"ed@customer.net"}});
  decide([&](auto& merging) { return merging.merge(identity_of(ann), identity_of(bo), {}); });
  decide([&](auto& merging) { return merging.judge_not(identity_of(cy), identity_of(cyd), 0); });
  decide([&](auto& merging) { return merging.split(identity_of(di), {did}); });
  const Id undone = decide([&](auto& merging) { return merging.split(identity_of(ed), {eddy}); });
  decide([&](auto& merging) { return merging.undo(undone); });
  ASSERT_EQ(identity_of(ed), identity_of(eddy));
  json::array folding = stored_rules().at("folding").as_array();
  folding.push_back({{"domains", {"provider.net"}}, {"dots", true}});
  const json::object looser = tried({{"folding", folding}});
  EXPECT_EQ(counts(looser), nothing()) << "judged not to be one: " << text(looser);
  EXPECT_EQ(looser.at("stored_otherwise").as_int64(), 0) << text(looser);
  const json::object stricter = tried({{"blocked_domains", {"customer.net"}}});
  EXPECT_EQ(counts(stricter), (std::vector<std::int64_t>{0, 1, 0, 0})) << "Ed alone: Ann and Bo are an agent's, Di is "
                                                                          "two already: "
                                                                       << text(stricter);
}

TEST_F(RulesDryRun, an_identifier_that_was_taken_off_and_an_undone_link_stay_so) {
  const Id ann = observe("a", {"Ann Lee", {"ann@customer.net"}});
  decide([&](auto& merging) { return merging.unlink(identity_of(ann), "email", "ann@customer.net"); });
  const Id other = observe("b", {"Ann Lee", {"ann@customer.net"}});
  ASSERT_NE(identity_of(ann), identity_of(other));
  const Id bo = observe("c", {"Bo Ek", {"bo@customer.net"}});
  const Id bob = observe("d", {"Bo Ek", {"bo@customer.net"}});
  const Id link = admin_.count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'");
  decide([&](auto& merging) { return merging.undo(link); });
  ASSERT_NE(identity_of(bo), identity_of(bob));
  const json::object result = tried({{"max_emails", 4}});
  EXPECT_EQ(counts(result), nothing()) << text(result);
  EXPECT_EQ(result.at("stored_otherwise").as_int64(), 0) << text(result);
  EXPECT_EQ(result.at("identities_by_present").as_int64(), 4);
}

TEST_F(RulesDryRun, what_was_taken_off_twice_is_off_in_the_replay) {
  const Id ann = observe("a", {"Ann Lee", {"ann@customer.net"}});
  const auto unlink = [&](auto& merging) { return merging.unlink(identity_of(ann), "email", "ann@customer.net"); };
  const Id first = decide(unlink);
  const Id back = decide([&](auto& merging) { return merging.undo(first); });
  decide(unlink);
  observe("b", {"Ann Lee", {"ann@customer.net"}});
  decide([&](auto& merging) { return merging.undo(back); });
  const json::object result = tried({{"max_emails", 4}});
  EXPECT_EQ(counts(result), nothing()) << text(result);
  EXPECT_EQ(result.at("stored_otherwise").as_int64(), 0) << text(result);
  EXPECT_EQ(result.at("identities_by_present").as_int64(), 2);
}

TEST_F(RulesDryRun, an_address_that_an_agent_called_nobody_elses_links_in_the_replay) {
  for (const bool again : {false, true}) {
    const std::string desk = again ? "front@customer.net" : "desk@customer.net";
    const auto key = [&](const char* who) { return std::string(who) + desk; };
    const Id ann = observe(key("a"), {"Ann Lee", {desk}});
    for (const char* who : {"Bo Ek", "Cyd Oh"}) observe(key(who), {who, {desk}});
    const Id shared = admin_.count("SELECT MAX(id) FROM identity_log WHERE type = 'block_value'");
    ASSERT_NE(shared, 0);
    const Id undone = decide([&](auto& merging) { return merging.undo(shared); });
    const Id annie = observe(key("d"), {"Ann Lee", {desk}});
    ASSERT_EQ(identity_of(ann), identity_of(annie));
    if (again) decide([&](auto& merging) { return merging.undo(undone); });
    const Id late = observe(key("e"), {"Ann Lee", {desk}});
    ASSERT_EQ(identity_of(ann) == identity_of(late), !again);
    const json::object result = tried({{"max_emails", 4}});
    EXPECT_EQ(counts(result), nothing()) << text(result);
    EXPECT_EQ(result.at("stored_otherwise").as_int64(), 0) << text(result);
    // Where these rules call it nobody's earlier than it was taken back, or never.
    EXPECT_EQ(tried({{"shared_names", 2}}).at("stored_otherwise").as_int64(), 0);
    EXPECT_EQ(tried({{"shared_names", 9}}).at("stored_otherwise").as_int64(), 0);
  }
}

TEST_F(RulesDryRun, a_number_that_was_long_unused_is_replayed_by_what_was_known_then) {
  observe("a", {"Ann Lee", {}, {"0412 345 678"}});
  now_us_ += 200 * kDayUs;
  const Id second = observe("b", {"Bo Ek", {}, {"0412 345 678"}});
  now_us_ += kDayUs;
  const Id third = observe("c", {"", {}, {"0412 345 678"}});
  ASSERT_EQ(identity_of(second), identity_of(third)) << "the number has a new owner";
  now_us_ += kDayUs;
  observe("a", {"Ann Lee"});  // is heard of later
  const Id cyd = observe("d", {"Cyd Oh", {}, {"0412 345 611"}});
  now_us_ += 150 * kDayUs;
  observe("d", {"Cyd Oh"});
  now_us_ += 50 * kDayUs;
  const Id nameless = observe("e", {"", {}, {"0412 345 611"}});
  ASSERT_EQ(identity_of(cyd), identity_of(nameless)) << "the number was used lately";
  EXPECT_EQ(tried({{"max_emails", 4}}).at("stored_otherwise").as_int64(), 0);
  const json::object result = tried({{"recycle_after_days", 300}});
  EXPECT_NE(counts(result), nothing()) << text(result);
}

TEST_F(RulesDryRun, what_a_record_got_later_is_replayed_later) {
  const Id first = observe("a", {"Ann Lee", {"ann@customer.net"}});
  for (int index = 0; index < 600; ++index) observe(fmt::format("n-{}", index), {fmt::format("No{}", index)});
  const Id second = observe("b", {"Ann Lee", {"lee@customer.net"}});
  observe("a", {"Ann Lee", {"lee@customer.net"}});
  ASSERT_EQ(identity_of(first), identity_of(second));
  const json::object result = tried({{"blocked_values", {"lee@customer.net"}}});
  EXPECT_EQ(counts(result), (std::vector<std::int64_t>{0, 1, 0, 0})) << text(result);
  EXPECT_EQ(result.at("stored_otherwise").as_int64(), 0);
  EXPECT_EQ(result.at("records").as_int64(), 602);
}

/// Whoever goes through it again by the same rules comes to the same.
TEST_F(RulesDryRun, any_history_is_replayed_as_it_was) {
  std::mt19937 random(20261126);
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  const std::array<const char*, 4> names = {"Ann Lee", "Bo Ek", "Cyd Oh", ""};
  std::vector<Id> records;
  std::vector<Id> events;
  for (int step = 0; step < 150; ++step) {
    const int what = draw(10);
    try {
      if (what < 7 || records.size() < 4) {
        const int who = draw(40);
        now_us_ += draw(30) * kDayUs / 10;
        Given given{names.at(static_cast<std::size_t>(who % 4))};
        if (draw(3) > 0) given.emails.push_back(fmt::format("e{}@customer.net", draw(12)));
        if (draw(3) == 0) given.phones.push_back(fmt::format("0412 345 6{:02}", draw(8)));
        records.push_back(observe(fmt::format("r{}", who), given, who % 3 == 0 ? "mail" : "shop"));
        continue;
      }
      const Id one = records.at(static_cast<std::size_t>(draw(static_cast<int>(records.size()))));
      const Id other = records.at(static_cast<std::size_t>(draw(static_cast<int>(records.size()))));
      if (what == 7)
        events.push_back(
            decide([&](auto& merging) { return merging.merge(identity_of(one), identity_of(other), {}); }));
      else if (what == 9 && draw(3) == 0)
        events.push_back(decide([&](auto& merging) {
          return merging.unlink(identity_of(one), "email", fmt::format("e{}@customer.net", draw(12)));
        }));
      else if (what == 8 && draw(2) == 0)
        events.push_back(decide([&](auto& merging) { return merging.split(identity_of(one), {one}); }));
      else if (what == 8)
        events.push_back(
            decide([&](auto& merging) { return merging.judge_not(identity_of(one), identity_of(other), 0); }));
      else if (!events.empty())
        decide([&](auto& merging) {
          return merging.undo(events.at(static_cast<std::size_t>(draw(static_cast<int>(events.size())))));
        });
    } catch (const store::NotPossible&) {
      continue;  // it does not fit what is; an agent is told so
    }
  }
  const json::object result = tried({{"blocked_values", {"nobody@elsewhere.net"}}});
  EXPECT_EQ(counts(result), nothing()) << text(result);
  EXPECT_EQ(result.at("stored_otherwise").as_int64(), 0) << text(result);
  EXPECT_GT(result.at("records").as_int64(), 30);
  EXPECT_LT(result.at("identities_by_present").as_int64(), result.at("records").as_int64());
}

TEST_F(RulesDryRun, hostile_values_are_replayed_and_not_printed) {
  const std::string nul("nul\0inside@customer.net", 23);
  observe("'; DROP TABLE record; --", {"Robert'); DROP TABLE record;--", {"x' OR '1'='1@customer.net"}});
  observe("b", {"\x1b[31mred\x07", {"\x1b[2J@customer.net"}, {"\x07 0412"}, "\x1b(0"});
  if (admin_.is_sqlite()) observe("f", {"\xc3\x28", {"\xff\xfe@customer.net"}});  // the other takes no broken text
  const std::int64_t stored = admin_.count("SELECT COUNT(*) FROM record");
  observe("c",
          {std::string(200, 'x'), {std::string(400, 'y'), nul}, {"tel:+61412345678;ext=<script>"}, "[object Object]"});
  observe("d", {"Ann Lee", {"ann@customer.net"}, {}, "null"});
  observe("e", {"Ann Lee", {"ann@customer.net"}});
  admin_.count("UPDATE account SET label = '\x1b]0;label\x07' WHERE name = 'shop'");
  json::object rules = stored_rules();
  rules["blocked_domains"] = json::array{"customer.net"};
  const Finished finished = dry_run(rules);
  EXPECT_EQ(finished.status, 0) << finished.output;
  EXPECT_THAT(finished.output,
              AllOf(HasSubstr("Would be several: 1\n"), HasSubstr("of ?]0;label?: "), Not(HasSubstr("\x1b")),
                    Not(HasSubstr("Ann")), Not(HasSubstr("customer.net")), Not(HasSubstr("Robert"))));
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM record"), stored + 3);
}

TEST_F(RulesDryRun, a_mailbox_by_the_tried_rules_refuses_nobody) {
  const Id desk = observe("m1", {"", {"desk7@acme.net"}});
  observe("p1", {"", {"zed@customer.net"}});
  const Id person = observe("p1", {"", {"desk7@acme.net"}});
  ASSERT_EQ(identity_of(desk), identity_of(person)) << "by the present rules, an address like any other";
  json::array roles = stored_rules().at("role_local_parts").as_array();
  roles.push_back("desk7");
  const json::object result = tried({{"role_local_parts", roles}});
  EXPECT_EQ(counts(result), (std::vector<std::int64_t>{0, 1, 0, 0})) << text(result);
  EXPECT_EQ(result.at("decisions_not_possible").as_int64(), 0);
}

TEST_F(RulesDryRun, what_a_source_declared_is_replayed) {
  const Id first = observe("a", {"Ann Lee", {"ann@customer.net"}, {}, "17"});
  const Id second = observe("b", {"Bo Ek", {"bo@customer.net"}, {}, "18"});
  in_transaction([&](store::WriteBatch& batch) {
    now_us_ += identities::kSecondUs;
    store::ItemWriter writer(batch, now_us_, *accounts_->by_name("shop"), "account:shop", accounts_->rules());
    writer.apply({now_us_, identities::CustomerMerged{"a", "b"}});
    writer.finish();
  });
  ASSERT_EQ(identity_of(first), identity_of(second));
  const json::object result = tried({});
  EXPECT_EQ(counts(result), nothing()) << text(result);
  EXPECT_EQ(result.at("identities_by_present").as_int64(), 1);
  EXPECT_EQ(result.at("stored_otherwise").as_int64(), 0);
}

TEST_F(RulesDryRun, a_conflict_counts_until_it_is_answered) {
  const Id ann = observe("a", {"Ann Lee", {"ann@customer.net"}});
  const Id annie = observe("b", {"Annie Lee", {"annie@elsewhere.net"}});
  decide([&](auto& merging) { return merging.judge_not(identity_of(ann), identity_of(annie), 0); });
  observe("a", {"Ann Lee", {"ann.lee@home.net"}});
  observe("b", {"Annie Lee", {"ann.lee@home.net"}});
  ASSERT_EQ(admin_.count("SELECT COUNT(*) FROM suggestion WHERE rule = 'J1' AND state = 0"), 1);
  EXPECT_EQ(counts(tried({{"blocked_values", {"nobody@elsewhere.net"}}})), nothing()) << "the same by both";
  const json::object without = tried({{"blocked_domains", {"home.net"}}});
  EXPECT_EQ(counts(without), (std::vector<std::int64_t>{0, 0, 0, 1})) << text(without);
  EXPECT_EQ(without.at("no_longer_suggested").at("riskiest").at(0).at("rule"), "J1");
  const Id shown = admin_.count("SELECT id FROM suggestion WHERE rule = 'J1'");
  decide([&](auto& merging) { return merging.judge_not(identity_of(ann), identity_of(annie), shown); });
  EXPECT_EQ(counts(tried({{"blocked_domains", {"home.net"}}})), nothing()) << "nobody is asked any more";
}

TEST_F(RulesDryRun, a_conflict_that_other_rules_bring_is_suggested) {
  json::array folding = stored_rules().at("folding").as_array();
  folding.push_back({{"domains", {"provider.net"}}, {"dots", true}});
  const Id ann = observe("a", {"Ann Lee", {"ann@customer.net"}});
  const Id annie = observe("b", {"Annie Lee", {"annie@customer.net"}});
  decide([&](auto& merging) { return merging.judge_not(identity_of(ann), identity_of(annie), 0); });
  observe("a", {"Ann Lee", {"ann.lee@provider.net"}});
  observe("b", {"Annie Lee", {"annlee@provider.net"}});
  const json::object result = tried({{"folding", folding}});
  EXPECT_EQ(counts(result), (std::vector<std::int64_t>{0, 0, 1, 0})) << text(result);
  EXPECT_EQ(result.at("would_be_suggested").at("riskiest").at(0).at("rule"), "J1");
}

TEST_F(RulesDryRun, a_link_that_the_rules_found_is_found_again_or_not) {
  const Id first = observe("a", {"Ann Lee", {}, {}, "17"});
  observe("b", {"Ann Lee", {"ann@customer.net"}}, "mail");
  observe("a", {"Ann Lee", {"ann@customer.net"}});
  ASSERT_EQ(admin_.count("SELECT COUNT(*) FROM identity_log WHERE type = 'autolink' AND record_id IS NULL"), 1);
  EXPECT_NE(identity_of(first), 0);
  EXPECT_EQ(counts(tried({{"blocked_domains", {"customer.net"}}})), (std::vector<std::int64_t>{0, 1, 0, 0}))
      << "it is no declaration";
}

TEST_F(RulesDryRun, what_it_cannot_do_is_said) {
  const Finished broken = dry_run({{"max_emails", -1}});
  EXPECT_EQ(broken.status, 1);
  EXPECT_THAT(broken.output, AllOf(HasSubstr("/max_emails"), HasSubstr("Nothing was changed")));
  for (const char* folder : {"/nowhere", "/dev/null"}) {
    const Finished none = dry_run({}, {}, {{"TMPDIR", folder}});
    EXPECT_EQ(none.status, 1);
    EXPECT_THAT(none.output, AllOf(HasSubstr(folder), HasSubstr("TMPDIR"), Not(HasSubstr("terminate"))));
  }
  EXPECT_EQ(admin_.run({"rules", "set", admin_.folder() / "rules.json", "--json"}).status, 2);
  EXPECT_EQ(dry_run({}, {"--limit", "-1"}).status, 2);
  admin_.count(fmt::format("DELETE FROM schema_migration WHERE number = {}", store::kSchemaVersion));
  const Finished old = dry_run({});
  EXPECT_EQ(old.status, 1);
  EXPECT_THAT(old.output, HasSubstr("run 'identities migrate'"));
  admin_.empty_database();
  EXPECT_EQ(dry_run({}).status, 1);
}

TEST_F(RulesDryRun, no_file_is_left_behind) {
  const std::filesystem::path folder = admin_.folder() / "temporary";
  std::filesystem::create_directory(folder);
  observe("a", {"Ann Lee", {"ann@customer.net"}});
  const Finished finished = dry_run({}, {}, {{"TMPDIR", folder}});
  EXPECT_EQ(finished.status, 0) << finished.output;
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(RulesDryRun, an_empty_database_has_nobody_to_tell_of) {
  const Finished finished = dry_run({});
  EXPECT_EQ(finished.status, 0) << finished.output;
  EXPECT_THAT(finished.output,
              HasSubstr("0 records: 0 identities by the present rules, 0 by these.\nWould be one: 0\n"));
}

}  // namespace
}  // namespace integration
