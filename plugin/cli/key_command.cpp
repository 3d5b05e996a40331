#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "accounts/master_keys.hpp"
#include "accounts/sealed_secret.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/private_file.hpp"
#include "core/base64.hpp"
#include "store/key_rotation.hpp"

namespace identities::cli {
namespace {

using accounts::MasterKeyList;

std::string file_text(const MasterKeyList& keys) {
  std::string text;
  for (const std::string& key : keys) text += base64_encode(key) + "\n";
  return text;
}

/// A secret that no key opens cannot be sealed again, and would be lost for good with the old key.
void require_all_open(const std::vector<store::StoredSecret>& secrets, const MasterKeyList& keys) {
  for (const store::StoredSecret& secret : secrets)
    if (!accounts::unseal_any(keys, secret.account, secret.sealed))
      throw std::runtime_error(fmt::format(
          "a secret of account {} opens with no key of the file; put its key into the file as a further line, or give "
          "the account a new secret by 'identities account rotate {}' and remove the old one. Nothing was changed",
          secret.account_name, secret.account_name));
}

/// What the newest key of the file is, before anything changes.
enum class Front : std::uint8_t {
  kMade,   // by a run that was broken off, or that only prepared it: nothing is sealed by it yet
  kTaken,  // everything is sealed by it: a run was broken off before it took the older ones out of the file
  kInUse,  // one like the others, also where an administrator put a lost key beside it
};

Front front_of(const MasterKeyList& keys, std::string_view recorded, const std::vector<store::StoredSecret>& secrets) {
  if (keys.size() == 1) return Front::kInUse;
  const auto opened = std::count_if(secrets.begin(), secrets.end(), [&](const store::StoredSecret& secret) {
    return accounts::unseal(keys.front(), secret.account, secret.sealed).has_value();
  });
  if (accounts::fingerprint(keys.front()) != recorded) return opened == 0 ? Front::kMade : Front::kInUse;
  return opened == std::ssize(secrets) ? Front::kTaken : Front::kInUse;
}

struct Rotation {
  std::filesystem::path file;
  store::Pool& pool;
  bool only_ends = false;  // what an earlier run had done but for the file

  template <typename Work>
  auto in_database(Work&& work) {
    return pool.with_command(pool.clock().monotonic_us() + kCommandUs, std::forward<Work>(work));
  }

  std::string recorded() {
    return in_database([](store::Session& session) { return store::recorded_master_key(session); });
  }

  /// Makes the new key, unless an earlier run has done so. ends: where such a run was broken off in the end, nothing
  /// else is wanted than to end it. Returns what the file holds then.
  MasterKeyList prepare(MasterKeyList keys, bool ends) {
    const std::string named = recorded();
    if (accounts::sealing_key(keys, named) == nullptr)
      throw std::runtime_error(
          fmt::format("{} does not hold the key {} that the database's secrets are sealed by; copy the file from the "
                      "machine where the key was rotated",
                      file.string(), named));
    const auto secrets = in_database([](store::Session& session) { return store::read_secrets(session); });
    require_all_open(secrets, keys);
    const Front front = front_of(keys, named, secrets);
    only_ends = ends && front == Front::kTaken;
    if (front == Front::kMade || only_ends) return keys;
    if (keys.size() == accounts::kMaxMasterKeys)
      throw std::runtime_error(
          fmt::format("{}: expected at most {} keys, found {}: there is no room for a new one. Remove a line whose key "
                      "seals nothing; "
                      "'identities config check' tells whether every secret still opens. Nothing was changed",
                      file.string(), accounts::kMaxMasterKeys - 1, keys.size()));
    keys.insert(keys.begin(), random_key());
    replace_private(file, file_text(keys));
    return keys;
  }

  /// Seals every secret by the newest key, in one transaction. Returns how many were sealed by another.
  std::size_t seal_again(const MasterKeyList& keys) {
    return in_database([&](store::Session& session) {
      store::Transaction transaction(session, store::Transaction::Kind::kWrite);
      store::lock_secrets(session);
      const auto secrets = store::read_secrets(session);
      require_all_open(secrets, keys);
      std::size_t changed = 0;
      for (const store::StoredSecret& secret : secrets) {
        if (accounts::unseal(keys.front(), secret.account, secret.sealed)) continue;
        const auto plain = accounts::unseal_any(keys, secret.account, secret.sealed);
        store::replace_secret(session, secret.id, accounts::seal(keys.front(), secret.account, *plain));
        ++changed;
      }
      store::record_master_key(session, accounts::fingerprint(keys.front()));
      transaction.commit();
      return changed;
    });
  }
};

}  // namespace

void key_rotate(const std::filesystem::path& config, bool prepare_only) {
  const Configuration configuration = read_configuration(config);
  const std::filesystem::path file = secret_file_of(config, "master_key");
  const FolderLock lock(file.parent_path(), "rotates the key");
  const Clock clock = system_clock();
  store::Pool pool(store::opener(configuration.database, clock), clock, 1);
  Rotation rotation{file, pool};
  const MasterKeyList keys = rotation.prepare(require_master_keys(config), !prepare_only);
  const std::string name = accounts::fingerprint(keys.front());
  if (prepare_only) {
    fmt::print(
        "{} holds the new key {} beside the old one, which still seals.\nCopy it to every machine that serves this "
        "database, then run 'identities key rotate' here.\n",
        file.string(), name);
    return;
  }
  const std::size_t changed = rotation.seal_again(keys);
  replace_private(file, file_text({keys.front()}));
  if (rotation.only_ends) {
    fmt::print(
        "Ended a rotation that had been broken off, and made no new key: {} holds the master key {} alone.\nRun "
        "'identities key rotate' again for another.\n",
        file.string(), name);
    return;
  }
  fmt::print(
      "Sealed {} secrets by the new master key {}; {} holds it alone.\nServers read it by themselves. Copy the file to "
      "where you keep it apart from the database, and to the other machines that serve it.\n",
      changed, name, file.string());
}

}  // namespace identities::cli
