// Method: sessions of our own store on a real MariaDB that is set up otherwise than we wish, or that breaks under them;
// one server for the suite, others for what only a start can set.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <malloc.h>
#include <sys/socket.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "database_site.hpp"
#include "store/migrate.hpp"
#include "store/mysql_connection.hpp"
#include "store/pool.hpp"
#include "test_database.hpp"

namespace fault {
namespace {

using identities::kSecondUs;
using identities::Microseconds;
using identities::store::Pool;
using identities::store::Session;
using identities::store::Statement;
using identities::store::Transaction;
using identities::store::Unavailable;
using testing::HasSubstr;

constexpr std::int64_t kPatienceMs = 20'000;

const Statement kRead{"read_settings", "SELECT COUNT(*) FROM setting"};
const Statement kWrite{"write_setting", "INSERT INTO setting (name, value) VALUES (?, ?)"};
const Statement kReadOne{"read_setting", "SELECT value FROM setting WHERE name = ?"};

Microseconds soon() {
  return identities::system_clock().monotonic_us() + 20 * kSecondUs;
}

Pool pool_on(const std::string& url, std::size_t sessions = 4) {
  const identities::Clock clock = identities::system_clock();
  return {identities::store::opener(identities::store::parse_database_url(url), clock), clock, sessions};
}

std::int64_t settings(Session& session) {
  std::int64_t count = -1;
  session.query(kRead, {}, [&](const identities::store::Row& row) { count = row.integer(0); });
  return count;
}

void write(Session& session, std::string_view name, std::string_view value) {
  Transaction transaction(session, Transaction::Kind::kWrite);
  session.execute(kWrite, {name, value});
  transaction.commit();
}

std::string read(Session& session, std::string_view name) {
  std::string value;
  session.query(kReadOne, {name}, [&](const identities::store::Row& row) { value = row.text(0); });
  return value;
}

std::string refusal(Pool& pool, const std::function<void(Session&)>& work) {
  try {
    pool.with_session(soon(), [&](Session& session) {
      work(session);
      return 0;
    });
  } catch (const Unavailable& error) {
    return error.what();
  }
  return "served";
}

class Sessions : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (support::has_mariadb()) site_ = std::make_unique<Site>();
  }
  static void TearDownTestSuite() { site_.reset(); }
  void SetUp() override {
    if (site_ == nullptr) GTEST_SKIP() << "mariadbd is not installed";
  }
  static std::string url() { return site_->server.url("identities"); }
  static std::string proxied() { return site_->proxy.url("identities"); }
  inline static std::unique_ptr<Site> site_;
};

TEST_F(Sessions, see_one_moment_in_a_read_transaction_whatever_isolation_the_server_begins_with) {
  for (const char* level : {"READ-UNCOMMITTED", "READ-COMMITTED", "SERIALIZABLE", "REPEATABLE-READ"}) {
    SCOPED_TRACE(level);
    site_->server.run(std::string("SET GLOBAL tx_isolation = '") + level + "'");
    Pool reader = pool_on(url());
    Pool writer = pool_on(url());
    reader.with_session(soon(), [&](Session& session) {
      Transaction transaction(session, Transaction::Kind::kRead);
      const std::int64_t before = settings(session);
      writer.with_session(soon(), [&](Session& other) {
        write(other, std::string("isolation.") + level, "1");
        return 0;
      });
      EXPECT_EQ(settings(session), before);
      transaction.commit();
      EXPECT_EQ(settings(session), before + 1);
      return 0;
    });
  }
}

TEST_F(Sessions, a_row_function_that_throws_leaves_nothing_for_the_next_statement) {
  Pool pool = pool_on(url(), 1);
  for (int time = 0; time < 3; ++time) {
    EXPECT_THROW(pool.with_session(soon(),
                                   [](Session& session) {
                                     session.query(kRead, {}, [](const auto&) { throw std::logic_error("no"); });
                                     return 0;
                                   }),
                 std::logic_error);
    const Session::Ask asks[] = {{&kRead, {}, [](const auto&) { throw std::logic_error("no"); }}, {&kRead, {}, {}}};
    EXPECT_THROW(pool.with_session(soon(),
                                   [&](Session& session) {
                                     Transaction transaction(session, Transaction::Kind::kRead);
                                     session.query_all(asks, true);
                                     return 0;
                                   }),
                 std::logic_error);
    EXPECT_GT(pool.with_session(soon(), settings), 0);
  }
}

