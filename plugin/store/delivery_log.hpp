// What became of each delivery, by the sender's own id: makes a repeat harmless and answers the sender's question.
// Uses the session or the batch it is given.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

struct Delivery {
  Id id = 0;
  std::string body_sha256;  // 32 bytes
  Microseconds received_us = 0;
  int status = 0;       // the HTTP status it was answered with
  std::string results;  // JSON, without personal data
};

using DeliveryKey = std::pair<Id, std::string>;  // account, source key
/// Looks up many, as one query among several; keys and found must outlive it.
Session::AskEach ask_deliveries(std::span<const DeliveryKey> keys, std::map<DeliveryKey, Delivery>& found);
std::optional<Delivery> find_delivery(Session& session, Id account, std::string_view source_key);

/// Throws Duplicate when that source key is taken. REQUIRES: inside a write transaction.
void insert_delivery(WriteBatch& batch, Id account, std::string_view source_key, const Delivery& delivery);

}  // namespace identities::store
