// Compares the records that are new or changed with all others and writes what is to be suggested, so that no delivery
// waits for it. Rests where nothing waits or nothing was learnt yet.
#pragma once

#include <optional>

#include "jobs/job.hpp"
#include "store/clock.hpp"
#include "store/match_scoring.hpp"

namespace identities::jobs {

class SuggestJob : public Job {
 public:
  explicit SuggestJob(Clock clock) : clock_(std::move(clock)) {}
  std::string_view name() const override { return "suggest"; }
  Microseconds interval_us() const override { return kSecondUs; }
  bool is_wanted(store::Session& session) const override;
  Progress step(store::Session& session, const Step& step) override;

 private:
  const Clock clock_;
  std::optional<store::StoredModel> model_;  // as it was read last; read again when there is a newer one
};

}  // namespace identities::jobs