TEST_F(Sessions, that_the_server_ended_while_they_were_idle_are_replaced_unseen) {
  Pool pool = pool_on(url());
  for (const bool restarts : {false, true}) {
    SCOPED_TRACE(restarts ? "restarted" : "killed by its administrator");
    EXPECT_GT(pool.with_session(soon(), settings), 0);
    if (restarts) {
      site_->server.stop();
      site_->server.start();
    } else {
      site_->server.run("KILL " + std::to_string(site_->ask("SELECT id FROM processlist WHERE db = 'identities'")));
      ASSERT_TRUE(comes_true([] { return site_->sessions() == 0; }));
    }
    EXPECT_GT(pool.with_session(soon(), settings), 0);
    EXPECT_EQ(pool.counts().open, 1U);
  }
}

TEST_F(Sessions, are_all_given_back_after_two_hundred_deadlines_and_no_memory_descriptor_or_session_is_lost) {
  Pool pool = pool_on(proxied());
  const Statement large{"large", "SELECT seq, REPEAT('x', 100) FROM seq_1_to_5000"};
  std::size_t rows = 0;
  const Session::Ask asks[] = {{&large, {}, [&](const auto&) { ++rows; }}};
  const auto ask = [&](Microseconds deadline_us, bool prepared) {
    return pool.with_session(deadline_us, [&](Session& session) {
      rows = 0;
      if (prepared)
        session.query(large, {}, asks[0].each);
      else
        session.query_all(asks, false);
      return rows;
    });
  };
  std::size_t files = 0;
  std::size_t bytes = 0;
  for (int time = 0; time < 220; ++time) {
    const bool prepared = time % 2 == 0;
    ASSERT_EQ(ask(soon(), prepared), 5000U);
    site_->proxy.set_after(400'000, support::FaultProxy::Mode::kStall);
    EXPECT_THROW(ask(identities::system_clock().monotonic_us() + 10'000, prepared), identities::store::SessionError);
    site_->proxy.set(support::FaultProxy::Mode::kForward);
    EXPECT_EQ(pool.counts().open, 0U);
    if (time == 20) {
      ASSERT_TRUE(comes_true([] { return site_->proxy.connections() == 0; }));
      files = open_files();
      bytes = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
    }
  }
  ASSERT_TRUE(comes_true([] { return site_->proxy.connections() == 0; }));
  EXPECT_EQ(open_files(), files);
  const std::size_t now = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  EXPECT_LT(now, bytes + 2'000'000) << "what a given up statement had read of its rows is kept by nobody";
  EXPECT_TRUE(comes_true([] { return site_->sessions() == 0; }));
}

const Statement kConnection{"connection", "SELECT CONNECTION_ID()"};

std::int64_t connection_of(Session& session) {
  std::int64_t id = 0;
  session.query(kConnection, {}, [&](const identities::store::Row& row) { id = row.integer(0); });
  return id;
}

/// The connections of the pool's sessions, so many at once.
std::set<std::int64_t> connections_of(Pool& pool, int sessions) {
  std::set<std::int64_t> all;
  if (sessions > 0)
    pool.with_session(soon(), [&](Session& session) {
      all = connections_of(pool, sessions - 1);
      return all.insert(connection_of(session)).second;
    });
  return all;
}

TEST_F(Sessions, that_a_slow_statement_did_not_run_on_serve_on_after_its_deadline) {
  Pool pool = pool_on(proxied());
  const std::set<std::int64_t> before = connections_of(pool, 4);
  const Statement slow{"slow", "SELECT SLEEP(20)"};
  std::int64_t given_up = 0;
  EXPECT_THROW(pool.with_session(soon(),
                                 [&](Session& session) {
                                   given_up = connection_of(session);
                                   session.set_deadline(identities::system_clock().monotonic_us() + 50'000);
                                   session.query(slow, {}, [](const auto&) {});
                                   return 0;
                                 }),
               identities::store::DeadlineExceeded);
  site_->server.run("KILL " + std::to_string(given_up));
  std::set<std::int64_t> left = before;
  left.erase(given_up);
  EXPECT_EQ(connections_of(pool, 3), left);
}

TEST_F(Sessions, whose_server_is_silent_are_all_replaced_at_the_call_after_a_deadline) {
  Pool pool = pool_on(proxied());
  const std::set<std::int64_t> before = connections_of(pool, 4);
  site_->proxy.forget();
  EXPECT_THROW(pool.with_session(identities::system_clock().monotonic_us() + 50'000, settings),
               identities::store::SessionError);
  for (const std::int64_t connection : connections_of(pool, 4)) EXPECT_FALSE(before.contains(connection));
}

TEST_F(Sessions, reach_a_server_by_its_name) {
  std::string named = proxied();
  named.replace(named.find("127.0.0.1"), 9, "LocalHost");  // of /etc/hosts; in small letters it means the Unix socket
  Pool pool = pool_on(named);
  EXPECT_GT(pool.with_session(soon(), settings), 0);
  // Nobody may have a name below .invalid.
  named.replace(named.find("LocalHost"), 9, "database.invalid");
  Pool nowhere = pool_on(named);
  EXPECT_THAT(refusal(nowhere, [](Session&) {}), HasSubstr("the host of database.url"));
}

TEST_F(Sessions, do_not_reach_into_the_programs_that_a_host_starts) {
  Pool pool = pool_on(url());
  pool.with_session(soon(), settings);
  int connections = 0;
  for (int file = 0; file < 256; ++file) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(file, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.ss_family == AF_UNIX) {
      ++connections;
      EXPECT_NE(::fcntl(file, F_GETFD) & FD_CLOEXEC, 0) << "descriptor " << file;
    }
  }
  EXPECT_GE(connections, 1);
}

TEST_F(Sessions, of_a_server_that_only_reads_serve_readers_and_tell_writers_to_come_again) {
  site_->server.run("CREATE USER IF NOT EXISTS plain@localhost");
  site_->server.run("GRANT ALL ON identities.* TO plain@localhost");
  std::string plain = url();
  plain.replace(plain.find("root"), 4, "plain");
  Pool pool = pool_on(plain);
  site_->server.run("SET GLOBAL read_only = 1");
  EXPECT_THAT(refusal(pool, [](Session& session) { write(session, "read_only", "1"); }), HasSubstr("error 1290"));
  EXPECT_GT(pool.with_session(soon(), settings), 0);
  site_->server.run("SET GLOBAL read_only = 0");
  pool.with_session(soon(), [](Session& session) {
    write(session, "read_only", "2");
    return 0;
  });
  EXPECT_EQ(pool.with_session(soon(), [](Session& session) { return read(session, "read_only"); }), "2");
}

TEST_F(Sessions, that_get_no_prepared_statement_or_no_connection_any_more_say_come_again) {
  Pool pool = pool_on(url());
  site_->server.run("SET GLOBAL max_prepared_stmt_count = 0");
  EXPECT_THAT(refusal(pool, [](Session& session) { settings(session); }), HasSubstr("error 1461"));
  site_->server.run("SET GLOBAL max_prepared_stmt_count = 16382");
  EXPECT_EQ(refusal(pool, [](Session& session) { settings(session); }), "served");
}

TEST_F(Sessions, to_a_database_that_was_never_migrated_tell_what_to_do) {
  site_->server.make_database("empty");
  Pool pool = pool_on(site_->server.url("empty"));
  EXPECT_THAT(refusal(pool, [](Session&) {}), HasSubstr("identities migrate"));
}

TEST_F(Sessions, take_a_message_of_a_whole_body_of_a_million_bytes) {
  // Quotes and backslashes: what escaping would double.
  std::string text;
  while (text.size() < 430'000) text += "it's a \\ \xF0\x9F\x9A\xB2 ";
  site_->installation->start();
  const contract::Response response = site_->installation->deliver(
      site_->account, {.body = boost::json::serialize(boost::json::array{integration::message("large-1", text),
                                                                         integration::message("large-2", text)}),
                       .id = "large"});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(site_->installation->count("SELECT MAX(LENGTH(text)) FROM engagement_body"),
            static_cast<std::int64_t>(text.size()));
}

TEST_F(Sessions, are_refused_with_the_setting_to_change_where_packets_are_too_small_for_a_body) {
  site_->server.run("SET GLOBAL max_allowed_packet = 1048576");
  Pool pool = pool_on(url());
  EXPECT_THAT(refusal(pool, [](Session&) {}), HasSubstr("max_allowed_packet"));
  site_->server.run("SET GLOBAL max_allowed_packet = 16777216");
  EXPECT_EQ(refusal(pool, [](Session& session) { settings(session); }), "served");
}

class OtherServer : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::has_mariadb()) GTEST_SKIP() << "mariadbd is not installed";
  }
};

// Two tests that start a server each at the same time: mariadb-install-db works on temporary tables.
TEST_F(OtherServer, that_starts_leaves_this_ones_temporary_tables_alone) {
  const support::MariadbServer server;
  server.make_database("identities");
  const identities::Clock clock = identities::system_clock();
  identities::store::MysqlConnection connection(identities::store::parse_database_url(server.url("identities")), clock,
                                                soon());
  connection.run("CREATE TEMPORARY TABLE mine (a INT) ENGINE=Aria", "create");
  { const support::MariadbServer other; }
  connection.set_deadline(soon());
  EXPECT_NO_THROW(connection.run("ALTER TABLE mine ADD COLUMN b INT", "alter"));
  EXPECT_NO_THROW(connection.run("DROP TABLE mine", "drop"));
}

TEST_F(OtherServer, with_another_character_set_and_sql_mode_keeps_every_character) {
  const support::MariadbServer server(
      {"character-set-server=latin1", "collation-server=latin1_swedish_ci", "skip-character-set-client-handshake",
       "sql_mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH", "completion_type=CHAIN", "autocommit=0"});
  server.run("CREATE DATABASE identities");
  identities::store::migrate(identities::store::parse_database_url(server.url("identities")));
  Pool pool = pool_on(server.url("identities"));
  const std::string text = "Zoë 日本 🚲 it's \\ \"quoted\"";
  pool.with_session(soon(), [&](Session& session) {
    write(session, "text", text);
    return 0;
  });
  pool.with_session(soon(), [&](Session& session) {
    EXPECT_EQ(read(session, "text"), text);
    std::string by_text;
    const Session::Ask asks[] = {
        {&kReadOne, {std::string_view("text")}, [&](const auto& row) { by_text = row.text(0); }},
        {&kRead, {}, [](const auto&) {}}};
    session.query_all(asks, false);
    EXPECT_EQ(by_text, text);
    return 0;
  });
  EXPECT_EQ(support::count(identities::store::parse_database_url(server.url("identities")),
                           "SELECT CHAR_LENGTH(value) FROM setting WHERE name = 'text'"),
            24);
}

TEST_F(OtherServer, whose_disk_is_full_says_come_again_and_keeps_what_was_accepted) {
  const support::MariadbServer server(
      {"innodb_file_per_table=0", "innodb_data_file_path=ibdata1:40M", "innodb_undo_tablespaces=0"});
  server.make_database("identities");
  integration::Installation installation(server.url("identities"));
  const integration::Account account = installation.add_account("shop");
  installation.start();
  const std::string text(400'000, 'x');
  int accepted = 0;
  contract::Response response;
  for (int number = 0; number < 200; ++number) {
    const std::string id = "m-" + std::to_string(number);
    response =
        installation.deliver(account, {.body = boost::json::serialize(integration::message(id, text)), .id = id});
    if (response.status != 200) break;
    ++accepted;
  }
  EXPECT_EQ(response.status, 503) << response.body;
  EXPECT_EQ(response.headers.count("retry-after"), 1U);
  EXPECT_GT(accepted, 0);
  EXPECT_EQ(installation.count("SELECT COUNT(*) FROM engagement_body"), accepted);
  EXPECT_EQ(installation.panel("ada@customer.example").status, 200) << "reading goes on";
}

}  // namespace
}  // namespace fault
