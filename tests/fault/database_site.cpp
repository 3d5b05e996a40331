#include "database_site.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "test_database.hpp"

namespace fault {
namespace {

namespace json = boost::json;

json::object asking() {
  return {{"requester",
           json::array{json::object{{"kind", "email"}, {"value", "ada@customer.example"}, {"role", "requester"}}}},
          {"ticket", json::object{{"account", "shop"}, {"thread", "t-1"}}},
          {"agent", json::object{{"id", "mia"}, {"name", "Mia"}, {"locale", "en"}, {"time_zone", "Europe/Berlin"}}},
          {"scopes", json::array{"identity.see", "note.write"}},
          {"view", json::object{{"all", true}}}};
}

json::object read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object();
}

void write_json(const std::filesystem::path& path, const json::object& object) {
  std::ofstream(path) << json::serialize(object);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::size_t entries_of(const char* folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

Host::Host(const std::filesystem::path& config) {
  hd_error error{};
  host_.reset(hd_host_open(MANIFEST_FILE, config.c_str(), nullptr, &error));
  if (host_ == nullptr) throw std::runtime_error(std::string("the plugin was refused: ") + error.message);
}

Answer Host::call(std::int32_t kind, std::string_view id, const std::string& request, std::int64_t budget_ms) const {
  Answer answer;
  char* reply = nullptr;
  std::uint64_t size = 0;
  hd_error error{};
  const auto begin = std::chrono::steady_clock::now();
  answer.status = hd_host_call(host_.get(), kind, id.data(), id.size(), request.data(), request.size(), budget_ms,
                               &reply, &size, &error);
  answer.took_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  if (answer.status == HD_OK)
    answer.reply.assign(reply, size);
  else
    answer.message = error.message;
  hd_host_free(reply);
  return answer;
}

Answer Host::panel(std::int64_t budget_ms) const {
  return call(HD_PANEL, "sidebar", json::serialize(asking()), budget_ms);
}

Answer Host::event(const std::string& message_id, std::int64_t budget_ms) const {
  const json::object request = {{"account", "shop"}, {"items", json::array{integration::message(message_id)}}};
  return call(HD_EVENT, "engagement", json::serialize(request), budget_ms);
}

Answer Host::note(const std::string& key, std::int64_t budget_ms) const {
  json::object request = asking();
  request["action"] = "note.add";
  request["key"] = key;
  request["args"] = json::object{{"text", "likes to be called"}};
  return call(HD_ACTION, "note.add", json::serialize(request), budget_ms);
}

Site::Site() : proxy(server.socket()) {
  server.make_database("identities");
  installation = std::make_unique<integration::Installation>(server.url("identities"));
  account = installation->add_account("shop");
}

std::filesystem::path Site::config_for(const std::string& database_url) const {
  static int made = 0;
  json::object config = read_json(installation->config_file());
  config["database"].as_object()["url"] = database_url;
  std::filesystem::path path = installation->folder() / ("other-" + std::to_string(++made) + ".json");
  write_json(path, config);
  return path;
}

void Site::shorten_webhooks() const {
  const std::filesystem::path bundle = installation->folder() / "bundle";
  const std::filesystem::path original = std::filesystem::path(MANIFEST_FILE).parent_path();
  std::filesystem::create_directory(bundle);
  for (const auto& entry : std::filesystem::directory_iterator(original))
    if (entry.path().filename() != "plugin.json")
      std::filesystem::create_symlink(entry.path(), bundle / entry.path().filename());
  json::object manifest = read_json(MANIFEST_FILE);
  manifest["webhooks"].as_array().at(0).as_object()["budget_ms"] = 3000;
  write_json(bundle / "plugin.json", manifest);
  json::object config = read_json(installation->config_file());
  config["hdhost"].as_object()["manifest"] = (bundle / "plugin.json").string();
  write_json(installation->config_file(), config);
}

std::int64_t Site::ask(const std::string& sql) const {
  return support::count(identities::store::parse_database_url(server.url("information_schema")), sql);
}

std::int64_t Site::sessions() const {
  return ask("SELECT COUNT(*) FROM processlist WHERE db = 'identities'");
}

std::size_t open_files() {
  return entries_of("/proc/self/fd");
}

std::size_t running_threads() {
  return entries_of("/proc/self/task");
}

}  // namespace fault
