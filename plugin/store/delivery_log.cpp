#include "store/delivery_log.hpp"

namespace identities::store {
namespace {

const Statement kFind{
    "find_delivery",
    "SELECT id, body_sha256, received_us, status, results FROM delivery WHERE account_id = ? AND source_key = ?"};
const Statement kInsert{"insert_delivery",
                        "INSERT INTO delivery (account_id, source_key, id, body_sha256, received_us, status, results) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?)"};

}  // namespace

std::optional<Delivery> find_delivery(Session& session, Id account, std::string_view source_key) {
  std::optional<Delivery> found;
  session.query(kFind, {account, source_key}, [&](const Row& row) {
    found = Delivery{row.integer(0), std::string(row.text(1)), row.integer(2), static_cast<int>(row.integer(3)),
                     std::string(row.text(4))};
  });
  return found;
}

void insert_delivery(Session& session, Id account, std::string_view source_key, const Delivery& delivery) {
  session.execute(kInsert, {account, source_key, delivery.id, Blob{delivery.body_sha256}, delivery.received_us,
                            std::int64_t{delivery.status}, delivery.results});
}

}  // namespace identities::store
