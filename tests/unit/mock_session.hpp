// A session whose answers a test gives, for rules about a session that fails.
#pragma once

#include <gmock/gmock.h>

#include "store/session.hpp"

namespace identities::store {

class MockSession : public Session {
 public:
  MOCK_METHOD(Dialect, dialect, (), (const, override));
  MOCK_METHOD(void, set_deadline, (Microseconds), (override));
  MOCK_METHOD(void, begin_read, (), (override));
  MOCK_METHOD(void, begin_write, (), (override));
  MOCK_METHOD(void, commit, (), (override));
  MOCK_METHOD(void, rollback, (), (noexcept, override));
  MOCK_METHOD(void, query, (const Statement&, std::span<const Parameter>, const RowFunction&), (override));
  MOCK_METHOD(std::int64_t, execute, (const Statement&, std::span<const Parameter>), (override));
  MOCK_METHOD(bool, purge, (), (override));
};

}  // namespace identities::store
