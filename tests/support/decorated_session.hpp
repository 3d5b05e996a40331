// A session that passes everything on to a real one, and is asked before each statement. Owns the real one; one thread.
#pragma once

#include <memory>
#include <utility>

#include "store/session.hpp"

namespace support {

class DecoratedSession : public identities::store::Session {
 public:
  using Statement = identities::store::Statement;
  using Parameter = identities::store::Parameter;

  explicit DecoratedSession(std::unique_ptr<Session> real) : real_(std::move(real)) {}

  identities::store::Dialect dialect() const override { return real_->dialect(); }
  bool is_alive() const override { return real_->is_alive(); }
  bool is_sound() const override { return real_->is_sound(); }
  void set_request_id(std::string_view request_id) override { real_->set_request_id(request_id); }
  void set_deadline(identities::Microseconds deadline_us) override { real_->set_deadline(deadline_us); }
  void begin_read() override {
    before("begin");
    real_->begin_read();
  }
  void begin_write() override {
    before("begin");
    real_->begin_write();
  }
  void commit() override {
    before("commit");
    real_->commit();
  }
  void rollback() noexcept override { real_->rollback(); }
  void query(const Statement& statement, std::span<const Parameter> parameters, const RowFunction& each) override {
    before(statement.name);
    real_->query(statement, parameters, each);
  }
  std::int64_t execute(const Statement& statement, std::span<const Parameter> parameters) override {
    before(statement.name);
    return real_->execute(statement, parameters);
  }
  void query_all(std::span<const Ask> asks, bool last) override {
    before(asks.empty() ? "" : asks.front().statement->name);
    real_->query_all(asks, last);
  }
  void query_each(std::span<const AskEach> asks) override {
    before(asks.empty() ? "" : asks.front().statement->name);
    real_->query_each(asks);
  }
  /// The writes are one statement, the commit another.
  void execute_all(std::span<const Write> writes, bool commits) override {
    if (!writes.empty()) {
      before(writes.front().statement->name);
      real_->execute_all(writes, false);
    }
    if (commits) commit();
  }
  void call(const Statement& statement, std::span<const Parameter> parameters, const SetFunction& each) override {
    before(statement.name);
    real_->call(statement, parameters, each);
  }
  bool purge() override {
    before("purge");
    return real_->purge();
  }

 protected:
  /// statement: its name, of several that go together the first one's; or "begin", "commit", "purge".
  virtual void before(std::string_view statement) = 0;
  Session& real() { return *real_; }

 private:
  std::unique_ptr<Session> real_;
};

}  // namespace support
