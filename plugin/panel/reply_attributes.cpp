#include "panel/reply_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/provider.hpp"

namespace identities::panel {
namespace {

constexpr std::size_t kAttributesPerPage = 500;
constexpr std::size_t kMaxProfiles = 64;

}  // namespace

void write_attributes(JsonWriter& json, const PartContext& context, const IdentityPicture& picture,
                      const Summary& summary, std::size_t begin) {
  json.key("attributes").begin_object();
  json.member_integer("total", static_cast<std::int64_t>(picture.attributes.size())).key("categories").begin_array();
  for (const SummaryLine& line : summary.lines)
    if (line.count > 0) write_line(json, line);
  json.end_array().key("profiles").begin_array();
  std::size_t profiles = 0;
  for (const store::RecordRow& record : picture.records) {
    const store::Account* account = context.accounts.by_id(record.account);
    if (account == nullptr || !is_social(account->provider) || ++profiles > kMaxProfiles) continue;
    const auto count = std::count_if(picture.attributes.begin(), picture.attributes.end(),
                                     [&](const store::AttributeRow& row) { return row.record == record.id; });
    json.begin_object()
        .member_id("record", record.id)
        .member_id("account", record.account)
        .member("provider", account->provider);
    json.member_if("handle", record.handle)
        .member_if("name", record.name)
        .member_if("bio", record.bio)
        .member_if("url", record.url)
        .key("fetched_us");
    if (record.fetched_us)
      json.integer(*record.fetched_us);
    else
      json.null();
    json.member_integer("count", count).end_object();
  }
  json.end_array().key("rows").begin_array();
  std::size_t index = begin;
  for (; index < picture.attributes.size() && index < begin + kAttributesPerPage; ++index) {
    const store::AttributeRow& row = picture.attributes[index];
    const store::RecordRow* record = record_of(picture.records, row.record);
    const store::Account* account = record == nullptr ? nullptr : context.accounts.by_id(record->account);
    json.begin_object()
        .member_id("id", row.id)
        .member("category", row.interest ? "interest." + row.category : row.category)
        .member_boolean("interest", row.interest);
    if (!row.interest) json.member("key", row.key);
    json.member("name", row.name.empty() && !row.interest ? row.key.substr(row.key.find('.') + 1) : row.name);
    write_value(json, row.type, row.number, row.text, row.unit);
    constexpr std::array<std::string_view, 4> kParties = {"first", "first", "second", "third"};
    json.member_id("account", record == nullptr ? 0 : record->account)
        .member_id("record", row.record)
        .member("party", kParties[static_cast<std::size_t>(row.party) % kParties.size()])
        .member_if("source", account == nullptr ? std::string_view{} : std::string_view(account->label))
        .member_integer("set_us", row.set_us)
        .key("expires_us");
    if (row.expires_us)
      json.integer(*row.expires_us);
    else
      json.null();
    json.member_integer("evidence", row.evidence);
    if (row.sensitive) json.member_boolean("sensitive", true);
    json.end_object();
  }
  json.end_array().key("next");
  if (index < picture.attributes.size())
    json.string(fmt::format("n{}", index));
  else
    json.null();
  json.end_object();
}

}  // namespace identities::panel
