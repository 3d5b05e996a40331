// result.hpp: expected failures of the host side. A Refusal is one line for the person who runs the host: which file or
// setting, what was expected, what was found. It owns its text and holds no secret and no personal data.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace helpdesk {

struct Refusal {
  std::string message;
};

// Found by result<T>::value(), which is for callers that know that there is a value.
[[noreturn]] inline void throw_exception_from_error(const Refusal& refusal, const boost::source_location&) {
  throw std::logic_error(refusal.message);
}

// A result of text is made as {boost::system::in_place_value, text}: text alone could be either side.
template <typename T>
using result = boost::system::result<T, Refusal>;

}  // namespace helpdesk
