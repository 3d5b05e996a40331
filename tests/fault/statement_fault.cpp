#include "statement_fault.hpp"

namespace identities::fault {
namespace {

[[noreturn]] void fail(StatementFault fault) {
  switch (fault) {
    case StatementFault::kUnavailable:
    case StatementFault::kOutcomeUnknown:
      throw store::Unavailable("a planned fault: away");
    case StatementFault::kDeadlineExceeded:
      throw store::DeadlineExceeded("a planned fault: late");
    case StatementFault::kBrokenStatement:
      throw store::BrokenStatement("a planned fault: broken");
    case StatementFault::kDuplicate:
      break;
  }
  throw store::Duplicate("a planned fault: duplicate");
}

class FaultySession : public store::Session {
 public:
  FaultySession(std::unique_ptr<store::Session> real, StatementPlan& plan) : real_(std::move(real)), plan_(plan) {}

  store::Dialect dialect() const override { return real_->dialect(); }
  bool is_alive() const override { return real_->is_alive(); }
  bool is_sound() const override { return real_->is_sound(); }
  void set_request_id(std::string_view request_id) override { real_->set_request_id(request_id); }
  void set_deadline(Microseconds deadline_us) override { real_->set_deadline(deadline_us); }
  void begin_read() override {
    step();
    real_->begin_read();
  }
  void begin_write() override {
    step();
    real_->begin_write();
  }
  void commit() override {
    const bool strikes = is_its_turn();
    if (!strikes || plan_.fault == StatementFault::kOutcomeUnknown) real_->commit();
    if (strikes) fail(plan_.fault);
  }
  void rollback() noexcept override { real_->rollback(); }
  void query(const store::Statement& statement, std::span<const store::Parameter> parameters,
             const RowFunction& each) override {
    step();
    real_->query(statement, parameters, each);
  }
  std::int64_t execute(const store::Statement& statement, std::span<const store::Parameter> parameters) override {
    step();
    return real_->execute(statement, parameters);
  }
  void query_all(std::span<const Ask> asks, bool last) override {
    step();
    real_->query_all(asks, last);
  }
  void query_each(std::span<const AskEach> asks) override {
    step();
    real_->query_each(asks);
  }
  /// The writes are one statement, the commit another.
  void execute_all(std::span<const Write> writes, bool commits) override {
    if (!writes.empty()) {
      step();
      real_->execute_all(writes, false);
    }
    if (commits) commit();
  }
  void call(const store::Statement& statement, std::span<const store::Parameter> parameters,
            const SetFunction& each) override {
    step();
    real_->call(statement, parameters, each);
  }
  bool purge() override {
    step();
    return real_->purge();
  }

 private:
  bool is_its_turn() {
    if (plan_.n == 0 || ++plan_.seen != plan_.n) return false;
    plan_.struck = true;
    return true;
  }
  void step() {
    if (is_its_turn()) fail(plan_.fault);
  }

  std::unique_ptr<store::Session> real_;
  StatementPlan& plan_;
};

}  // namespace

store::Pool::Open with_faults(store::Pool::Open open, StatementPlan& plan) {
  return [open = std::move(open), &plan](Microseconds deadline_us) -> std::unique_ptr<store::Session> {
    return std::make_unique<FaultySession>(open(deadline_us), plan);
  };
}

}  // namespace identities::fault
