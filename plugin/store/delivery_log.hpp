// What became of each delivery, by the sender's own id: makes a repeat harmless and answers the sender's question.
// Uses the session it is given.
#pragma once

#include <optional>
#include <string>

#include "core/ids.hpp"
#include "store/session.hpp"

namespace identities::store {

struct Delivery {
  Id id = 0;
  std::string body_sha256;  // 32 bytes
  Microseconds received_us = 0;
  int status = 0;       // the HTTP status it was answered with
  std::string results;  // JSON, without personal data
};

std::optional<Delivery> find_delivery(Session& session, Id account, std::string_view source_key);

/// Throws Duplicate when that source key is taken. REQUIRES: inside a write transaction.
void insert_delivery(Session& session, Id account, std::string_view source_key, const Delivery& delivery);

}  // namespace identities::store
