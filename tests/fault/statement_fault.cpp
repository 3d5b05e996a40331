#include "statement_fault.hpp"

#include "decorated_session.hpp"

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

class FaultySession : public support::DecoratedSession {
 public:
  FaultySession(std::unique_ptr<store::Session> real, StatementPlan& plan)
      : DecoratedSession(std::move(real)), plan_(plan) {}

  void commit() override {
    const bool strikes = is_its_turn();
    if (!strikes || plan_.fault == StatementFault::kOutcomeUnknown) real().commit();
    if (strikes) fail(plan_.fault);
  }

 private:
  bool is_its_turn() {
    if (plan_.n == 0 || ++plan_.seen != plan_.n) return false;
    plan_.struck = true;
    return true;
  }
  void before(std::string_view) override {
    if (is_its_turn()) fail(plan_.fault);
  }

  StatementPlan& plan_;
};

}  // namespace

store::Pool::Open with_faults(store::Pool::Open open, StatementPlan& plan) {
  return [open = std::move(open), &plan](Microseconds deadline_us) -> std::unique_ptr<store::Session> {
    return std::make_unique<FaultySession>(open(deadline_us), plan);
  };
}

}  // namespace identities::fault
