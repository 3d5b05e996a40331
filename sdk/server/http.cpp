#include "http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>

namespace hdhost {
namespace {

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Unique in this process and, by its random beginning, among processes.
std::string new_request_id() {
  static const std::uint32_t process = std::random_device{}();
  static std::atomic<std::uint64_t> count = 0;
  return fmt::format("{:08x}-{:x}", process, ++count);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

Head::Head(std::string_view method, std::string_view target, const Fields& fields, std::string peer,
           bool on_status_port)
    : peer_(std::move(peer)), on_status_port_(on_status_port) {
  std::size_t total = method.size() + target.size();
  for (const auto& [name, value] : fields) total += name.size() + value.size();
  bytes_.reserve(total);  // so that the views below stay valid while it fills
  const auto keep = [this](std::string_view text) {
    const std::size_t from = bytes_.size();
    bytes_.append(text);
    return std::string_view(bytes_.data() + from, text.size());
  };
  method_ = keep(method);
  const std::string_view whole = keep(target);
  const std::size_t question = whole.find('?');
  path_ = whole.substr(0, question);
  if (question != std::string_view::npos) query_ = whole.substr(question + 1);
  headers_.reserve(fields.size());
  for (const auto& [name, value] : fields) {
    const std::size_t from = bytes_.size();
    const std::string_view key = keep(name);
    std::transform(key.begin(), key.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(from), lower);
    const std::string_view content = keep(value);
    headers_.push_back({{key.data(), key.size()}, {content.data(), content.size()}});
  }
  const std::string_view wanted = header("x-request-id");
  request_id_ = is_request_id(wanted) ? std::string(wanted) : new_request_id();
}

std::string_view Head::header(std::string_view lower_case_name) const {
  for (const hd_header& entry : headers_) {
    if (std::string_view(entry.name.data, entry.name.size) == lower_case_name)
      return {entry.value.data, entry.value.size};
  }
  return {};
}

std::size_t Head::count(std::string_view lower_case_name) const {
  return static_cast<std::size_t>(std::count_if(headers_.begin(), headers_.end(), [&](const hd_header& entry) {
    return std::string_view(entry.name.data, entry.name.size) == lower_case_name;
  }));
}

}  // namespace hdhost
