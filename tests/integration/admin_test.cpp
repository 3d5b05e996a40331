// Method: the command as an administrator runs it, as a process of its own, against databases that are well, absent,
// half-migrated, damaged or away. What it says and its exit status are checked, and what stands in the database after.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>

#include "administration.hpp"
#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "mariadb_server.hpp"
#include "store/migrate.hpp"

namespace integration {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Numbers up to 99,999, in any dialect.
constexpr std::string_view kManyAudits =
    "INSERT INTO audit (id, at_us, agent_id, action, request_id) SELECT i, i, 'mia', 'read', 'r' FROM (SELECT 1 + a.d "
    "+ "
    "10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS i FROM {0} a, {0} b, {0} c, {0} e, {0} f) n WHERE i <= {1}";
constexpr std::string_view kDigits =
    "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 "
    "UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";

class Admin : public testing::Test {
 protected:
  /// The line of the output that holds the text; empty when none does.
  static std::string line_with(const std::string& output, const std::string& text) {
    const auto at = output.find(text);
    if (at == std::string::npos) return {};
    const auto begin = output.rfind('\n', at);
    return output.substr(begin + 1, output.find('\n', at) - begin - 1);
  }
  void fill_audit(int rows) const { admin_.count(fmt::format(kManyAudits, kDigits, rows)); }
  json::object status_json() const {
    const Finished status = admin_.run({"status", "--json"});
    return json::parse(status.output).as_object();
  }
  Administration admin_;
};

// The migrations.

TEST_F(Admin, migrate_applies_once_and_verify_is_content) {
  admin_.empty_database();
  EXPECT_THAT(admin_.run({"migrate", "status"}).output, HasSubstr("pending"));
  const Finished before = admin_.run({"migrate", "verify"});
  EXPECT_EQ(before.status, 1);
  EXPECT_THAT(before.output, HasSubstr("run 'identities migrate'"));
  EXPECT_THAT(admin_.run({"migrate"}).output, HasSubstr("applied 0001_identities"));
  EXPECT_THAT(admin_.run({"migrate", "apply"}).output, Not(HasSubstr("applied")));
  EXPECT_EQ(admin_.run({"migrate", "verify"}).status, 0);
  EXPECT_THAT(admin_.run({"migrate", "show"}).output, HasSubstr("nothing is pending"));
}

TEST_F(Admin, what_migrate_show_prints_makes_a_database_that_verify_accepts) {
  admin_.empty_database();
  const Finished shown = admin_.run({"migrate", "show", "--all"});
  ASSERT_EQ(shown.status, 0) << shown.output;
  if (admin_.is_sqlite()) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(admin_.database().url().path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, shown.output.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  } else {
    std::string_view rest = shown.output;
    rest.remove_prefix(rest.find('\n') + 1);  // DELIMITER, which is the client's
    for (auto end = rest.find("\n//\n"); end != std::string_view::npos; end = rest.find("\n//\n")) {
      admin_.count(std::string(rest.substr(0, end)));
      rest.remove_prefix(end + 4);
    }
  }
  const Finished verified = admin_.run({"migrate", "verify"});
  EXPECT_EQ(verified.status, 0) << verified.output;
  EXPECT_EQ(admin_.run({"account", "add", "generic", "shop"}).status, 0);
}

TEST_F(Admin, verify_finds_a_migration_that_broke_off_or_came_from_another_content) {
  admin_.count("UPDATE schema_migration SET done = 0, position = 3 WHERE number = 3");
  EXPECT_THAT(admin_.run({"migrate", "verify"}).output,
              AllOf(HasSubstr("broken off after 3 of"), HasSubstr("continues")));
  EXPECT_EQ(admin_.run({"migrate"}).status, 0);
  EXPECT_EQ(admin_.run({"migrate", "verify"}).status, 0);
  admin_.count("UPDATE schema_migration SET checksum = 'another'");
  EXPECT_THAT(admin_.run({"migrate", "verify"}).output, HasSubstr("applied from another content"));
}

// The status.

TEST_F(Admin, status_of_a_fresh_installation_says_that_nobody_runs_the_jobs) {
  const Finished status = admin_.run({"status"});
  EXPECT_EQ(status.status, 1);
  EXPECT_THAT(line_with(status.output, "no process has run"), HasSubstr("start hdhost, or 'identities work'"));
  ASSERT_EQ(admin_.run({"work", "--once"}).status, 0);
  const Finished after = admin_.run({"status"});
  EXPECT_THAT(after.output, AllOf(HasSubstr("retention: last done"), Not(HasSubstr("no process"))));
  if (admin_.is_sqlite()) {
    EXPECT_EQ(after.status, 0) << after.output;
    EXPECT_THAT(after.output,
                AllOf(HasSubstr("All well."), HasSubstr("journal_mode = wal"), HasSubstr("synchronous = 2")));
  } else {
    // The tests' own server flushes nothing, and its user may do everything.
    EXPECT_EQ(after.status, 1);
    EXPECT_THAT(line_with(after.output, "ATTENTION"), HasSubstr("innodb_flush_log_at_trx_commit is 0"));
    EXPECT_THAT(line_with(after.output, "hint"), HasSubstr("ALL PRIVILEGES"));
    EXPECT_THAT(line_with(after.output, "clock"), HasSubstr("give or take"));
  }
}

TEST_F(Admin, status_as_json_holds_what_the_lines_tell) {
  admin_.run({"account", "add", "generic", "shop"});
  admin_.run({"work", "--once"});
  const json::object status = status_json();
  EXPECT_EQ(status.at("well").as_bool(), admin_.is_sqlite());
  EXPECT_EQ(status.at("schema").at("migrations").at(0).at("state").as_string(), "applied");
  EXPECT_EQ(status.at("jobs").at(0).at("name").as_string(), "rekey");
  EXPECT_EQ(status.at("jobs").at(1).at("name").as_string(), "retention");
  EXPECT_FALSE(status.at("jobs").at(0).at("held").as_bool());
  EXPECT_EQ(status.at("accounts").at(0).at("name").as_string(), "shop");
  EXPECT_EQ(status.at("accounts").at(0).at("deliveries_last_day").as_int64(), 0);
  EXPECT_TRUE(status.at("accounts").at(0).at("newest_us").is_null());
  EXPECT_EQ(status.at("kept").at(0).at("days").as_int64(), 30);
  EXPECT_GT(status.at("server").at("size_bytes").as_int64(), 0);
  if (admin_.is_sqlite())
    EXPECT_TRUE(status.at("server").at("clock").is_null());
  else
    EXPECT_LT(std::abs(status.at("server").at("clock").at("ahead_us").as_int64()), 1'000'000)
        << "one machine, one clock";
}

TEST_F(Admin, status_counts_an_accounts_deliveries_by_hour_and_day) {
  admin_.run({"account", "add", "generic", "shop"});
  const std::int64_t now_us = std::int64_t{std::time(nullptr)} * 1'000'000;
  for (const auto& [key, age_s] : {std::pair{"a", 60}, {"b", 120}, {"c", 7200}, {"d", 200'000}})
    admin_.count(
        fmt::format("INSERT INTO delivery (account_id, source_key, id, body_sha256, received_us, status, "
                    "results) SELECT id, '{}', {}, '{:032}', {}, 200, '[]' FROM account",
                    key, age_s, 0, now_us - age_s * std::int64_t{1'000'000}));
  const json::value account = status_json().at("accounts").at(0);
  EXPECT_EQ(account.at("deliveries_last_hour").as_int64(), 2);
  EXPECT_EQ(account.at("deliveries_last_day").as_int64(), 3);
  EXPECT_EQ(account.at("newest_us").as_int64(), now_us - 60'000'000);
}

TEST_F(Admin, status_tells_of_a_runner_that_went_silent_and_of_rows_that_should_be_gone) {
  admin_.count("INSERT INTO lease (name, holder, until_us) VALUES ('retention', 'far:1:x', 1)");
  fill_audit(3);
  const Finished status = admin_.run({"status"});
  EXPECT_EQ(status.status, 1);
  EXPECT_THAT(status.output, AllOf(HasSubstr("far:1:x went silent"), HasSubstr("no process runs the jobs"),
                                   HasSubstr("the oldest of the audit is")));
}

TEST_F(Admin, status_of_an_absent_a_half_migrated_and_an_unreachable_database_says_what_to_do) {
  admin_.count("UPDATE schema_migration SET done = 0, position = 2");
  const Finished half = admin_.run({"status"});
  EXPECT_EQ(half.status, 1);
  EXPECT_THAT(half.output, HasSubstr("is broken off; run 'identities migrate': it continues"));
  admin_.empty_database();
  const Finished absent = admin_.run({"status"});
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.output, HasSubstr("ATTENTION"));
  json::object config = admin_.read_config();
  config["database"].as_object()["url"] =
      admin_.is_sqlite() ? "sqlite:/dev/null/none" : "mysql://root@localhost/none?socket=/nowhere/s";
  admin_.write_config(config);
  const Finished away = admin_.run({"status", "--json"});
  EXPECT_EQ(away.status, 1);
  EXPECT_THAT(away.output, HasSubstr("\"well\":false"));
}

TEST_F(Admin, a_server_that_is_asked_whether_it_is_ready_warns_once_of_a_database_that_does_not_flush) {
  const contract::HdhostProcess hdhost(admin_.config());
  for (int i = 0; i < 3; ++i) ASSERT_EQ(contract::request(hdhost.status_url(), "GET", "/readyz").status, 200);
  const std::string log = hdhost.log();
  const std::string warning = "can be lost when the power fails";
  if (admin_.is_sqlite()) {
    EXPECT_THAT(log, Not(HasSubstr(warning)));
  } else {
    EXPECT_THAT(line_with(log, warning), HasSubstr("innodb_flush_log_at_trx_commit is 0, not 1"));
    EXPECT_EQ(log.find(warning), log.rfind(warning)) << log;
  }
}

// The worker.

TEST_F(Admin, work_once_deletes_what_was_kept_long_enough_and_says_so) {
  fill_audit(1200);
  const Finished work = admin_.run({"work", "--once"});
  EXPECT_EQ(work.status, 0) << work.output;
  EXPECT_THAT(work.output, HasSubstr("retention: done (1200 audit)"));
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM audit"), 0);
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM lease WHERE holder = '' AND name IN ('rekey', 'retention')"), 2);
}

TEST_F(Admin, work_keeps_what_the_configuration_says) {
  json::object config = admin_.read_config();
  config["retention"] = json::object{{"audit_days", 0}};
  admin_.write_config(config);
  fill_audit(10);
  EXPECT_EQ(admin_.run({"work", "--once"}).status, 0);
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM audit"), 10);
}

TEST_F(Admin, work_ends_at_a_signal_and_gives_its_lease_back) {
  for (const int number : {SIGTERM, SIGINT}) {
    Command work(admin_.with_config({"work"}));
    ASSERT_TRUE(work.says("runs the jobs as")) << work.output();
    ASSERT_TRUE(
        admin_.comes_to("SELECT COUNT(*) FROM lease WHERE name = 'retention' AND holder = '' AND until_us > 0", 1));
    work.signal(number);
    EXPECT_EQ(work.wait(), 0) << work.output();
  }
}

TEST_F(Admin, two_workers_share_the_work_and_nothing_is_counted_twice) {
  fill_audit(20'000);
  Command one(admin_.with_config({"work", "--once"}));
  Command two(admin_.with_config({"work", "--once"}));
  EXPECT_EQ(one.wait(), 0) << one.output();
  EXPECT_EQ(two.wait(), 0) << two.output();
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM audit"), 0);
  const std::string all = one.output() + two.output();
  EXPECT_THAT(all, HasSubstr("retention: done (20000 audit)"));
  EXPECT_EQ(all.find("done (2"), all.rfind("done (2")) << all;
}

TEST_F(Admin, a_worker_that_was_killed_is_replaced_and_its_work_finished) {
  fill_audit(100'000);
  {
    Command work(admin_.with_config({"work"}));
    ASSERT_TRUE(admin_.comes_to("SELECT COUNT(*) FROM lease WHERE name = 'retention' AND holder <> ''", 1));
    work.signal(SIGKILL);
    EXPECT_EQ(work.wait(), 128 + SIGKILL);
  }
  ASSERT_EQ(admin_.count("SELECT COUNT(*) FROM lease WHERE name = 'retention' AND holder <> ''"), 1);
  const Finished early = admin_.run({"work", "--once"});
  EXPECT_THAT(early.output, Not(HasSubstr("taken over"))) << "its lease has not ended";
  admin_.count("UPDATE lease SET until_us = 1");
  const Finished work = admin_.run({"work", "--once"});
  EXPECT_EQ(work.status, 0) << work.output;
  EXPECT_THAT(work.output, AllOf(HasSubstr("retention: taken over from"), HasSubstr("retention: done")));
  EXPECT_EQ(admin_.count("SELECT COUNT(*) FROM audit"), 0);
}

TEST_F(Admin, work_once_on_a_database_that_is_away_fails_and_says_why) {
  admin_.empty_database();
  const Finished work = admin_.run({"work", "--once"});
  EXPECT_EQ(work.status, 1);
  EXPECT_THAT(work.output, HasSubstr("retention: "));
}

TEST(OwnMariadb, work_goes_on_when_the_database_comes_back) {
  if (!support::has_mariadb()) GTEST_SKIP() << "mariadb-server-core is not on this machine";
  support::MariadbServer server({}, false);
  server.make_database("ours");
  Administration admin;
  json::object config = admin.read_config();
  config["database"].as_object()["url"] = server.url("ours");
  admin.write_config(config);
  ASSERT_EQ(admin.run({"migrate"}).status, 0);
  server.stop();
  Command work(admin.with_config({"work"}));
  EXPECT_TRUE(work.says("tries again")) << work.output();
  server.start();
  // Whoever is ended while a job fails ends with a failure.
  for (const char* job : {"purge", "retention", "rekey", "suggest"})
    EXPECT_TRUE(work.says(std::string(job) + ": well again")) << work.output();
  work.signal(SIGTERM);
  EXPECT_EQ(work.wait(), 0) << work.output();
}

// The first configuration.

TEST(InitCommand, with_mysql_keeps_the_password_in_a_file_and_tells_the_grants) {
  Administration admin;
  const auto other = admin.folder() / "other";
  admin.write("given", "pass word\n");
  Command init({"init", other, "--manifest", MANIFEST_FILE, "--database", "mysql://ident@db.example/ours",
                "--password-file", admin.folder() / "given"});
  ASSERT_EQ(init.wait(), 0) << init.output();
  EXPECT_EQ(admin.read("other/database_password"), "pass word\n");
  EXPECT_EQ(std::filesystem::status(other / "database_password").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_THAT(init.output(),
              AllOf(HasSubstr("GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON `ours`.* TO 'ident'@'%'"),
                    Not(HasSubstr("pass word"))));
  EXPECT_THAT(admin.read("other/identities.json"), Not(HasSubstr("pass word")));
}

/// The command at a terminal of its own.
class AtTerminal {
 public:
  explicit AtTerminal(std::vector<std::string> words) {
    words.insert(words.begin(), IDENTITIES_PROGRAM);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ < 0) throw std::runtime_error("no terminal");
    if (pid_ == 0) {
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  ~AtTerminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    ::close(terminal_);
  }
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;

  bool says(const std::string& text) {
    while (shown_.find(text) == std::string::npos && read_some()) {
    }
    return shown_.find(text) != std::string::npos;
  }
  void type(const std::string& text) const {
    if (::write(terminal_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("the terminal takes nothing");
  }
  bool echoes() const {
    termios now{};
    ::tcgetattr(terminal_, &now);
    return (now.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
  }
  int wait() {
    while (read_some()) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string& shown() const { return shown_; }

 private:
  /// False when the program has ended, or says nothing for half a minute.
  bool read_some() {
    pollfd ready{terminal_, POLLIN, 0};
    if (::poll(&ready, 1, 30'000) <= 0) return false;
    char buffer[4096];
    const ssize_t size = ::read(terminal_, buffer, sizeof buffer);
    if (size <= 0) return false;
    shown_.append(buffer, static_cast<std::size_t>(size));
    return true;
  }
  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string shown_;
};

TEST(InitCommand, asks_for_the_password_at_a_terminal_without_showing_it) {
  Administration admin;
  const auto other = admin.folder() / "other";
  AtTerminal init({"init", other, "--manifest", MANIFEST_FILE, "--database", "mysql://ident@db.example/ours"});
  ASSERT_TRUE(init.says("Password of mysql://ident@db.example/ours: ")) << init.shown();
  EXPECT_FALSE(init.echoes());
  init.type("pass word\n");
  ASSERT_TRUE(init.says("Wrote ")) << init.shown();
  EXPECT_TRUE(init.echoes()) << "the terminal stays as it was made for the question";
  EXPECT_EQ(init.wait(), 0) << init.shown();
  EXPECT_THAT(init.shown(), Not(HasSubstr("pass word")));
  EXPECT_EQ(admin.read("other/database_password"), "pass word\n");
}

TEST(InitCommand, interrupted_or_given_nothing_at_its_question_writes_nothing_and_leaves_the_terminal_as_it_was) {
  Administration admin;
  const auto other = admin.folder() / "other";
  for (const std::string typed : {"\x03", "\x04", "\n"}) {
    AtTerminal init({"init", other, "--database", "mysql://ident@db.example/ours"});
    ASSERT_TRUE(init.says("Password of ")) << init.shown();
    init.type(typed);
    EXPECT_NE(init.wait(), 0) << init.shown();
    EXPECT_TRUE(init.echoes());
    EXPECT_FALSE(std::filesystem::exists(other));
  }
}

TEST(InitCommand, refuses_an_empty_password_and_a_malformed_address_and_writes_nothing) {
  Administration admin;
  const auto other = admin.folder() / "other";
  admin.write("given", "\n");
  for (const std::string url : {"mysql://ident@db.example/ours", "mysql://nobody", "postgres://x"}) {
    Command init({"init", other, "--database", url, "--password-file", admin.folder() / "given"});
    EXPECT_EQ(init.wait(), 1) << init.output();
    EXPECT_THAT(init.output(), HasSubstr("expected"));
    EXPECT_FALSE(std::filesystem::exists(other));
  }
}

// The check of a configuration.

TEST_F(Admin, config_check_finds_nothing_in_a_good_configuration) {
  ASSERT_EQ(admin_.run({"account", "add", "generic", "shop", "--ticket-url", "https://h.example/{thread}"}).status, 0);
  const Finished check = admin_.run({"config", "check"});
  EXPECT_EQ(check.status, 0) << check.output;
  EXPECT_THAT(check.output, HasSubstr("in order"));
}

struct Broken {
  std::string name;
  std::function<void(const Administration&, json::object&)> breaks;
  std::vector<std::string> said;
};

void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.name;
}

class ConfigTable : public Admin, public testing::WithParamInterface<Broken> {};

TEST_P(ConfigTable, every_fault_is_told_with_its_place) {
  ASSERT_EQ(admin_.run({"account", "add", "generic", "shop"}).status, 0);
  json::object config = admin_.read_config();
  GetParam().breaks(admin_, config);
  admin_.write_config(config);
  const Finished check = admin_.run({"config", "check"});
  EXPECT_EQ(check.status, 1) << check.output;
  for (const std::string& said : GetParam().said) EXPECT_THAT(check.output, HasSubstr(said));
  EXPECT_THAT(check.output, Not(HasSubstr("in order")));
}

json::object& at(json::object& config, std::string_view section) {
  return config[section].as_object();
}

INSTANTIATE_TEST_SUITE_P(
    Admin, ConfigTable,
    testing::Values(
        Broken{"unknown_member", [](auto&, auto& c) { c["hue"] = 1; }, {"'hue'"}},
        Broken{"no_database", [](auto&, auto& c) { c.erase("database"); }, {"'database'"}},
        Broken{"connections",
               [](auto&, auto& c) { at(c, "database")["connections"] = 0; },
               {"/database/connections: ", "found 0"}},
        Broken{"retention",
               [](auto&, auto& c) {
                 c["retention"] = json::object{{"audit_days", -1}};
               },
               {"/retention/audit_days: ", "found -1"}},
        Broken{"url",
               [](auto&, auto& c) { at(c, "database")["url"] = "mysql://nobody"; },
               {"/database/url: ", "without a user"}},
        Broken{"absent_database", [](const Administration& a, auto&) { a.empty_database(); }, {"/database/url: "}},
        Broken{"half_migrated",
               [](const Administration& a, auto&) { a.count("UPDATE schema_migration SET done = 0, position = 1"); },
               {"broken off", "identities migrate"}},
        Broken{"no_master_key",
               [](auto&, auto& c) { at(c, "secrets").erase("master_key"); },
               {"/secrets/master_key: expected a file"}},
        Broken{"bad_master_key",
               [](const Administration& a, auto&) { a.write("master_key", "short\n"); },
               {"/secrets/master_key/file: ", "base64 of 32 bytes", "5 bytes"}},
        Broken{"other_master_key",
               [](const Administration& a, auto&) { a.write("master_key", a.read("desk_token")); },
               {"opens the secrets of account shop"}},
        Broken{"missing_secret",
               [](const Administration& a, auto&) { std::filesystem::remove(a.folder() / "desk_token"); },
               {"desk_token: expected a readable file", "/hdhost/tokens/keys/0/secret"}},
        Broken{"open_secret",
               [](const Administration& a, auto&) {
                 std::filesystem::permissions(a.folder() / "master_key", std::filesystem::perms::others_read,
                                              std::filesystem::perm_options::add);
               },
               {"master_key: expected a secret file for its owner alone"}},
        Broken{"listen", [](auto&, auto& c) { at(c, "hdhost")["listen"] = "0.0.0.0:80"; }, {"/hdhost/listen: "}},
        Broken{"no_manifest",
               [](auto&, auto& c) { at(c, "hdhost")["manifest"] = "/nowhere/plugin.json"; },
               {"/nowhere/plugin.json: expected a readable file"}},
        Broken{"time_zone",
               [](const Administration& a, auto&) { a.count("UPDATE account SET time_zone = 'Mars/Olympus'"); },
               {"account shop: time_zone: ", "Mars/Olympus"}},
        Broken{"url_template",
               [](const Administration& a, auto&) {
                 a.count("UPDATE account SET url_ticket = 'ftp://x/{thread', url_order = 'https://x/{id}/{id}'");
               },
               {"account shop: url_ticket: ", "account shop: url_order: "}},
        Broken{"many_at_once",
               [](const Administration& a, auto& c) {
                 a.write("master_key", "short\n");
                 at(c, "hdhost")["threads"] = 0;
                 at(c, "hdhost")["queue"] = 0;
                 at(c, "database")["connections"] = 1000;
                 c["hue"] = 1;
                 a.count("UPDATE account SET time_zone = 'Mars/Olympus'");
               },
               {"/secrets/master_key/file", "/hdhost/threads", "/hdhost/queue", "/database/connections", "'hue'",
                "Mars/Olympus"}}),
    [](const auto& test) { return test.param.name; });

TEST_F(Admin, config_check_of_a_file_that_is_none_says_where) {
  for (const std::string text : {"", "{", "[]", R"({"a":1,"a":2})"}) {
    admin_.write("identities.json", text);
    const Finished check = admin_.run({"config", "check"});
    EXPECT_EQ(check.status, 1);
    EXPECT_THAT(check.output, HasSubstr("identities.json: "));
  }
}

}  // namespace
}  // namespace integration
