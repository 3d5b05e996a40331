// Method: pure functions by tables; the keys of a process with a file that the test changes and a clock that it sets.
#include "accounts/master_keys.hpp"

#include <gmock/gmock.h>

#include "accounts/sealed_secret.hpp"
#include "core/base64.hpp"
#include "store/server_facts.hpp"

namespace identities::accounts {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::UnorderedElementsAre;

const std::string kOld(kMasterKeyBytes, 'o');
const std::string kNew(kMasterKeyBytes, 'n');
constexpr Id kAccount = 7;

TEST(MasterKeyFile, holds_one_key_or_several_the_newest_first) {
  EXPECT_THAT(master_keys_of(kOld), Optional(ElementsAre(kOld))) << "32 raw bytes";
  EXPECT_THAT(master_keys_of(base64_encode(kOld)), Optional(ElementsAre(kOld)));
  EXPECT_THAT(master_keys_of(base64_encode(kNew) + "\n" + base64_encode(kOld)), Optional(ElementsAre(kNew, kOld)));
}

TEST(MasterKeyFile, anything_else_is_refused) {
  const std::string line = base64_encode(kOld);
  const std::string five = line + "\n" + line + "\n" + line + "\n" + line + "\n" + line;
  for (const std::string& text : {std::string{}, std::string("\n"), std::string("key"), line + "\n\n" + line,
                                  line + "\nshort", line + " ", line.substr(1), five, std::string(1 << 20, '\n')})
    EXPECT_EQ(master_keys_of(text), std::nullopt) << text.substr(0, 60);
}

TEST(MasterKeyFile, the_key_that_seals_is_the_recorded_one_or_the_oldest) {
  const MasterKeyList keys = {kNew, kOld};
  EXPECT_EQ(sealing_key(keys, ""), &keys[1]);
  EXPECT_EQ(sealing_key(keys, fingerprint(kOld)), &keys[1]);
  EXPECT_EQ(sealing_key(keys, fingerprint(kNew)), &keys[0]);
  EXPECT_EQ(sealing_key(keys, fingerprint(std::string(32, 'x'))), nullptr);
}

TEST(MasterKeyFile, a_fingerprint_tells_keys_apart_and_not_what_they_are) {
  EXPECT_EQ(fingerprint(kOld), fingerprint(kOld));
  EXPECT_NE(fingerprint(kOld), fingerprint(kNew));
  EXPECT_EQ(fingerprint(kOld).size(), 16U);
}

class ServingKeys : public testing::Test {
 protected:
  std::string text_ = base64_encode(kOld);
  int reads_ = 0;
  Microseconds now_us_ = 0;
  MasterKeys keys_{{kOld},
                   [this]() -> std::optional<std::string> {
                     ++reads_;
                     return text_;
                   },
                   Clock{[] { return Microseconds{0}; }, [this] { return now_us_; }}};
  std::string by_old_ = seal(kOld, kAccount, "secret");
  std::string by_new_ = seal(kNew, kAccount, "secret");
};

TEST_F(ServingKeys, the_file_is_not_read_while_its_key_opens_the_secrets) {
  EXPECT_THAT(keys_.unseal(kAccount, by_old_), Optional(std::string("secret")));
  EXPECT_EQ(reads_, 0);
}

TEST_F(ServingKeys, a_secret_that_a_new_key_sealed_is_opened_by_reading_the_file_again) {
  text_ = base64_encode(kNew) + "\n" + base64_encode(kOld);
  EXPECT_THAT(keys_.unseal(kAccount, by_new_), Optional(std::string("secret")));
  EXPECT_EQ(reads_, 1);
}

TEST_F(ServingKeys, an_old_key_stays_known_to_those_who_still_hold_what_it_sealed) {
  text_ = base64_encode(kNew);
  EXPECT_THAT(keys_.unseal(kAccount, by_new_), Optional(std::string("secret")));
  EXPECT_THAT(keys_.unseal(kAccount, by_old_), Optional(std::string("secret")));
}

TEST_F(ServingKeys, what_no_key_opens_reads_the_file_once_a_second_at_most) {
  const std::string damaged = seal(std::string(32, 'x'), kAccount, "secret");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(keys_.unseal(kAccount, damaged), std::nullopt);
  EXPECT_EQ(reads_, 1);
  now_us_ += kSecondUs;
  EXPECT_EQ(keys_.unseal(kAccount, damaged), std::nullopt);
  EXPECT_EQ(reads_, 2);
}

TEST_F(ServingKeys, a_secret_that_does_not_open_does_not_keep_others_from_the_new_key) {
  EXPECT_EQ(keys_.unseal(kAccount, seal(std::string(32, 'x'), kAccount, "secret")), std::nullopt);
  text_ = base64_encode(kNew);
  EXPECT_THAT(keys_.unseal(kAccount, by_new_), Optional(std::string("secret"))) << "in the same second";
}

TEST_F(ServingKeys, a_file_that_is_no_key_file_changes_nothing) {
  text_ = "half writ";
  EXPECT_EQ(keys_.unseal(kAccount, by_new_), std::nullopt);
  EXPECT_THAT(keys_.unseal(kAccount, by_old_), Optional(std::string("secret")));
}

TEST(Rights, are_those_on_the_database_and_on_all) {
  using store::rights_on;
  EXPECT_THAT(rights_on({"GRANT USAGE ON *.* TO `u`@`h` IDENTIFIED BY PASSWORD '*9'",
                         "GRANT SELECT, INSERT ON `shop`.* TO `u`@`h`", "GRANT DROP ON `other`.* TO `u`@`h`"},
                        "shop"),
              UnorderedElementsAre("USAGE", "SELECT", "INSERT"));
  EXPECT_THAT(rights_on({"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"}, "shop"),
              ElementsAre("ALL PRIVILEGES"));
  EXPECT_THAT(rights_on({"GRANT CREATE ROUTINE ON `the\\_shop`.* TO `u`@`h`"}, "the_shop"),
              ElementsAre("CREATE ROUTINE"));
  EXPECT_THAT(rights_on({"GRANT `role` TO `u`@`h`", "GRANT SELECT ON `shop`.`note` TO `u`@`h`", "", "GRANT"}, "shop"),
              IsEmpty());
}

}  // namespace
}  // namespace identities::accounts
