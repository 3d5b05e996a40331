// Method: a text as a cursor of the history, as an id and as a time. What is understood is written and read again the
// same.
#include "core/ids.hpp"
#include "core/timestamp.hpp"
#include "panel/asking.hpp"
#include "properties.hpp"

namespace {

using namespace identities;
using store::HistoryCursor;

bool same(const HistoryCursor& a, const HistoryCursor& b) {
  return a.direction == b.direction && a.occurred_us == b.occurred_us && a.id == b.id;
}

void check_cursor(std::string_view text) {
  const auto cursor = panel::parse_history_cursor(text);
  if (!cursor) return;
  fuzz::require(cursor->id >= 0, "a cursor's id is not negative", text);
  const std::string written = panel::history_cursor(cursor->direction, cursor->occurred_us, cursor->id);
  const auto again = panel::parse_history_cursor(written);
  fuzz::require(again && same(*again, *cursor), "a cursor that is written again is the same", written);
  fuzz::require(written.size() <= 64, "a cursor fits into a request", written);
}

void check_id(std::string_view text) {
  const auto id = parse_id(text);
  if (!id) return;
  fuzz::require(*id >= 0, "an id is not negative", text);
  fuzz::require(parse_id(std::to_string(*id)) == id, "an id that is written again is the same", text);
}

void check_time(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (!time) return;
  const std::string written = format_rfc3339(*time);
  fuzz::require(parse_rfc3339(written) == time, "a time that is written again is the same", written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_cursor(text);
  check_id(text);
  check_time(text);
  return 0;
}
