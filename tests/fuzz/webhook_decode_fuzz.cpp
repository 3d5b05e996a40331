// Method: the body of a delivery, parsed and decoded. What is accepted keeps the item's schema and comes out the same
// when it is written and decoded again; what is refused says where and why, and nothing of the input.
#include <boost/json/parse.hpp>

#include "accounts/item_decoder.hpp"
#include "accounts/problem.hpp"
#include "item_json.hpp"
#include "item_schema.hpp"
#include "properties.hpp"

namespace {

namespace json = boost::json;
using namespace identities;

const accounts::Source kSource{"shop", "generic", 1'793'700'720'000'000};

std::optional<json::value> parsed(std::string_view text) {
  json::parse_options options;
  options.max_depth = kJsonDepth;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) return std::nullopt;
  return value;
}

std::string keys_of(const Item& item) {
  std::string keys;
  const auto add = [&](const Customer& customer) {
    for (const GivenIdentifier& identifier : customer.identifiers) keys += identifier.key.value_or("none") + "\n";
  };
  if (const auto* engagement = std::get_if<Engagement>(&item.content)) add(engagement->customer);
  if (const auto* profile = std::get_if<Profile>(&item.content)) add(profile->customer);
  if (const auto* attributes = std::get_if<Attributes>(&item.content)) add(attributes->customer);
  return keys;
}

void check_accepted(const Item& item, const json::value& value) {
  fuzz::require(fuzz::keeps_item_schema(value), "an accepted item keeps its schema");
  const std::string text = fuzz::to_json(item);
  const auto again = parsed(text);
  fuzz::require(again.has_value(), "an item is written as JSON", text);
  Faults faults;
  const auto decoded = accounts::decode_item(*again, "", kSource, faults);
  fuzz::require(decoded.has_value(), "what was accepted is accepted when it is written again",
                faults.empty() ? text : faults.front().pointer + " " + faults.front().expected + " in " + text);
  fuzz::require(fuzz::to_json(*decoded) == text, "what is written again decodes to the same", text);
  fuzz::require(keys_of(*decoded) == keys_of(item), "what is written again makes the same keys", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::FaultProperties properties;
  const auto body = parsed({reinterpret_cast<const char*>(data), size});
  if (!body) return 0;
  const json::array one{*body};
  const bool many = body->is_array();
  const json::array& items = many ? body->get_array() : one;
  for (std::size_t index = 0; index < items.size(); ++index) {
    Faults faults;
    const auto item = accounts::decode_item(items[index], many ? "/" + std::to_string(index) : "", kSource, faults);
    fuzz::require(item.has_value() == faults.empty(), "an item is either decoded or at fault");
    if (item) check_accepted(*item, items[index]);
    properties.check(faults, *body);
    fuzz::require(parsed(accounts::faults_json(faults)).has_value(), "faults are written as JSON");
  }
  return 0;
}
