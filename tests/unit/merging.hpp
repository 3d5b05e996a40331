// Identities in a real database, merged, split and undone by the store's own commands, and what stands then as text
// that can be compared. One thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "database.hpp"
#include "store/identity_log.hpp"
#include "store/identity_reader.hpp"
#include "store/merging.hpp"
#include "store/suggestions.hpp"

namespace identities::unit {

struct MergingDatabase : Database {
  /// A record with these identifiers, written as its source would; its identity.
  Id observe(const std::string& record, const std::string& name, std::vector<GivenIdentifier> identifiers,
             std::size_t account = 0, Microseconds at_us = kNow);
  Id observe(const std::string& record, const std::string& name, std::vector<std::string> emails,
             std::size_t account = 0);
  /// Writes a message of that record, and a note on it.
  void write_facts(const std::string& record, std::size_t account = 0);

  Id record_id(const std::string& record);
  Id identity_of(const std::string& record);
  bool same(const std::string& left, const std::string& right) { return identity_of(left) == identity_of(right); }

  /// Runs a command in a transaction of its own.
  template <typename Work>
  IdentityEvent command(Work&& work) {
    store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
    store::WriteBatch batch(*session_);
    store::Merging merging(batch, ++now_us_, "agent:mia");
    IdentityEvent event = work(merging);
    batch.commit(transaction);
    return event;
  }
  IdentityEvent merge(const std::string& left, const std::string& right) {
    return command([&](store::Merging& merging) { return merging.merge(identity_of(left), identity_of(right), {}); });
  }
  IdentityEvent split(const std::string& from, const std::set<std::string>& records);
  IdentityEvent undo(Id event) {
    return command([&](store::Merging& merging) { return merging.undo(event); });
  }

  /// Who is whom, where each retired id leads, which identifiers are off, what is kept apart: all that an exact undo
  /// brings back, by the names of the records.
  std::vector<std::string> state(bool with_cannot_links = true);
  /// The membership that the log's deltas give.
  std::vector<std::string> folded();
  /// The membership as it is stored.
  std::vector<std::string> stored();
  /// Facts with the record that each hangs on.
  std::vector<std::string> facts();
  /// What does not hold; empty when all does.
  std::string broken();

  std::vector<std::string> texts(const std::string& sql);
};

}  // namespace identities::unit
