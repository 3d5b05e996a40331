#include "item_schema.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include "properties.hpp"

namespace fuzz {

bool keeps_item_schema(const boost::json::value& item) {
  static const valijson::Schema* const schema = [] {
    std::ifstream file(MANIFEST_FOLDER "/schemas/engagement.json");
    require(file.good(), "the item's schema can be read");
    const boost::json::value text = boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    auto* compiled = new valijson::Schema;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::BoostJsonAdapter(text), *compiled);
    return compiled;
  }();
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  return validator.validate(*schema, valijson::adapters::BoostJsonAdapter(item), nullptr);
}

}  // namespace fuzz
