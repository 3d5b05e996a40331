#include "serving.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace bench {
namespace {

namespace json = boost::json;

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What follows `label` and spaces, up to white space.
std::string word_after(const std::string& output, const std::string& label) {
  const auto at = output.find(label);
  if (at == std::string::npos) throw std::runtime_error("no '" + label + "' in: " + output);
  const auto begin = output.find_first_not_of(' ', at + label.size());
  return output.substr(begin, output.find_first_of(" \n", begin) - begin);
}

}  // namespace

std::filesystem::path for_load(const std::filesystem::path& config) {
  json::object object = json::parse(content_of(config)).as_object();
  object["hdhost"].as_object()["rates"] = json::object{{"webhook_per_s", 0}, {"caller_per_s", 0}};
  std::ofstream(config) << json::serialize(object) << '\n';
  return config;
}

std::string desk_secret(const std::filesystem::path& config) {
  std::string secret = content_of(config.parent_path() / "desk_token");
  while (secret.ends_with('\n')) secret.pop_back();
  return secret;
}

WebhookAccount add_account(const std::filesystem::path& config, const std::string& name) {
  const std::string command = fmt::format("'{}' account add generic {} --provider webdesk --config '{}' 2>&1",
                                          IDENTITIES_PROGRAM, name, config.string());
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char buffer[4096];
  for (std::size_t size = 0; (size = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, size);
  if (::pclose(pipe) != 0) throw std::runtime_error(command + " failed: " + output);
  const std::string address = word_after(output, "address");
  return {address.substr(address.find("/hooks/")), word_after(output, "secret")};
}

}  // namespace bench
