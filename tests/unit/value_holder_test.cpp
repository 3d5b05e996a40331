// Whom a value's row names as its only holder, and that a look-up finds the same as a search among all who have it.
#include <gtest/gtest.h>

#include "database.hpp"
#include "recount.hpp"
#include "store/identity_reader.hpp"
#include "store/migrate.hpp"

namespace identities::store {
namespace {

using unit::customer;
using unit::Database;
using unit::kNow;

class ValueHolder : public testing::Test, protected Database {
 protected:
  void write(const std::string& id, std::vector<std::string> emails, const std::string& name = "Ada Stone") {
    Attributes attributes;
    attributes.customer = customer(id, std::move(emails));
    attributes.customer.name = name;
    apply({kNow, attributes});
  }
  Id found(std::string_view email, Id account = 7) {
    EXPECT_EQ(broken(), "");
    const auto ref = resolve(*session_, IdentifierKind::kEmail, email, account);
    return ref ? ref->id : Id{0};
  }
  std::string broken() {
    return support::broken_invariants([&](const std::string& sql) { return count(sql); });
  }
  std::int64_t named() { return count("SELECT COUNT(*) FROM identifier_value WHERE holder_version = version"); }
};

TEST_F(ValueHolder, is_named_until_another_identity_has_the_value_too) {
  constexpr const char* kAda = "ada@customer.example";
  constexpr const char* kBob = "bob@customer.example";
  EXPECT_EQ(found(kAda), 0) << "nobody has it";
  write("c-1", {kAda});
  const Id ada = found(kAda);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identity d JOIN identifier_value v ON d.id = v.holder_id"), 1);
  EXPECT_EQ(named(), 1);
  write("c-2", {kAda});
  EXPECT_EQ(found(kAda), ada);
  EXPECT_EQ(named(), 1) << "another record of the same identity";
  write("c-3", {kBob}, "Bob Reed");
  EXPECT_EQ(named(), 2);
  write("c-3", {kBob, kAda}, "Bob Reed");
  EXPECT_EQ(found(kAda), ada);
  EXPECT_EQ(named(), 1) << "two identities have the other";
  write("c-4", {kAda});
  EXPECT_EQ(found(kAda), ada);
  EXPECT_EQ(named(), 1) << "and it is not named again";
  EXPECT_EQ(found(kAda, accounts_.front().id), ada);
}

TEST_F(ValueHolder, is_searched_for_where_a_server_of_the_version_before_gave_the_value_away) {
  write("c-1", {"ada@customer.example"});
  write("c-2", {"bob@customer.example"}, "Bob Reed");
  const Id first = found("ada@customer.example");
  // What it writes: it knows of no holder.
  count("UPDATE identifier_value SET version = version + 1 WHERE value = 'ada@customer.example'");
  count(
      "INSERT INTO identifier (kind, value, record_id, shown, first_us, created_us) SELECT 'email', "
      "'ada@customer.example', record_id, 'x', 0, 0 FROM identifier WHERE value = 'bob@customer.example'");
  EXPECT_EQ(found("ada@customer.example"), first);
  write("c-3", {"ada@customer.example"});
  EXPECT_EQ(found("ada@customer.example"), first);
  EXPECT_EQ(named(), 1) << "of the other";
}

TEST_F(ValueHolder, is_named_by_the_migration_where_there_is_only_one) {
  write("c-1", {"ada@customer.example"});
  write("c-2", {"ada@customer.example"});
  write("c-3", {"bob@customer.example"}, "Bob Reed");
  write("c-3", {"bob@customer.example", "ada@customer.example"}, "Bob Reed");
  const std::size_t last = statements_of(migrations(url().dialect).at(3)).size() - 1;
  count("UPDATE identifier_value SET holder_id = NULL, holder_version = 0");
  count("UPDATE schema_migration SET done = 0, position = " + std::to_string(last) + " WHERE number = 4");
  EXPECT_EQ(migrate(url()).size(), 1U);
  EXPECT_EQ(broken(), "");
  EXPECT_EQ(named(), 2);
  EXPECT_EQ(count("SELECT COUNT(*) FROM identifier_value WHERE holder_id IS NOT NULL"), 1) << "that of the second";
}

TEST_F(ValueHolder, goes_with_what_told_it) {
  const auto told_in = [&](const std::string& id, const std::string& thread, const std::string& who) {
    Item item = unit::message(id, kNow, who, Direction::kIn, thread);
    std::get<Engagement>(item.content).customer = customer(who, {"ada@customer.example"});
    apply(item);
  };
  told_in("m-1", "t-1", "c-1");
  told_in("m-2", "t-2", "c-2");
  const Id ada = found("ada@customer.example");
  apply(unit::thread_deleted("t-1", kNow));
  EXPECT_EQ(found("ada@customer.example"), ada) << "her other record has it";
  apply(unit::thread_deleted("t-2", kNow));
  EXPECT_EQ(found("ada@customer.example"), 0);
  told_in("m-3", "t-3", "c-3");
  EXPECT_NE(found("ada@customer.example"), ada);
  EXPECT_EQ(named(), 1);
}

}  // namespace
}  // namespace identities::store
