// The smallest whole plugin: one panel that greets a ticket's first requester. The Greeter lives from create to
// destroy; its handler runs on any of the host's threads, several at once, so it changes nothing.
#include <boost/json.hpp>
#include <helpdesk/plugin.hpp>

namespace json = boost::json;

namespace {

// The one JSON object that the text is. hd::Error is the answer to whoever sent it: a status and what to do.
json::object object_of(std::string_view text, hd_status otherwise) {
  json::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec || !value.is_object()) throw hd::Error(otherwise, "/: expected one JSON object, found something else");
  return std::move(value.as_object());
}

// The text at that JSON Pointer, or nothing.
std::string_view text_at(const json::value& value, std::string_view pointer) {
  json::error_code ec;
  const json::value* const found = value.find_pointer(pointer, ec);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

class Greeter {
 public:
  // Reads the configuration and registers what the manifest declares. No I/O: a fork may follow.
  static std::unique_ptr<Greeter> create(hd::Host& host, std::string_view config) {
    const json::value settings = object_of(config, HD_INVALID);
    const std::string_view word = text_at(settings, "/word");
    if (word.empty()) throw hd::Error(HD_INVALID, "/word: expected how a greeting begins, found nothing");
    auto greeter = std::make_unique<Greeter>(std::string(word));
    host.add(HD_PANEL, "greeting",
             [self = greeter.get()](const hd::Call& call, hd::Reply& reply) { self->greet(call, reply); });
    return greeter;
  }

  explicit Greeter(std::string word) : word_(std::move(word)) {}

  void start() {}              // opens what the handlers need, in each serving process
  void ready(std::int64_t) {}  // throws HD_UNAVAILABLE while what they need is away
  void stop() {}               // after the last handler has returned

 private:
  void greet(const hd::Call& call, hd::Reply& reply) const {
    const json::value request = object_of(call.body(), HD_UNPROCESSABLE);
    const std::string_view name = text_at(request, "/requester/0/name");
    reply.body(json::serialize(json::object{{"greeting", word_ + " " + std::string(name.empty() ? "you" : name)}}));
  }

  const std::string word_;
};

}  // namespace

HD_PLUGIN(Greeter, "greeter", "1.0.0");
