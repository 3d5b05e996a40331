// The card of an identity: what read_opening gives, kept in one row, so that opening it again costs one look-up. A card
// of the identity's version is true: whatever changes an identity raises its version and deletes its card in the same
// transaction (WriteBatch::touch), and only a job writes one. It holds nothing that the tables do not, and goes
// with the identity.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "store/opening_reader.hpp"

namespace identities::store {

/// The opening as bytes. Nothing when it is not whole (more threads, triggers or records than are read at once).
std::optional<std::string> encode_card(const Opening& opening);

/// Fills records, identifiers, notes, attributes, threads, triggers and page. False when the bytes are not a card of
/// this version; then the opening is as it was.
bool decode_card(std::string_view bytes, Opening& opening);

/// Reads the identity and writes its card, unless it changed meanwhile or is too large for one. Returns whether it
/// wrote. REQUIRES: outside a transaction.
bool write_card(Session& session, Id identity, std::size_t rows);

/// Identities that were opened without a card. Bounded: what does not fit comes again at its next opening. Thread-safe.
class WantedCards {
 public:
  static constexpr std::size_t kMost = 4096;

  void add(Id identity);
  /// Takes one out; 0 when there is none.
  Id take();

 private:
  std::mutex mutex_;  // guards wanted_
  std::set<Id> wanted_;
};

}  // namespace identities::store
