// Method: the plugin in process by host.h, and behind a real hdhost, on a real MariaDB that is stopped, killed, out of
// reach, or speaks rubbish, at each point of a call. Every call is answered, with what the contract says, and the call
// after the fault is over is served. That it is answered is what counts here, so the bound is wide; how close to the
// deadline is the bench fault.deadline.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

#include "database_faults.hpp"
#include "recount.hpp"
#include "store/mysql_connection.hpp"
#include "test_database.hpp"

namespace fault {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kPatienceMs = 20'000;  // for what must succeed
constexpr double kBoundMs = 15'000;           // beyond the budget; without deadlines these calls would never end
constexpr std::int64_t kBudgetsMs[] = {50, 200, 1000};

class Deadline : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!support::has_mariadb()) return;
    site_ = std::make_unique<Site>();
    ASSERT_EQ(Host(site_->installation->config_file()).event("m-0", kPatienceMs).status, HD_OK);
  }
  static void TearDownTestSuite() { site_.reset(); }
  void SetUp() override {
    if (site_ == nullptr) GTEST_SKIP() << "mariadbd is not installed";
  }

  static std::filesystem::path config_of(const Fault& fault) {
    return fault.by_proxy ? site_->config_for(site_->proxy.url("identities")) : site_->installation->config_file();
  }

  static void expect_refused_in_time(const Answer& answer, std::int64_t budget_ms) {
    EXPECT_EQ(answer.status, HD_UNAVAILABLE) << answer.message;
    EXPECT_THAT(answer.message, HasSubstr("try again later"));
    EXPECT_LT(answer.took_ms, static_cast<double>(budget_ms) + kBoundMs);
  }

  static void expect_served(const Host& host) {
    const Answer answer = host.panel(kPatienceMs);
    EXPECT_EQ(answer.status, HD_OK) << "the first call after the fault: " << answer.message;
    EXPECT_THAT(answer.reply, HasSubstr("hello"));
  }

  /// Nothing of a host that is closed stays behind, here or on the server.
  static void expect_nothing_left(std::size_t files, std::size_t threads) {
    EXPECT_TRUE(comes_true([&] { return site_->sessions() == 0; })) << site_->sessions() << " sessions";
    EXPECT_TRUE(comes_true([&] { return open_files() == files; })) << open_files() << " files, before " << files;
    EXPECT_TRUE(comes_true([&] { return running_threads() == threads; }));
  }

  inline static std::unique_ptr<Site> site_;
};

TEST_F(Deadline, every_fault_is_answered_in_time_and_heals_at_the_next_call) {
  for (const Fault& fault : faults())
    for (const bool was_idle : {false, true})
      for (const std::int64_t budget_ms : kBudgetsMs) {
        SCOPED_TRACE(std::string(fault.name) + (was_idle ? ", idle session, " : ", fresh session, ") +
                     std::to_string(budget_ms) + " ms");
        const std::filesystem::path config = config_of(fault);
        const std::size_t files = open_files();
        const std::size_t threads = running_threads();
        {
          const Host host(config);
          if (was_idle) expect_served(host);
          fault.strike(*site_);
          const Answer answer = host.panel(budget_ms);
          fault.heal(*site_);
          expect_refused_in_time(answer, budget_ms);
          expect_served(host);
        }
        expect_nothing_left(files, threads);
      }
}

TEST_F(Deadline, a_fault_at_commit_leaves_the_whole_message_or_nothing_of_it_and_sending_again_mends_it) {
  int number = 0;
  for (const Fault& fault : commit_faults())
    for (const std::int64_t budget_ms : kBudgetsMs) {
      SCOPED_TRACE(std::string(fault.name) + ", " + std::to_string(budget_ms) + " ms");
      const std::filesystem::path config = config_of(fault);
      const std::size_t files = open_files();
      const std::size_t threads = running_threads();
      const std::string id = "commit-" + std::to_string(++number);
      {
        const Host host(config);
        expect_served(host);
        // The statements before COMMIT must not use up the budget, so that it is COMMIT that fails.
        Answer answer;
        fault.strike(*site_);
        answer = host.event(id, budget_ms);
        const bool met_commit = site_->proxy.came();
        fault.heal(*site_);
        expect_refused_in_time(answer, budget_ms);
        EXPECT_TRUE(met_commit || budget_ms < 1000) << "the call ended before its COMMIT";
        const Answer again = host.event(id, kPatienceMs);
        EXPECT_EQ(again.status, HD_OK) << again.message;
      }
      EXPECT_EQ(site_->installation->count("SELECT COUNT(*) FROM engagement_key k JOIN engagement e ON e.id = "
                                           "k.engagement_id WHERE k.source_key = '" +
                                           id + "'"),
                1);
      expect_nothing_left(files, threads);
    }
  EXPECT_EQ(support::broken_invariants([](const std::string& sql) { return site_->installation->count(sql); }), "");
}

/// Holds what an opening reads, so that calls stand in the middle of a statement.
class Locked {
 public:
  explicit Locked(const Site& site)
      : clock_(identities::system_clock()),
        connection_(identities::store::parse_database_url(site.server.url("identities")), clock_,
                    clock_.monotonic_us() + kPatienceMs * 1000) {
    connection_.run("LOCK TABLES engagement WRITE, record_thread WRITE", "lock");
  }

 private:
  const identities::Clock clock_;
  identities::store::MysqlConnection connection_;
};

