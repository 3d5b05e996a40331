// Timing that stands on a noisy machine: single calls by the steady clock, medians, and A and B call by call in turn.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace bench {

template <typename Work>
double timed_us(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

/// The value below which that part of the samples lies. REQUIRES: samples is not empty.
inline double quantile(std::vector<double> samples, double part) {
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}
inline double median(const std::vector<double>& samples) {
  return quantile(samples, 0.5);
}

struct Pairs {
  std::vector<double> a_us;
  std::vector<double> b_us;
  double ratio() const { return median(a_us) / median(b_us); }
  /// The same ratio over each tenth of the run: how far it moves is how far to trust it.
  std::vector<double> ratio_of_tenths() const {
    std::vector<double> ratios;
    const std::size_t size = a_us.size() / 10;
    for (std::size_t begin = 0; size > 0 && begin + size <= a_us.size(); begin += size) {
      const auto part = [&](const std::vector<double>& samples) {
        const auto from = samples.begin() + static_cast<std::ptrdiff_t>(begin);
        return median({from, from + static_cast<std::ptrdiff_t>(size)});
      };
      ratios.push_back(part(a_us) / part(b_us));
    }
    return ratios;
  }
};

/// Calls a and b in turn, so that what disturbs the machine disturbs both. Each gets the number of the pair and returns
/// the microseconds that it took.
template <typename A, typename B>
Pairs in_turn(std::size_t pairs, A&& a, B&& b) {
  Pairs measured;
  measured.a_us.reserve(pairs);
  measured.b_us.reserve(pairs);
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    measured.a_us.push_back(a(pair));
    measured.b_us.push_back(b(pair));
  }
  return measured;
}

/// Calls each in turn, so that what disturbs the machine disturbs all. The same contract as in_turn; gives the samples
/// of each.
inline std::vector<std::vector<double>> all_in_turn(std::size_t rounds,
                                                    const std::vector<std::function<double(std::size_t)>>& calls) {
  std::vector<std::vector<double>> samples(calls.size());
  for (auto& each : samples) each.reserve(rounds);
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t index = 0; index < calls.size(); ++index) samples[index].push_back(calls[index](round));
  return samples;
}

/// Keeps this thread, and every thread of a server, on the same core while it lives; the server's new ones follow.
class OneCore {
 public:
  explicit OneCore(pid_t server = 0);
  ~OneCore();
  OneCore(const OneCore&) = delete;
  OneCore& operator=(const OneCore&) = delete;

 private:
  pid_t server_;
};

}  // namespace bench
