// schema_check.hpp: JSON Schema (draft 7) by valijson, in a translation unit of its own because it is slow to compile.
// Borrows everything for the call; safe on any thread.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "result.hpp"

namespace helpdesk {

// Nothing when the document keeps the schema; else the first fault with its JSON Pointer, expected and found. A schema
// that cannot be read is refused too.
std::optional<Refusal> check_schema(const boost::json::object& document, const std::string& document_name,
                                    const boost::json::object& schema, const std::string& schema_name);

// Every fault, each once: those that only say that something below them is wrong are left out.
std::vector<Refusal> schema_faults(const boost::json::object& document, const std::string& document_name,
                                   const boost::json::object& schema, const std::string& schema_name);

}  // namespace helpdesk
