#include "cards.hpp"

#include <fmt/format.h>

#include "core/identifier.hpp"
#include "store/accounts.hpp"
#include "store/opening_card.hpp"
#include "store/pool.hpp"
#include "store/rekeying.hpp"

namespace bench {
namespace {

namespace store = identities::store;
using identities::Id;

constexpr identities::Microseconds kPatienceUs = 60 * identities::kSecondUs;
constexpr std::size_t kRowsOfPage = 50;

const store::Statement kAll{"all_identities", "SELECT id FROM identity ORDER BY id"};
const store::Statement kDrop{"drop_all_cards", "DELETE FROM opening_card"};

struct Database {
  explicit Database(const store::DatabaseUrl& url)
      : clock(identities::system_clock()), pool(store::opener(url, clock), clock, 1) {}

  template <typename Work>
  auto with(Work&& work) {
    return pool.with_command(clock.monotonic_us() + kPatienceUs, work);
  }
  bool write(Id identity) {
    return with([&](store::Session& session) { return store::write_card(session, identity, kRowsOfPage); });
  }

  identities::Clock clock;
  store::Pool pool;
};

}  // namespace

void write_cards(const store::DatabaseUrl& url, std::span<const std::string> emails) {
  Database database(url);
  for (const std::string& email : emails) {
    const std::string key = identities::normalise_email(email).value();
    const auto ref = database.with(
        [&](store::Session& session) { return store::resolve(session, identities::IdentifierKind::kEmail, key, 0); });
    if (!ref || !database.write(ref->id)) throw std::runtime_error(fmt::format("no card was written for {}", email));
  }
}

std::size_t write_all_cards(const store::DatabaseUrl& url) {
  Database database(url);
  const auto all = database.with([](store::Session& session) {
    std::vector<Id> ids;
    session.query(kAll, {}, [&](const store::Row& row) { ids.push_back(row.integer(0)); });
    return ids;
  });
  std::size_t written = 0;
  for (const Id identity : all) written += database.write(identity) ? 1 : 0;
  return written;
}

std::int64_t rekey_all(const store::DatabaseUrl& url) {
  Database database(url);
  store::AccountDirectory directory;
  std::int64_t values = 0;
  for (bool done = false; !done;)
    done = database.with([&](store::Session& session) {
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      const auto accounts = directory.current(session, store::read_settings(session));
      const store::Rekeyed rekeyed = store::rekey_some(session, *accounts);
      transaction.commit();
      values += rekeyed.values;
      return rekeyed.done;
    });
  return values;
}

void drop_cards(const store::DatabaseUrl& url) {
  Database(url).with([](store::Session& session) {
    store::Transaction transaction(session, store::Transaction::Kind::kWrite);
    session.execute(kDrop, {});
    transaction.commit();
    return true;
  });
}

}  // namespace bench
