#include "edge_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <stdexcept>

#include "accounts/item_decoder.hpp"
#include "core/timestamp.hpp"

namespace identities::unit {
namespace {

namespace json = boost::json;

json::object customer_of(const Seen& seen, const std::string& record) {
  json::object customer{{"id", record}};
  if (!seen.name.empty()) customer["name"] = seen.name;
  json::array identifiers;
  for (const Written& each : seen.told) {
    json::object identifier{{"kind", each.kind}, {"value", each.value}};
    if (!each.scope.empty()) identifier["scope"] = each.scope;
    identifiers.push_back(std::move(identifier));
  }
  customer["identifiers"] = std::move(identifiers);
  return customer;
}

json::object item_of(std::string_view type, Microseconds at_us, json::object data) {
  return {{"type", type}, {"timestamp", format_rfc3339(at_us)}, {"data", std::move(data)}};
}

json::object profile_item(const Seen& seen, json::object customer) {
  json::object data{{"customer", std::move(customer)}, {"handle", seen.handle}};
  if (!seen.bio.empty()) data["bio"] = seen.bio;
  return item_of("profile.updated", seen.at_us, std::move(data));
}

json::object attributes_item(const Seen& seen, json::object customer) {
  json::array attributes;
  if (!seen.city.empty())
    attributes.push_back(json::object{{"key", "person.city"}, {"type", "string"}, {"value", seen.city}});
  if (!seen.born.empty())
    attributes.push_back(json::object{{"key", "person.birth_date"}, {"type", "date"}, {"value", seen.born}});
  return item_of("attributes.updated", seen.at_us,
                 {{"customer", std::move(customer)}, {"attributes", std::move(attributes)}});
}

json::object message_item(const Seen& seen, json::object customer, const std::string& record) {
  return item_of("engagement.created", seen.at_us,
                 {{"id", "m-" + record},
                  {"customer", std::move(customer)},
                  {"direction", "in"},
                  {"channel", "mail"},
                  {"occurred_at", format_rfc3339(seen.at_us)},
                  {"thread", json::object{{"id", "t-" + record}}},
                  {"text", "Where is my parcel?"}});
}

std::string one_order(const std::vector<Seen>& before, const Seen& first, const Seen& second) {
  Arrivals arrivals;
  for (const Seen& each : before) arrivals.arrive(each);
  const std::string one = arrivals.arrive(first);
  const std::string other = arrivals.arrive(second);
  return arrivals.between(one, other);
}

}  // namespace

Seen mail(std::string address, std::string name) {
  return {.name = std::move(name), .told = {{"email", std::move(address)}}};
}

Seen call(std::string number, std::string name, std::string region) {
  return {.name = std::move(name), .told = {{"phone", std::move(number)}}, .region = std::move(region)};
}

Seen client(std::string id, std::string scope) {
  return {.told = {{"customer", std::move(id), std::move(scope)}}};
}

Seen profile(std::string platform, std::string id, std::string handle, std::string name, std::string bio) {
  Seen seen{.name = std::move(name), .account = platform, .provider = platform};
  if (!id.empty()) seen.told.push_back({"platform", std::move(id)});
  seen.handle = std::move(handle);
  seen.bio = std::move(bio);
  return seen;
}

const ResolutionRules& shipped_rules() {
  static const ResolutionRules rules = rules_from_json(R"({"blocked_values": ["support@ourbrand.com"]})");
  return rules;
}

const store::Account& Arrivals::account_of(const Seen& seen) {
  const auto known = std::find_if(accounts_.begin(), accounts_.end(),
                                  [&](const store::Account& account) { return account.name == seen.account; });
  if (known != accounts_.end()) return *known;
  store::Account account;
  account.id = next_id(kNow);
  account.name = account.label = account.webhook_key = seen.account;
  account.provider = seen.provider;
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  store::insert_account(*session_, account);
  transaction.commit();
  accounts_.push_back(account);
  return accounts_.back();
}

void Arrivals::post(const json::object& item, const Seen& source) {
  const store::Account account = account_of(source);
  Faults faults;
  const auto decoded = accounts::decode_item(
      json::value(item), "", {account.name, account.provider, now_us_, source.region, shipped_rules()}, faults);
  if (!decoded)
    throw std::runtime_error(
        fmt::format("{}: expected {}, found {}", faults[0].pointer, faults[0].expected, faults[0].found));
  ++now_us_;
  store::Transaction transaction(*session_, store::Transaction::Kind::kWrite);
  store::WriteBatch batch(*session_);
  store::ItemWriter writer(batch, now_us_, account, "account:" + account.name, shipped_rules());
  writer.apply(*decoded);
  writer.finish();
  batch.commit(transaction);
}

std::string Arrivals::arrive(const Seen& seen, std::string record) {
  if (record.empty()) record = fmt::format("r-{}", ++arrived_);
  json::object customer = customer_of(seen, record);
  if (!seen.handle.empty())
    post(profile_item(seen, std::move(customer)), seen);
  else if (!seen.city.empty() || !seen.born.empty())
    post(attributes_item(seen, std::move(customer)), seen);
  else
    post(message_item(seen, std::move(customer), record), seen);
  return record;
}

bool Arrivals::suggested(const std::string& left, const std::string& right) {
  // A conflict (J1) is no suggestion to link: that an agent judged them to be two people outranks the evidence, so what
  // was decided stays "different", and an agent is told once that something speaks against it.
  const auto open = store::open_suggestions(*session_, identity_of(left));
  return std::any_of(open.begin(), open.end(), [&](const store::Suggestion& each) {
    return each.other_identity == identity_of(right) && each.rule != kConflict;
  });
}

std::optional<store::Suggestion> Arrivals::conflict(const std::string& left, const std::string& right) {
  const auto told = [&](const std::string& one, const std::string& other) -> std::optional<store::Suggestion> {
    for (const store::Suggestion& each : store::open_suggestions(*session_, identity_of(one)))
      if (each.other_identity == identity_of(other) && each.rule == kConflict) return each;
    return std::nullopt;
  };
  const auto forth = told(left, right);
  const auto back = told(right, left);
  if (forth.has_value() != back.has_value()) throw std::runtime_error("the conflict is told to one of them only");
  return forth;
}

IdentityEvent Arrivals::judge_not(const std::string& left, const std::string& right, Id suggestion) {
  return command(
      [&](store::Merging& merging) { return merging.judge_not(identity_of(left), identity_of(right), suggestion); });
}

std::string Arrivals::between(const std::string& left, const std::string& right) {
  if (const std::string fault = broken(); !fault.empty()) return "broken: " + fault;
  if (folded() != stored()) return "broken: the log gives another membership";
  const bool asked = suggested(left, right);
  if (asked != suggested(right, left)) return "suggested to one of them only";
  if (same(left, right)) return "same";
  return asked ? "suggest" : "different";
}

std::string outcome(const Seen& left, const Seen& right, const std::vector<Seen>& before) {
  const std::string forth = one_order(before, left, right);
  const std::string back = one_order(before, right, left);
  return forth == back ? forth : forth + " or " + back;
}

}  // namespace identities::unit
