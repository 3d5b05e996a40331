// Method: a real `identities key rotate` against a real database, killed before each of its calls that leave something
// behind, while a real hdhost serves. After each kill the key file must open every secret and the server must take a
// delivery; the next run must finish what was begun.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <csignal>

#include "accounts/master_keys.hpp"
#include "accounts/sealed_secret.hpp"
#include "accounts/standard_webhooks.hpp"
#include "administration.hpp"
#include "core/base64.hpp"
#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "installation.hpp"
#include "store/key_rotation.hpp"
#include "store/pool.hpp"
#include "token.hpp"

namespace integration {
namespace {

using namespace identities;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Ne;
using testing::SizeIs;

class KeyRotation : public testing::Test {
 protected:
  KeyRotation() {
    for (const char* name : {"shop", "mail"}) {
      const Finished added = admin_.run({"account", "add", "generic", name});
      if (added.status != 0) throw std::runtime_error(added.output);
      accounts_.push_back({word_after(added.output, "/hooks/"), word_after(added.output, "secret   ")});
      accounts_.back().address.insert(0, "/hooks/");
    }
  }

  static std::string word_after(const std::string& text, const std::string& label) {
    const auto begin = text.find(label) + label.size();
    return text.substr(begin, text.find_first_of(" \n", begin) - begin);
  }

  accounts::MasterKeyList keys() const {
    std::string text = admin_.read("master_key");
    text.pop_back();
    return accounts::master_keys_of(text).value_or(accounts::MasterKeyList{});
  }

  /// What the file and the database say together; empty when every secret opens.
  std::string closed_secrets() const {
    std::string closed;
    for (const store::StoredSecret& secret : in_database(&store::read_secrets))
      if (!accounts::unseal_any(keys(), secret.account, secret.sealed)) closed += secret.account_name + " ";
    return closed;
  }
  std::string recorded() const { return in_database(&store::recorded_master_key); }

  template <typename Result>
  Result in_database(Result (*ask)(store::Session&)) const {
    const Clock clock = system_clock();
    store::Pool pool(store::opener(admin_.database().url(), clock), clock, 1);
    return pool.with_session(clock.monotonic_us() + 30 * kSecondUs, ask);
  }

  void write_keys(const accounts::MasterKeyList& list) const {
    std::string text;
    for (const std::string& key : list) text += base64_encode(key) + "\n";
    admin_.write("master_key", text);
  }

  /// As a machine with another key of its own would have done.
  void seal_one_by(const std::string& key) const {
    const store::StoredSecret one = in_database(&store::read_secrets).front();
    const auto plain = accounts::unseal_any(keys(), one.account, one.sealed);
    const Clock clock = system_clock();
    store::Pool pool(store::opener(admin_.database().url(), clock), clock, 1);
    pool.with_session(clock.monotonic_us() + 30 * kSecondUs, [&](store::Session& session) {
      store::replace_secret(session, one.id, accounts::seal(key, one.account, plain.value()));
      return true;
    });
  }

  /// The status of a fresh delivery to that account.
  int deliver(const contract::HdhostProcess& hdhost, const Account& account) {
    const std::string id = fmt::format("d-{}", ++deliveries_);
    const std::string body = boost::json::serialize(message(id));
    const std::int64_t at = contract::now_s();
    const std::string key = *accounts::key_of_secret(account.secret);
    return contract::request(
               hdhost.url(), "POST", account.address,
               {"content-type: application/json", "webhook-id: " + id, fmt::format("webhook-timestamp: {}", at),
                "webhook-signature: " + accounts::sign(key, id, at, body)},
               body)
        .status;
  }

