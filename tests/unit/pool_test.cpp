// Method: a mocked session, because the rules are about one that fails at a given moment.
#include "store/pool.hpp"
#include "mock_session.hpp"
#include "store/note_writer.hpp"

namespace identities::store {
namespace {

class PoolOfMocks : public testing::Test {
 protected:
  Pool pool_{[this](Microseconds) {
               ++opened_;
               return std::make_unique<testing::NiceMock<MockSession>>();
             },
             system_clock(), 1};
  Microseconds deadline() const { return pool_.clock().monotonic_us() + kSecondUs; }
  int opened_ = 0;
};

TEST_F(PoolOfMocks, keeps_a_session_that_did_its_work_or_whose_work_refused) {
  pool_.with_session(deadline(), [](Session&) { return 0; });
  EXPECT_THROW(pool_.with_session(deadline(), [](Session&) -> int { throw std::invalid_argument("no"); }),
               std::invalid_argument);
  pool_.with_session(deadline(), [](Session&) { return 0; });
  EXPECT_EQ(opened_, 1);
}

TEST_F(PoolOfMocks, closes_a_session_that_failed_and_opens_another) {
  EXPECT_THROW(pool_.with_session(deadline(), [](Session&) -> int { throw Unavailable("away"); }), Unavailable);
  pool_.with_session(deadline(), [](Session&) { return 0; });
  EXPECT_EQ(opened_, 2);
}

TEST_F(PoolOfMocks, gives_up_at_the_deadline_when_all_are_taken) {
  pool_.with_session(deadline(), [&](Session&) {
    EXPECT_THROW(pool_.with_session(pool_.clock().monotonic_us() + 1000, [](Session&) { return 0; }), DeadlineExceeded);
    return 0;
  });
}

TEST_F(PoolOfMocks, opens_again_where_opening_failed) {
  int tries = 0;
  Pool pool(
      [&](Microseconds) -> std::unique_ptr<Session> {
        if (++tries < 3) throw Unavailable("away");
        return std::make_unique<testing::NiceMock<MockSession>>();
      },
      system_clock(), 1);
  for (int time = 0; time < 2; ++time)
    EXPECT_THROW(pool.with_session(deadline(), [](Session&) { return 0; }), Unavailable);
  EXPECT_EQ(pool.with_session(deadline(), [](Session&) { return 7; }), 7) << "a failed opening holds no place";
}

TEST_F(PoolOfMocks, closes_the_idle_sessions_and_those_in_use_when_they_come_back) {
  pool_.with_session(deadline(), [&](Session&) {
    pool_.close();
    return 0;
  });
  pool_.with_session(deadline(), [](Session&) { return 0; });
  EXPECT_EQ(opened_, 2);
}

TEST_F(PoolOfMocks, hands_each_lease_its_deadline) {
  const Microseconds wanted = deadline();
  Pool pool(
      [&](Microseconds) {
        auto session = std::make_unique<testing::StrictMock<MockSession>>();
        EXPECT_CALL(*session, set_deadline(wanted));
        return session;
      },
      system_clock(), 1);
  EXPECT_EQ(pool.with_session(wanted, [](Session&) { return 1; }), 1);
}

TEST(transaction, with_a_statement_that_fails_rolls_back) {
  testing::StrictMock<MockSession> session;
  const testing::InSequence in_order;
  EXPECT_CALL(session, begin_write());
  EXPECT_CALL(session, execute(testing::_, testing::_)).WillOnce(testing::Throw(BrokenStatement("no")));
  EXPECT_CALL(session, rollback());
  EXPECT_THROW(
      {
        Transaction transaction(session, Transaction::Kind::kWrite);
        delete_note(session, 1);
        transaction.commit();
      },
      BrokenStatement);
}

TEST(transaction, whose_commit_fails_rolls_back) {
  testing::StrictMock<MockSession> session;
  EXPECT_CALL(session, begin_write());
  EXPECT_CALL(session, commit()).WillOnce(testing::Throw(Unavailable("full")));
  EXPECT_CALL(session, rollback());
  EXPECT_THROW(
      {
        Transaction transaction(session, Transaction::Kind::kWrite);
        transaction.commit();
      },
      Unavailable);
}

TEST(transaction, rolls_back_unless_committed) {
  testing::StrictMock<MockSession> session;
  EXPECT_CALL(session, begin_write());
  EXPECT_CALL(session, rollback());
  { const Transaction transaction(session, Transaction::Kind::kWrite); }
  EXPECT_CALL(session, begin_write());
  EXPECT_CALL(session, commit());
  Transaction transaction(session, Transaction::Kind::kWrite);
  transaction.commit();
}

}  // namespace
}  // namespace identities::store
