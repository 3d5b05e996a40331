#include "store/delivery_log.hpp"

namespace identities::store {
namespace {

const Statement kFind{
    "find_delivery",
    "SELECT id, body_sha256, received_us, status, results, account_id, source_key FROM delivery WHERE "
    "{account_id = ? AND source_key = ?}"};
const Statement kInsert{"insert_delivery",
                        "INSERT INTO delivery (account_id, source_key, id, body_sha256, received_us, status, results) "
                        "VALUES {?, ?, ?, ?, ?, ?, ?}"};

Delivery delivery_of(const Row& row) {
  return {row.integer(0), std::string(row.text(1)), row.integer(2), static_cast<int>(row.integer(3)),
          std::string(row.text(4))};
}

}  // namespace

Session::AskEach ask_deliveries(std::span<const DeliveryKey> keys, std::map<DeliveryKey, Delivery>& found) {
  std::vector<std::vector<Parameter>> sets;
  for (const DeliveryKey& key : keys) sets.push_back({key.first, key.second});
  return {&kFind, std::move(sets), [&found](const Row& row) {
            found[{row.integer(5), std::string(row.text(6))}] = delivery_of(row);
          }};
}

std::optional<Delivery> find_delivery(Session& session, Id account, std::string_view source_key) {
  std::optional<Delivery> found;
  session.query(kFind, {account, source_key}, [&](const Row& row) { found = delivery_of(row); });
  return found;
}

void insert_delivery(WriteBatch& batch, Id account, std::string_view source_key, const Delivery& delivery) {
  batch.later(Stage::kRows, kInsert,
              {account, source_key, delivery.id, Blob{delivery.body_sha256}, delivery.received_us,
               std::int64_t{delivery.status}, delivery.results});
}

}  // namespace identities::store
