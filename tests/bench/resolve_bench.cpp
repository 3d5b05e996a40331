// resolve.known: who is that, for an identifier that somebody holds.
#include <fmt/format.h>

#include <random>

#include "core/identifier.hpp"
#include "maria.hpp"
#include "mariadb_data.hpp"
#include "report.hpp"
#include "store/database_url.hpp"
#include "store/identity_reader.hpp"
#include "store/pool.hpp"

namespace bench {
namespace {

namespace json = boost::json;
using identities::IdentifierKind;

constexpr identities::Microseconds kPatienceUs = 10 * identities::kSecondUs;
constexpr std::string_view kBare = "SELECT identity_id FROM identifier WHERE kind = ? AND value = ?";

/// Writes a phone number as people do: +49 30 123-456.
std::string spaced(const std::string& phone) {
  return fmt::format("{} {} {}-{}", phone.substr(0, 3), phone.substr(3, 2), phone.substr(5, 4), phone.substr(9));
}

struct Known {
  std::string written;  // as it comes with a ticket
  std::string key;      // as it is stored
};

std::vector<Known> known_of(IdentifierKind kind) {
  std::vector<Known> known;
  for (std::size_t index = 0; index < kProbes; ++index) {
    const Customer customer = probe(index);
    if (kind == IdentifierKind::kEmail)
      known.push_back({fmt::format("{} <{}>", customer.name, customer.email), customer.email});
    else if (!customer.phone.empty())
      known.push_back({spaced(customer.phone), customer.phone});
  }
  return known;
}

Pairs measure(identities::store::Pool& pool, Maria& maria, IdentifierKind kind, std::size_t pairs) {
  const std::vector<Known> known = known_of(kind);
  const std::string name(identities::name_of(kind));
  MariaStatement bare(maria, kBare);
  std::mt19937 random(11);
  std::vector<std::size_t> order(pairs);
  for (std::size_t& each : order) each = random() % known.size();

  const auto by_store = [&](const Known& asked) {
    bool found = false;
    const double took_us = timed_us([&] {
      const auto key = kind == IdentifierKind::kEmail ? identities::normalise_email(asked.written)
                                                      : identities::normalise_phone(asked.written);
      if (!key) return;
      found = pool.with_session(pool.clock().monotonic_us() + kPatienceUs, [&](identities::store::Session& session) {
        return identities::store::resolve(session, kind, *key, 0).has_value();
      });
    });
    if (!found) throw std::runtime_error("the store does not know a probed " + name);
    return took_us;
  };
  const auto by_hand = [&](const Known& asked) {
    bool found = false;
    const double took_us = timed_us([&] {
      bare.execute(name, asked.key);
      found = bare.step();
      bare.finish();
    });
    if (!found) throw std::runtime_error("the flat schema does not know a probed " + name);
    return took_us;
  };
  for (const Known& each : known) {  // brings the pages into memory
    by_store(each);
    by_hand(each);
  }
  return in_turn(
      pairs, [&](std::size_t pair) { return by_store(known[order[pair]]); },
      [&](std::size_t pair) { return by_hand(known[order[(pair + pairs / 2) % pairs]]); });
}

}  // namespace

// Misses its bar when a look-up takes a second round trip, sends its statement as text again, begins a transaction that
// it does not need, or reads more rows than the value's; or when normalising costs more than some microseconds.
std::vector<Result> resolve_known(const Options& options, DatabaseKind) {
  MariadbData& data = MariadbData::of(options);
  const Twin twin = data.twin(dataset(options.data, options.engagements));
  const identities::Clock clock = identities::system_clock();
  identities::store::Pool pool(
      identities::store::opener(identities::store::parse_database_url(data.server().url(twin.ours)), clock), clock, 1);
  Maria maria(data.server().socket(), twin.flat);
  const OneCore core(data.server().pid());
  const Pairs email = measure(pool, maria, IdentifierKind::kEmail, options.pairs);
  const Pairs phone = measure(pool, maria, IdentifierKind::kPhone, options.pairs);
  json::object detail = data.about(twin);
  detail["engagements"] = options.engagements;
  detail["email"] = spread(email, "store", "bare");
  detail["phone"] = spread(phone, "store", "bare");
  Result result = ratio_below("resolve.known", email.ratio(), 1.5, std::move(detail));
  result.unit = "x bare";
  return {std::move(result)};
}

}  // namespace bench
