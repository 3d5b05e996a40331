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

Session::Ask ask_delivery(Id account, std::string_view source_key, std::optional<Delivery>& found) {
  return {&kFind, {account, source_key}, [&found](const Row& row) {
            found = Delivery{row.integer(0), std::string(row.text(1)), row.integer(2), static_cast<int>(row.integer(3)),
                             std::string(row.text(4))};
          }};
}

std::optional<Delivery> find_delivery(Session& session, Id account, std::string_view source_key) {
  std::optional<Delivery> found;
  const Session::Ask ask = ask_delivery(account, source_key, found);
  session.query(*ask.statement, ask.parameters, ask.each);
  return found;
}

void insert_delivery(WriteBatch& batch, Id account, std::string_view source_key, const Delivery& delivery) {
  batch.later(Stage::kRows, kInsert,
              {account, source_key, delivery.id, Blob{delivery.body_sha256}, delivery.received_us,
               std::int64_t{delivery.status}, delivery.results});
}

}  // namespace identities::store
