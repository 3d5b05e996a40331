// Method: a signed delivery with that body to the real WebhookHandler over a real SQLite file. A dry run and a refusal
// store nothing; a delivery does what its dry run said; the same delivery again is a duplicate with the same results.
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include "properties.hpp"
#include "site.hpp"

namespace {

namespace json = boost::json;
using namespace identities;

constexpr int kDeliveriesOfOneDatabase = 2000;

/// The database is made anew now and then, so that what earlier inputs left does not slow the later ones.
class Hook {
 public:
  fault::DatabaseSite& fresh() {
    if (used_++ % kDeliveriesOfOneDatabase == 0) {
      host_.reset();
      host_ = std::make_unique<fault::DatabaseSite>();
    }
    return *host_;
  }
  std::string next_id() const { return "d-" + std::to_string(used_); }

 private:
  std::unique_ptr<fault::DatabaseSite> host_;
  int used_ = 0;
};

json::object parsed(const accounts::WebhookAnswer& answer) {
  json::error_code error;
  const json::value value = json::parse(answer.body, error);
  fuzz::require(!error && value.is_object(), "an answer is one JSON object", answer.body);
  return value.get_object();
}

void check_refusal(const accounts::WebhookAnswer& answer, std::string_view body) {
  static fuzz::FaultProperties properties;
  static fuzz::Vocabulary details(60);
  const json::object problem = parsed(answer);
  fuzz::require(answer.content_type == "application/problem+json", "a refusal is a problem", answer.body);
  fuzz::require(problem.at("status") == answer.status, "a problem tells its status", answer.body);
  const std::string detail(problem.at("detail").as_string());
  fuzz::require_line(detail, 400);
  details.add(detail);
  json::error_code error;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  json::parse_options options;
  options.max_depth = kJsonDepth;
  const json::value document = json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  const json::value* errors = problem.if_contains("errors");
  fuzz::require((answer.status != 400 && answer.status != 422) || (errors != nullptr && !errors->as_array().empty()),
                "a refused body has a fault", answer.body);
  if (errors == nullptr) return;
  for (const json::value& each : errors->as_array())
    properties.check(json::value_to<std::string>(each.at("pointer")), json::value_to<std::string>(each.at("expected")),
                     json::value_to<std::string>(each.at("found")), document);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Hook hook;
  fault::DatabaseSite& host = hook.fresh();
  fault::Sent sent{std::string(reinterpret_cast<const char*>(data), size), hook.next_id()};
  const std::int64_t before = host.data_version();
  sent.query = "dry_run=1";
  const accounts::WebhookAnswer dry = host.deliver(sent);
  fuzz::require(host.data_version() == before, "a dry run stores nothing");
  if (dry.status >= 400) {
    check_refusal(dry, sent.body);
    sent.query.clear();
    fuzz::require(host.deliver(sent).body == dry.body, "a dry run is refused as the delivery is", dry.body);
    fuzz::require(host.data_version() == before, "a refusal stores nothing");
    return 0;
  }
  sent.query.clear();
  const accounts::WebhookAnswer answer = host.deliver(sent);
  fuzz::require(answer.status == dry.status, "a dry run tells the status");
  fuzz::require(host.data_version() != before, "what is accepted is committed");
  const json::object first = parsed(answer);
  fuzz::require(first.at("results") == parsed(dry).at("results"), "a dry run tells the results", answer.body);
  const json::object again = parsed(host.deliver(sent));
  fuzz::require(again.at("duplicate") == true, "the same delivery again is a duplicate");
  fuzz::require(again.at("results") == first.at("results"), "a duplicate has the first results", answer.body);
  return 0;
}
