// Deliveries on their way into the database. Those that come while others are being stored are stored together, in one
// transaction, so that they share its round trips and its flush; each has its own outcome. What is large, what has
// little time left, and what could not be stored with the others goes by itself, beside them. Thread-safe.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/gathering.hpp"
#include "accounts/problem.hpp"
#include "core/engagement.hpp"
#include "store/accounts.hpp"
#include "store/delivery_log.hpp"
#include "store/pool.hpp"

namespace identities::accounts {

/// Items in one delivery: what one transaction holds without making others wait long.
constexpr std::size_t kMaxItems = 500;

/// One element of a delivery: an item, or what is wrong with it.
struct Decoded {
  std::optional<Item> item;
  Faults faults;
};

/// Decodes one item, or each of an array.
std::vector<Decoded> decode_items(const boost::json::value& value, const store::Account& account,
                                  const ResolutionRules& rules, Microseconds now_us);

/// What the items will ask for.
void expect(std::vector<store::WriteBatch::Expected>& expected, const store::Account& account,
            const std::vector<Decoded>& decoded);

/// Puts what the items change into the batch. Returns what became of each, a JSON array.
std::string apply_items(store::WriteBatch& batch, const store::Account& account, Microseconds now_us,
                        const std::vector<Decoded>& decoded);

/// A delivery whose signature and shape are good.
struct Received {
  const store::Account& account;
  std::int64_t settings_version;  // that the account was read with
  std::string_view id;            // webhook-id
  std::string sha256;
  Microseconds now_us;
  const std::vector<Decoded>& decoded;
  std::size_t bytes;  // of its body
  std::string_view request_id;
  Microseconds deadline_us;
};

enum class Fate {
  kStored,
  kDuplicate,        // the same was stored before
  kIdReused,         // another body was stored under that id
  kSettingsChanged,  // since the account was read: nothing is stored
};

struct Stored {
  Fate fate = Fate::kStored;
  store::Delivery delivery;  // with kStored and kDuplicate
};

class Intake {
 public:
  explicit Intake(store::Pool& pool);

  /// Durable when it returns kStored or kDuplicate. Throws what Pool::with_command throws; nothing is stored then, or,
  /// when the connection was lost at the commit, perhaps.
  Stored store(const Received& received);
  /// What store would answer, with nothing stored and no look at earlier deliveries.
  Stored try_out(const Received& received);

 private:
  struct Job;
  void store_together(std::span<Job* const> jobs);
  /// A transaction for these.
  void store_now(std::span<Job* const> jobs);
  template <typename Attempt>
  void by_turns(Job& job, const Attempt& attempt);

  store::Pool& pool_;
  Gathering<Job> together_;
  Gathering<Job> alone_;
};

}  // namespace identities::accounts
