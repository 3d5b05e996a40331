#include "dataset.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <random>

namespace bench {
namespace {

// Numbers of customers that no other customer reaches.
constexpr std::uint32_t kFirstProbe = 100'000'000;
constexpr std::uint32_t kFirstLong = 110'000'000;
constexpr std::uint32_t kFirstOverEight = 120'000'000;
constexpr std::size_t kEngagementsOfIdentity = 10;  // as in the peers' data

/// How many engagements each of the other customers has: customer n * u^3 for a uniform u, as in the peers' data.
std::vector<std::size_t> skewed(std::size_t engagements) {
  std::vector<std::size_t> counts(engagements / kEngagementsOfIdentity);
  std::mt19937_64 random(20240101);
  for (std::size_t made = 0; made < engagements; ++made) {
    const double u = static_cast<double>(random() >> 11U) * 0x1.0p-53;
    ++counts[static_cast<std::size_t>(static_cast<double>(counts.size()) * u * u * u)];
  }
  return counts;
}

}  // namespace

Customer probe(std::size_t index) {
  return make_customer(kFirstProbe + static_cast<std::uint32_t>(index), kProbed);
}

Customer long_history(std::size_t index, bool over_eight) {
  return make_customer((over_eight ? kFirstOverEight : kFirstLong) + static_cast<std::uint32_t>(index),
                       over_eight ? kLongOverEight : kLong);
}

Dataset dataset(const std::filesystem::path& parent, std::size_t others) {
  std::filesystem::create_directories(parent);
  Dataset made{std::filesystem::absolute(parent) / std::to_string(others), others};
  const std::filesystem::path mark = made.folder / "complete";
  if (std::filesystem::exists(mark)) return made;
  std::filesystem::remove_all(made.folder);
  fmt::print(stderr, "making the databases with {} engagements ...\n", others);
  installation(made.folder);
  OurWriter ours(made.ours());
  FlatWriter flat(made.flat());
  const auto write = [&](Customer customer) {
    ours.write(customer);
    flat.write(customer);
  };
  const std::vector<std::size_t> counts = skewed(others);
  // The probes stand among the others, not side by side, as customers do.
  const std::size_t between = std::max<std::size_t>(1, counts.size() / kProbes);
  std::size_t probes = 0;
  for (std::size_t index = 0; index < counts.size() || probes < kProbes; ++index) {
    if (probes < kProbes && index % between == between - 1) write(probe(probes++));
    if (index < counts.size())
      write(make_customer(static_cast<std::uint32_t>(index), {.records = 1, .messages = counts[index]}));
  }
  for (std::size_t index = 0; index < kLongHistories; ++index) {
    write(long_history(index, false));
    write(long_history(index, true));
  }
  ours.finish(false);
  flat.finish();
  std::ofstream(mark) << others << '\n';
  return made;
}

}  // namespace bench
