// problem.hpp: errors as application/problem+json (RFC 9457). No state; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "http.hpp"

namespace hdhost {

// The reason phrase of a status.
std::string_view reason_of(int status);

// `detail` says what is wrong and what to do, without personal data; `more` is added to the object.
HttpReply problem(int status, std::string_view detail, const std::string& request_id, boost::json::object more = {});

}  // namespace hdhost
