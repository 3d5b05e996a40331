// Gives stored identifiers the keys of today's rules (store/rekeying.hpp), after the rules, an account's country or the
// normalisers changed.
#pragma once

#include "jobs/job.hpp"
#include "store/accounts.hpp"
#include "store/clock.hpp"

namespace identities::jobs {

class RekeyJob : public Job {
 public:
  explicit RekeyJob(Clock clock) : clock_(std::move(clock)) {}
  std::string_view name() const override { return "rekey"; }
  Microseconds interval_us() const override { return 10 * kSecondUs; }
  bool is_wanted(store::Session& session) const override;
  Progress step(store::Session& session, const Step& step) override;

 private:
  const Clock clock_;
  store::AccountDirectory directory_;
};

}  // namespace identities::jobs
