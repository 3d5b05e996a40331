// Method: hdhost and its database are killed under full webhook load, some three times each; then the database itself
// is counted. The long form of it is the bench webhook.kill9.
#include <gmock/gmock.h>

#include "database_kill_run.hpp"

namespace fault {
namespace {

constexpr std::size_t kDeliveries = 2000;

void expect_each_exactly_once(const KillReport& report) {
  EXPECT_EQ(report.acknowledged, kDeliveries);
  EXPECT_EQ(report.lost, 0);
  EXPECT_EQ(report.doubled, 0);
  EXPECT_EQ(report.broken, "");
  EXPECT_GT(report.sent_again, 0U) << "no kill met a delivery, so the run shows nothing";
}

TEST(killed_under_load, on_sqlite_hdhost_loses_and_doubles_nothing) {
  integration::Installation installation;
  const integration::Account account = installation.add_account("shop");
  installation.start();
  expect_each_exactly_once(
      run_kills(installation, account, nullptr, {.deliveries = kDeliveries, .host_kills = 3, .seed = 11}));
}

TEST(killed_under_load, on_mariadb_neither_hdhost_nor_the_server_loses_or_doubles_anything) {
  if (!support::has_mariadb()) GTEST_SKIP() << "mariadbd is not installed";
  support::MariadbServer server;
  server.make_database("identities");
  integration::Installation installation(server.url("identities"));
  const integration::Account account = installation.add_account("shop");
  installation.start();
  expect_each_exactly_once(run_kills(installation, account, &server,
                                     {.deliveries = kDeliveries, .host_kills = 3, .server_kills = 2, .seed = 12}));
}

}  // namespace
}  // namespace fault