std::int64_t waiting(const Site& site) {
  return site.ask("SELECT COUNT(*) FROM processlist WHERE state LIKE 'Waiting for table%'");
}

TEST_F(Deadline, a_server_that_stops_or_dies_in_the_middle_of_a_statement) {
  for (const bool dies : {false, true}) {
    SCOPED_TRACE(dies ? "killed" : "stopped");
    const std::size_t files = open_files();
    const std::size_t threads = running_threads();
    {
      const Host host(site_->installation->config_file());
      expect_served(host);
      const Locked locked(*site_);
      Answer answer;
      constexpr std::int64_t kBudgetMs = 3000;
      {
        const std::jthread caller([&] { answer = host.panel(kBudgetMs); });
        ASSERT_TRUE(comes_true([] { return waiting(*site_) == 1; }));
        if (dies)
          site_->server.kill();
        else
          site_->server.pause();
      }
      expect_refused_in_time(answer, kBudgetMs);
      if (dies)
        site_->server.start();
      else
        site_->server.resume();
    }
    const Host host(site_->installation->config_file());
    expect_served(host);
    EXPECT_TRUE(comes_true([] { return site_->sessions() == 1; }));
    EXPECT_TRUE(comes_true([&] { return running_threads() == threads; }));
    EXPECT_TRUE(comes_true([&] { return open_files() == files + 1; }));
  }
}

TEST_F(Deadline, a_database_whose_queue_of_connections_is_full_never_accepts) {
  const support::FullQueue tcp;
  const std::string path = site_->installation->folder() / "full";
  const support::FullQueue local(path);
  for (const std::string& url : {"mysql://root@127.0.0.1:" + std::to_string(tcp.port()) + "/identities",
                                 "mysql://root@localhost/identities?socket=" + path})
    for (const std::int64_t budget_ms : kBudgetsMs) {
      SCOPED_TRACE(url);
      const std::filesystem::path config = site_->config_for(url);
      const std::size_t files = open_files();
      expect_refused_in_time(Host(config).panel(budget_ms), budget_ms);
      EXPECT_EQ(open_files(), files);
    }
}

TEST_F(Deadline, a_server_that_sends_a_byte_a_millisecond_is_given_up_at_the_deadline_and_used_when_there_is_time) {
  const Host host(site_->config_for(site_->proxy.url("identities")));
  expect_served(host);
  site_->proxy.set(support::FaultProxy::Mode::kDribble);
  expect_refused_in_time(host.panel(50), 50);
  expect_served(host);
  site_->proxy.set(support::FaultProxy::Mode::kForward);
}

TEST_F(Deadline, all_sessions_of_the_pool_lost_at_once_cost_only_the_calls_that_were_on_them) {
  const Host host(site_->config_for(site_->proxy.url("identities")));
  constexpr std::size_t kSessions = 8;
  {
    std::vector<std::jthread> callers;
    {
      const Locked locked(*site_);
      for (std::size_t number = 0; number < kSessions; ++number)
        callers.emplace_back([&] { EXPECT_EQ(host.panel(kPatienceMs).status, HD_OK); });
      ASSERT_TRUE(comes_true([] { return waiting(*site_) == kSessions; }));
    }
  }
  ASSERT_EQ(site_->proxy.connections(), kSessions);
  site_->proxy.forget();  // all are idle, and nothing tells us that they are dead
  expect_refused_in_time(host.panel(200), 200);
  expect_served(host);
}

TEST_F(Deadline, hdhost_answers_503_with_retry_after_to_agents_and_senders_and_heals_without_a_restart) {
  site_->shorten_webhooks();
  site_->installation->start();
  auto& installation = *site_->installation;
  const auto deliver = [&](const std::string& id) {
    return installation.deliver(site_->account,
                                {.body = boost::json::serialize(integration::message(id)), .id = "d-" + id});
  };
  ASSERT_EQ(deliver("h-0").status, 200);
  using Break = void (*)();
  const std::pair<Break, Break> breaks[] = {
      {[] { site_->server.pause(); }, [] { site_->server.resume(); }},
      {[] { site_->server.kill(); }, [] { site_->server.start(); }},
  };
  int number = 0;
  for (const auto& [strike, heal] : breaks) {
    const std::string id = "h-" + std::to_string(++number);
    strike();
    contract::Response panel;
    contract::Response note;
    contract::Response delivery;
    {
      const std::jthread agent([&] { panel = installation.panel("ada@customer.example"); });
      const std::jthread other([&] {
        note = installation.action(
            "note.add", "ada@customer.example",
            {{"key", "command-" + id}, {"args", boost::json::object{{"text", "likes to be called"}}}});
      });
      const std::jthread sender([&] { delivery = deliver(id); });
    }
    heal();
    for (const contract::Response* const answer : {&panel, &note, &delivery}) {
      EXPECT_EQ(answer->status, 503) << answer->body;
      EXPECT_EQ(answer->headers.count("retry-after"), 1U);
      EXPECT_THAT(answer->body, HasSubstr("try again later"));
      EXPECT_EQ(answer->headers.at("content-type"), "application/problem+json");
    }
    EXPECT_EQ(deliver(id).status, 200) << "the first delivery after the fault";
    EXPECT_EQ(installation.panel("ada@customer.example").status, 200);
  }
}

}  // namespace
}  // namespace fault
