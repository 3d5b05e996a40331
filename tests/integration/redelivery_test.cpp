// Method: a real hdhost takes a delivery, a real `identities work` deletes its row, and the sender sends it again.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "administration.hpp"
#include "installation.hpp"

namespace integration {
namespace {

TEST(Redelivery, after_its_delivery_row_was_deleted_a_message_is_not_stored_twice) {
  Installation installation;
  const Account account = installation.add_account("shop");
  installation.start();
  const Sent sent{boost::json::serialize(message("m-1")), "d-1"};
  ASSERT_EQ(installation.deliver(account, sent).status, 200);
  installation.count("UPDATE delivery SET received_us = received_us - 31 * 86400000000");
  Command work({"work", "--once", "--config", installation.folder() / "identities.json"});
  ASSERT_EQ(work.wait(), 0) << work.output();
  ASSERT_EQ(installation.count("SELECT COUNT(*) FROM delivery"), 0) << work.output();
  EXPECT_EQ(installation.deliver(account, sent).status, 200);
  EXPECT_EQ(installation.count("SELECT COUNT(*) FROM engagement"), 1);
  EXPECT_EQ(installation.count("SELECT COUNT(*) FROM engagement_key"), 1);
  EXPECT_EQ(installation.count("SELECT in_count FROM record_thread"), 1);
  EXPECT_EQ(installation.count("SELECT COUNT(*) FROM delivery"), 1);
}

}  // namespace
}  // namespace integration
