// manifest/schemas/engagement.json, compiled once. A translation unit of its own, because valijson is slow to compile.
#pragma once

#include <boost/json/value.hpp>

namespace fuzz {

bool keeps_item_schema(const boost::json::value& item);

}  // namespace fuzz
