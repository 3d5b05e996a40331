// Method: a real database; a mocked session where a statement must fail or its answer be lost.
#include "store/audit_log.hpp"

#include "database.hpp"
#include "mock_session.hpp"

namespace identities::store {
namespace {

using unit::Database;
using unit::kNow;

class AuditStore : public testing::Test, protected Database {};

TEST(read_audit, keeps_what_could_not_be_written_in_its_order) {
  testing::NiceMock<MockSession> session;
  ReadAudit audit;
  for (const char* agent : {"first", "second"}) audit.add({kNow, agent, "identity.open", 1, 0, "r"});
  EXPECT_CALL(session, begin_write()).WillOnce(testing::Throw(Unavailable("full")));
  EXPECT_THROW(audit.flush(session), Unavailable);
  EXPECT_FALSE(audit.empty());
  audit.add({kNow, "third", "identity.open", 1, 0, "r"});
  std::vector<std::string> written;
  EXPECT_CALL(session, begin_write());
  EXPECT_CALL(session, execute(testing::_, testing::_))
      .Times(3)
      .WillRepeatedly([&](const Statement&, std::span<const Parameter> parameters) {
        written.emplace_back(std::get<std::string_view>(parameters[2]));
        return std::int64_t{1};
      });
  audit.flush(session);
  EXPECT_THAT(written, testing::ElementsAre("first", "second", "third"));
  EXPECT_TRUE(audit.empty());
}

TEST(read_audit, is_flushed_by_a_reader_only_when_it_is_old_or_long) {
  ReadAudit audit;
  EXPECT_FALSE(audit.wants_flush(kNow)) << "there is nothing";
  audit.add({kNow, "mia", "identity.open", 1, 0, "r"});
  EXPECT_FALSE(audit.wants_flush(kNow + ReadAudit::kFlushAfterUs - 1));
  EXPECT_TRUE(audit.wants_flush(kNow + ReadAudit::kFlushAfterUs));
  while (!audit.wants_flush(kNow)) audit.add({kNow, "mia", "identity.open", 1, 0, "r"});
  testing::NiceMock<MockSession> session;
  std::size_t written = 0;
  EXPECT_CALL(session, execute(testing::_, testing::_))
      .WillRepeatedly([&](const Statement&, std::span<const Parameter> parameters) {
        written += parameters.size() / 7;
        return std::int64_t{1};
      });
  audit.flush(session);
  EXPECT_EQ(written, ReadAudit::kFlushFrom);
}

TEST_F(AuditStore, read_audit_writes_many_entries_in_few_statements_and_none_twice) {
  ReadAudit audit;
  const auto add = [&](int entries) {
    for (int index = 0; index < entries; ++index) audit.add({kNow, "mia", "identity.open", 1 + index, 0, "r"});
  };
  for (const int entries : {1, 9, 10, 99, 100, 357}) {
    count("DELETE FROM audit");
    add(entries);
    audit.flush(*session_);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit WHERE agent_id = 'mia' AND target_id IS NULL"), entries);
    EXPECT_EQ(count("SELECT SUM(identity_id) FROM audit"), std::int64_t{entries} * (entries + 1) / 2);
  }
}

TEST_F(AuditStore, read_audit_does_not_write_twice_what_a_commit_wrote_whose_answer_was_lost) {
  testing::NiceMock<MockSession> losing;
  ON_CALL(losing, begin_write()).WillByDefault([&] { session_->begin_write(); });
  ON_CALL(losing, query).WillByDefault([&](const auto&... asked) { session_->query(asked...); });
  ON_CALL(losing, execute).WillByDefault([&](const auto&... asked) { return session_->execute(asked...); });
  EXPECT_CALL(losing, commit())
      .WillOnce([&] {
        session_->commit();
        throw Unavailable("the answer was lost");
      })
      .WillOnce([&] { session_->commit(); });
  ReadAudit audit;
  for (int index = 0; index < 25; ++index) audit.add({kNow, "mia", "identity.open", 1 + index, 0, "r"});
  EXPECT_THROW(audit.flush(losing), Unavailable);
  for (int index = 25; index < 33; ++index) audit.add({kNow, "mia", "identity.open", 1 + index, 0, "r"});
  audit.flush(losing);
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit"), 33);
  EXPECT_EQ(count("SELECT COUNT(DISTINCT identity_id) FROM audit"), 33);
}

}  // namespace
}  // namespace identities::store
