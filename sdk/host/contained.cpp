#include "contained.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "json_fields.hpp"

namespace helpdesk {
namespace {

thread_local const char* running_name = nullptr;

}  // namespace

std::string clean_line(std::string_view text) {
  namespace json = boost::json;
  std::string line = one_line(std::string(text));
  json::error_code ec;
  json::parse(json::serialize(json::value(line)), ec);
  if (!ec) return line;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return line;
}

std::string current_exception_type() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "a foreign exception";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status),
                                                         &std::free);
  return std::string("an exception of type ") + (name ? name.get() : type->name());
}

bool ErrorRoom::overrun() const {
  return std::any_of(bytes_.begin() + sizeof(hd_error) - 1, bytes_.end(), [](char c) { return c != '\0'; });
}

std::string ErrorRoom::message() const {
  if (overrun()) return "the plugin's error message: expected at most 255 bytes and a 0, found more";
  return clean_line(bytes_.data());
}

Running::Running(const char* name) : before_(std::exchange(running_name, name)) {}

Running::~Running() {
  running_name = before_;
}

const char* Running::name() {
  return running_name;
}

}  // namespace helpdesk
