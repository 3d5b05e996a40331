// Who writes from a role's address without a name is the mailbox; what becomes of such a record once it brings a name
// or an identifier of its own, and that nobody is joined with a mailbox. Each test has a database of its own.
#include <gtest/gtest.h>

#include <array>

#include "edge_cases.hpp"
#include "store/linker.hpp"

namespace identities::unit {
namespace {

Seen both(const std::string& one, const std::string& other, std::string name = {}) {
  return {.name = std::move(name), .told = {{"email", one}, {"email", other}}};
}

struct SharedMailbox : testing::Test, Arrivals {
  bool is_mailbox(const std::string& record) {
    return count("SELECT kind FROM identity WHERE id = " + std::to_string(identity_of(record))) == 1;
  }
  void declare(const std::string& from, const std::string& into) {
    ++now_us_;
    apply({now_us_, CustomerMerged{from, into}}, accounts_.front());
  }
  void judge_not(const std::string& left, const std::string& right) {
    command([&](store::Merging& merging) { return merging.judge_not(identity_of(left), identity_of(right), 0); });
  }
  std::vector<std::string> kinds() {
    return texts(
        "SELECT r.source_key || ' ' || d.kind FROM record r JOIN identity d ON d.id = r.identity_id ORDER BY 1");
  }
  void TearDown() override {
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(folded(), stored()) << "the log alone gives who is whom";
  }
};

TEST_F(SharedMailbox, takes_in_nobody_who_has_an_address_of_their_own) {
  arrive(mail("info@acme.io"), "m1");
  arrive(both("info@acme.io", "jane@acme.io"), "m2");
  arrive(mail("jane@acme.io", "Bo Chan"), "m3");
  EXPECT_EQ(between("m1", "m2"), "different");
  EXPECT_EQ(between("m2", "m3"), "same") << "by the address that is a person's";
  EXPECT_TRUE(is_mailbox("m1"));
  EXPECT_FALSE(is_mailbox("m2"));
}

TEST_F(SharedMailbox, is_none_any_more_when_its_only_record_brings_an_identifier) {
  arrive(mail("sales@bbb.io"), "q0");
  ASSERT_TRUE(is_mailbox("q0"));
  arrive(call("0412345678"), "q0");
  EXPECT_FALSE(is_mailbox("q0")) << "as if it had come with both at once";
  arrive(call("0412345678", "Raj Patel"), "raj");
  EXPECT_EQ(between("q0", "raj"), "same") << "by the mobile, of which one gives no name";
  arrive(mail("sales@bbb.io"), "q1");
  EXPECT_EQ(between("q0", "q1"), "different");
  EXPECT_TRUE(is_mailbox("q1"));
}

TEST_F(SharedMailbox, is_left_by_a_record_that_brings_an_identifier_whichever_it_is) {
  for (const char* who : {"m1", "m2", "m3"}) arrive(mail("info@acme.io"), who);
  ASSERT_EQ(between("m1", "m3"), "same");
  arrive(mail("jane@acme.io", "Jane Doe"), "jane");
  arrive(both("info@acme.io", "jane@acme.io"), "m1");
  EXPECT_EQ(between("m1", "jane"), "same");
  EXPECT_EQ(between("m1", "m2"), "different");
  EXPECT_EQ(between("m2", "m3"), "same");
  EXPECT_TRUE(is_mailbox("m2"));
  EXPECT_FALSE(is_mailbox("m1"));
}

TEST_F(SharedMailbox, is_left_by_a_record_that_gives_a_name) {
  for (const char* who : {"m1", "m2"}) arrive(mail("info@acme.io"), who);
  arrive(mail("info@acme.io", "Ann Lee"), "m1");
  EXPECT_EQ(between("m1", "m2"), "different");
  EXPECT_TRUE(is_mailbox("m2"));
  EXPECT_FALSE(is_mailbox("m1"));
  arrive(mail("info@acme.io", "Bo Chan"), "m2");
  EXPECT_EQ(between("m1", "m2"), "different");
  EXPECT_FALSE(is_mailbox("m2"));
}

TEST_F(SharedMailbox, holds_the_same_records_in_whatever_order_they_say_who_they_are) {
  for (const bool late : {false, true}) {
    Arrivals arrivals;
    const auto bring = [&] {
      arrivals.arrive(both("info@acme.io", "jane@acme.io"), "m1");
      arrivals.arrive(both("info@acme.io", "jane@acme.io"), "m2");
    };
    if (late)
      for (const char* who : {"m1", "m2", "m3", "m4"}) arrivals.arrive(mail("info@acme.io"), who);
    bring();
    for (const char* who : {"m3", "m4"}) arrivals.arrive(mail("info@acme.io"), who);
    EXPECT_EQ(arrivals.between("m1", "m2"), "same") << late;
    EXPECT_EQ(arrivals.between("m3", "m4"), "same") << late;
    EXPECT_EQ(arrivals.between("m1", "m3"), "different") << late;
  }
}

TEST_F(SharedMailbox, takes_a_record_back_by_no_undo_once_that_has_something_of_its_own) {
  for (const char* who : {"m1", "m2"}) arrive(mail("info@acme.io"), who);
  arrive(both("info@acme.io", "jane@acme.io"), "m2");
  ASSERT_EQ(between("m1", "m2"), "different");
  EXPECT_THROW(undo(count("SELECT MAX(id) FROM identity_log WHERE type = 'split'")), store::NotPossible);
  for (const char* who : {"n1", "n2"}) arrive(mail("sales@acme.io"), who);
  const IdentityEvent parted = split("n2", {"n2"});
  arrive(both("sales@acme.io", "bo@acme.io"), "n2");
  EXPECT_THROW(undo(parted.id), store::NotPossible);
  EXPECT_EQ(between("n1", "n2"), "different");
}

TEST_F(SharedMailbox, is_no_reason_to_refuse_a_person_who_writes_from_it_too) {
  arrive(mail("zed@x.io"), "p1");
  arrive(mail("info@acme.io"), "m1");
  EXPECT_NO_THROW(arrive(both("zed@x.io", "info@acme.io"), "p1"));
  EXPECT_EQ(between("p1", "m1"), "different");
  EXPECT_EQ(count("SELECT COUNT(*) FROM engagement"), 2) << "each message once";
  EXPECT_EQ(count("SELECT COUNT(*) FROM identifier WHERE value = 'info@acme.io'"), 2);
}

TEST_F(SharedMailbox, is_no_reason_to_refuse_whoever_brings_a_number_of_its_record) {
  arrive(mail("sales@bbb.io"), "q0");
  arrive(call("0412345678"), "q0");
  arrive(mail("ann@acme.io", "Ann Lee"), "q1");
  EXPECT_NO_THROW(arrive(call("0412345678", "Ann Lee"), "q1"));
  EXPECT_EQ(between("q0", "q1"), "same");
}

TEST_F(SharedMailbox, and_another_one_stay_two_when_somebody_writes_from_both) {
  arrive(mail("info@acme.io"), "m1");
  arrive(mail("sales@acme.io"), "m2");
  EXPECT_NO_THROW(arrive(both("sales@acme.io", "info@acme.io"), "m3"));
  EXPECT_EQ(between("m1", "m3"), "same") << "the older one";
  EXPECT_EQ(between("m1", "m2"), "different") << "a mailbox takes part in no merge, so none is asked about";
  EXPECT_NO_THROW(arrive(both("info@acme.io", "sales@acme.io"), "m2"));
  EXPECT_EQ(between("m1", "m2"), "different");
}

TEST_F(SharedMailbox, stays_nobodys_in_both_parts_when_a_record_that_says_nothing_is_split_off) {
  for (const char* who : {"m1", "m2", "m3"}) arrive(mail("info@acme.io"), who);
  const auto before = kinds();
  const IdentityEvent parted = split("m1", {"m2"});
  EXPECT_EQ(kinds(), before);
  const IdentityEvent undone = undo(parted.id);
  EXPECT_EQ(between("m1", "m2"), "same");
  EXPECT_EQ(kinds(), before);
  undo(undone.id);
  EXPECT_EQ(between("m1", "m2"), "different");
  EXPECT_EQ(kinds(), before);
  arrive(mail("ann@acme.io", "Ann Lee"), "ann");
  EXPECT_THROW(merge("ann", "m2"), store::NotPossible) << "a mailbox is joined with nobody";
  arrive(mail("info@acme.io", "Bo Chan"), "m2");
  EXPECT_FALSE(is_mailbox("m2")) << "it says who it is now";
}

TEST_F(SharedMailbox, is_what_an_undo_makes_of_a_record_that_came_to_it) {
  for (const char* who : {"m1", "m2"}) arrive(mail("info@acme.io"), who);
  const IdentityEvent undone = undo(count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'"));
  ASSERT_EQ(between("m1", "m2"), "different");
  EXPECT_TRUE(is_mailbox("m1"));
  EXPECT_TRUE(is_mailbox("m2"));
  undo(undone.id);
  EXPECT_EQ(between("m1", "m2"), "same");
  EXPECT_TRUE(is_mailbox("m2"));
}

TEST_F(SharedMailbox, is_left_with_the_id_that_a_split_gave_the_record) {
  for (const char* who : {"m1", "m2"}) arrive(mail("info@acme.io"), who);
  const IdentityEvent parted = split("m1", {"m2"});
  const Id own = identity_of("m2");
  undo(parted.id);
  ASSERT_EQ(store::live_identity(*session_, own), identity_of("m1"));
  arrive(mail("info@acme.io", "Bo Chan"), "m2");
  EXPECT_EQ(store::live_identity(*session_, own), identity_of("m2")) << "and leads to no stranger";
  EXPECT_EQ(identity_of("m2"), own);
  EXPECT_FALSE(is_mailbox("m2"));
  EXPECT_TRUE(is_mailbox("m1"));
}

TEST_F(SharedMailbox, is_left_by_whom_the_source_declares_to_be_one_of_its_customers) {
  for (const char* who : {"m1", "m2"}) arrive(mail("info@acme.io"), who);
  arrive(mail("jane@acme.io", "Jane Doe"), "jane");
  declare("m1", "jane");
  EXPECT_EQ(between("m1", "jane"), "same");
  EXPECT_FALSE(is_mailbox("jane"));
  EXPECT_EQ(between("m1", "m2"), "different");
  EXPECT_TRUE(is_mailbox("m2"));
  declare("jane", "m2");
  EXPECT_EQ(between("m2", "jane"), "same") << "also the last one";
  EXPECT_FALSE(is_mailbox("m2"));
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion"), 0);
  const auto before = state();
  declare("jane", "m2");
  EXPECT_EQ(state(), before) << "the same again";
}

TEST_F(SharedMailbox, is_left_by_two_whom_the_source_declares_to_be_one_customer) {
  for (const char* who : {"m1", "m2", "m3"}) arrive(mail("info@acme.io"), who);
  declare("m1", "m2");
  EXPECT_EQ(between("m1", "m2"), "same");
  EXPECT_EQ(between("m1", "m3"), "different");
  EXPECT_FALSE(is_mailbox("m1"));
  EXPECT_TRUE(is_mailbox("m3"));
}

TEST_F(SharedMailbox, is_left_by_a_declared_customer_whom_an_agent_can_still_join_where_they_are_kept_apart) {
  for (const char* who : {"m1", "m2"}) arrive(mail("info@acme.io"), who);
  arrive(mail("jane@acme.io", "Jane Doe"), "jane");
  judge_not("m1", "jane");
  declare("m1", "jane");
  EXPECT_EQ(between("m1", "jane"), "different");
  EXPECT_EQ(count("SELECT COUNT(*) FROM suggestion WHERE rule = 'J1' AND state = 0"), 1) << "asked, as a conflict";
  EXPECT_FALSE(is_mailbox("m1"));
  merge("m1", "jane");
  EXPECT_EQ(between("m1", "jane"), "same");
}

TEST_F(SharedMailbox, keeps_nobody_apart_from_a_declared_customer_for_what_was_judged_of_another_record_of_it) {
  for (const char* who : {"m1", "m2"}) arrive(mail("info@acme.io"), who);
  arrive(mail("jane@acme.io", "Jane Doe"), "jane");
  const IdentityEvent parted = split("m1", {"m2"});
  judge_not("m2", "jane");
  undo(parted.id);
  ASSERT_EQ(between("m1", "m2"), "same");
  declare("m1", "jane");
  EXPECT_EQ(between("m1", "jane"), "same");
  EXPECT_EQ(between("m2", "jane"), "different");
}

TEST_F(SharedMailbox, takes_in_a_record_that_brings_the_address_after_it_came_with_nothing) {
  arrive(Seen{}, "m1");
  arrive(Seen{}, "m2");
  ASSERT_FALSE(is_mailbox("m1"));
  const Id own = identity_of("m2");
  arrive(mail("info@acme.io"), "m1");
  EXPECT_TRUE(is_mailbox("m1")) << "as if it had come with it";
  arrive(mail("info@acme.io"), "m2");
  EXPECT_EQ(between("m1", "m2"), "same");
  EXPECT_EQ(store::live_identity(*session_, own), identity_of("m1"));
  undo(count("SELECT MAX(id) FROM identity_log WHERE type = 'autolink'"));
  EXPECT_EQ(identity_of("m2"), own);
  arrive(mail("info@acme.io"), "m2");
  EXPECT_EQ(between("m1", "m2"), "different") << "an agent said so";
  arrive(mail("info@acme.io"), "m3");
  EXPECT_EQ(between("m1", "m3"), "same");
}

TEST_F(SharedMailbox, takes_in_no_record_that_has_a_name_or_company_or_that_an_agent_keeps_apart) {
  arrive(mail("info@acme.io"), "m1");
  arrive({.name = "Ann Lee"}, "ann");
  arrive(mail("info@acme.io"), "ann");
  EXPECT_EQ(between("m1", "ann"), "different");
  EXPECT_FALSE(is_mailbox("ann"));
  for (const char* who : {"p1", "p2", "p3"}) arrive(Seen{}, who);
  merge("p1", "p2");
  arrive(mail("info@acme.io"), "p2");
  EXPECT_EQ(between("m1", "p2"), "different") << "it is not alone";
  EXPECT_FALSE(is_mailbox("p2"));
  judge_not("p3", "m1");
  arrive(mail("info@acme.io"), "p3");
  EXPECT_EQ(between("m1", "p3"), "different");
  EXPECT_TRUE(is_mailbox("p3"));
}

TEST_F(SharedMailbox, that_an_identity_became_since_it_was_decided_is_neither_joined_nor_suggested) {
  static const store::Statement kSpoil{"spoil_kind", "UPDATE identity SET kind = ? WHERE id = ?"};
  arrive(mail("ann@acme.io", "Ann Lee"), "p1");
  arrive(call("0412345678", "Ann Lee"), "p2");
  const Id one = identity_of("p1");
  const Id other = identity_of("p2");
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  store::WriteBatch batch(*session_);
  store::Linker linker(batch, ++now_us_, "account:shop", shipped_rules());
  const store::Linker::Brought brought{record_id("p2"), kNow, {given(IdentifierKind::kEmail, "ann@acme.io")}, {}};
  const std::array own = {other};
  const LinkDecision decision = linker.decide(brought, store::read_sides(*session_, own).at(other));
  ASSERT_EQ(decision.links.size(), 1U);
  ASSERT_TRUE(decision.suggestions.empty());
  session_->execute(kSpoil, {std::int64_t{1}, one});
  EXPECT_EQ(linker.carry_out(brought, other, decision, other), other);
  session_->execute(kSpoil, {std::int64_t{0}, one});
  batch.commit(transaction);
  EXPECT_EQ(between("p1", "p2"), "different") << "nobody could accept it";
}

}  // namespace
}  // namespace identities::unit
