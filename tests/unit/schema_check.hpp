// JSON against the schemas of manifest/.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace identities::unit {

/// manifest/schemas/NAME.
boost::json::value schema_of(const char* name);

/// What in the document breaks the schema; empty when nothing does.
std::string breaks(const boost::json::value& document, const boost::json::value& schema);

}  // namespace identities::unit