  Administration admin_;
  std::vector<Account> accounts_;
  int deliveries_ = 0;
};

TEST_F(KeyRotation, seals_every_secret_by_a_new_key_while_a_server_goes_on_taking_deliveries) {
  const contract::HdhostProcess hdhost(admin_.config());
  ASSERT_EQ(deliver(hdhost, accounts_.front()), 200);
  const accounts::MasterKeyList before = keys();
  const Finished rotated = admin_.run({"key", "rotate"});
  ASSERT_EQ(rotated.status, 0) << rotated.output;
  ASSERT_THAT(keys(), SizeIs(1));
  EXPECT_NE(keys(), before);
  EXPECT_EQ(closed_secrets(), "");
  EXPECT_EQ(recorded(), accounts::fingerprint(keys().front()));
  EXPECT_THAT(rotated.output, Not(HasSubstr(admin_.read("master_key").substr(0, 44))));
  for (const Account& account : accounts_) EXPECT_EQ(deliver(hdhost, account), 200);
  EXPECT_EQ(std::filesystem::status(admin_.folder() / "master_key").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(KeyRotation, killed_at_any_step_it_leaves_what_the_next_run_finishes) {
  const contract::HdhostProcess hdhost(admin_.config());
  int kills = 0;
  for (int at = 1;; ++at) {
    const accounts::MasterKeyList before = keys();
    const Finished run =
        admin_.run({"key", "rotate"}, {{"LD_PRELOAD", KILL_AT_LIBRARY}, {"KILL_AT", std::to_string(at)}});
    SCOPED_TRACE(fmt::format("killed at step {}: {}", at, run.output));
    ASSERT_THAT(run.status, AnyOf(0, 128 + SIGKILL));
    ASSERT_EQ(closed_secrets(), "");
    ASSERT_EQ(deliver(hdhost, accounts_[static_cast<std::size_t>(at) % 2]), 200);
    if (run.status == 0) break;
    ++kills;
    const Finished again = admin_.run({"key", "rotate"});
    ASSERT_EQ(again.status, 0) << again.output;
    ASSERT_THAT(keys(), SizeIs(1));
    ASSERT_NE(keys(), before);
    ASSERT_EQ(closed_secrets(), "");
    ASSERT_EQ(recorded(), accounts::fingerprint(keys().front()));
    ASSERT_EQ(deliver(hdhost, accounts_.front()), 200);
  }
  EXPECT_GE(kills, 12)
      << "each of two files is removed, written, flushed, renamed and its folder flushed; and the commit";
  EXPECT_FALSE(std::filesystem::exists(admin_.folder() / "master_key.new"));
}

TEST_F(KeyRotation, prepared_for_several_machines_the_old_key_seals_until_the_new_one_is_everywhere) {
  const std::string old_text = admin_.read("master_key");
  ASSERT_EQ(admin_.run({"key", "rotate", "--prepare"}).status, 0);
  ASSERT_THAT(keys(), SizeIs(2));
  const accounts::MasterKeyList prepared = keys();
  ASSERT_EQ(admin_.run({"account", "rotate", "shop"}).status, 0);
  // The other machine still has the old file.
  admin_.write("master_key", old_text);
  EXPECT_EQ(closed_secrets(), "");
  admin_.write("master_key", "");
  write_keys(prepared);
  ASSERT_EQ(admin_.run({"key", "rotate"}).status, 0);
  EXPECT_THAT(keys(), testing::ElementsAre(prepared.front())) << "the prepared key, not another";
  EXPECT_EQ(closed_secrets(), "");
}

TEST_F(KeyRotation, a_machine_with_the_old_key_alone_can_neither_rotate_nor_seal) {
  const std::string old_text = admin_.read("master_key");
  ASSERT_EQ(admin_.run({"key", "rotate"}).status, 0);
  admin_.write("master_key", old_text);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"key", "rotate"},
                                                    {"account", "rotate", "shop"},
                                                    {"account", "add", "generic", "new"}}) {
    const Finished refused = admin_.run(arguments);
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.output, HasSubstr("copy the file from the machine where the key was rotated"));
  }
  EXPECT_EQ(admin_.read("master_key"), old_text);
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM account"), 2);
}

TEST_F(KeyRotation, a_secret_that_no_key_opens_stops_it_before_anything_changes) {
  const std::string text = admin_.read("master_key");
  admin_.count(
      "UPDATE account_secret SET sealed = 'damaged' WHERE account_id = (SELECT id FROM account WHERE name = "
      "'mail')");
  const Finished refused = admin_.run({"key", "rotate"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("account mail"));
  EXPECT_EQ(admin_.read("master_key"), text);
  EXPECT_EQ(recorded(), "");
}

TEST_F(KeyRotation, with_a_lost_key_added_to_the_file_makes_a_new_key_all_the_same) {
  const std::string lost(32, 'l');
  for (const bool recorded_before : {false, true})
    for (const bool lost_first : {false, true}) {
      SCOPED_TRACE(fmt::format("{}, {}", recorded_before ? "the database names its key" : "it names none",
                               lost_first ? "lost key first" : "lost key last"));
      const std::string current = keys().front();
      admin_.count("DELETE FROM setting WHERE name = 'master_key'");
      if (recorded_before)
        admin_.count(fmt::format("INSERT INTO setting (name, value) VALUES ('master_key', '{}')",
                                 accounts::fingerprint(current)));
      seal_one_by(lost);
      write_keys(lost_first ? accounts::MasterKeyList{lost, current} : accounts::MasterKeyList{current, lost});
      const Finished rotated = admin_.run({"key", "rotate"});
      ASSERT_EQ(rotated.status, 0) << rotated.output;
      ASSERT_THAT(keys(), SizeIs(1));
      EXPECT_THAT(keys().front(), AllOf(Ne(current), Ne(lost))) << "it is no new key";
      EXPECT_EQ(closed_secrets(), "");
    }
}

TEST_F(KeyRotation, of_a_file_that_is_full_of_keys_is_refused_and_changes_nothing) {
  const std::string current = keys().front();
  write_keys({current, std::string(32, 'a'), std::string(32, 'b'), std::string(32, 'c')});
  const std::string text = admin_.read("master_key");
  const Finished refused = admin_.run({"key", "rotate"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("expected at most 3 keys, found 4"));
  EXPECT_EQ(admin_.read("master_key"), text);
  EXPECT_EQ(recorded(), "");
}

TEST_F(KeyRotation, that_only_finishes_an_earlier_one_says_that_it_made_no_new_key) {
  ASSERT_EQ(admin_.run({"key", "rotate"}).status, 0);
  const accounts::MasterKeyList whole = keys();
  write_keys({whole.front(), std::string(32, 'a')});
  const Finished finished = admin_.run({"key", "rotate"});
  EXPECT_EQ(finished.status, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("made no new key"));
  EXPECT_EQ(keys(), whole);
}

TEST_F(KeyRotation, without_a_database_no_key_is_made) {
  const std::string text = admin_.read("master_key");
  admin_.empty_database();
  const Finished refused = admin_.run({"key", "rotate"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("identities migrate"));
  EXPECT_EQ(admin_.read("master_key"), text);
}

}  // namespace
}  // namespace integration
