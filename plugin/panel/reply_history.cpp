#include "panel/reply_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/utf8.hpp"

namespace identities::panel {
namespace {

constexpr std::size_t kRowCharacters = 200;  // four lines of the sidebar

std::string_view name_of(Direction direction) {
  constexpr std::array<std::string_view, 3> kNames = {"in", "out", "internal"};
  return kNames[static_cast<std::size_t>(direction)];
}

std::string_view name_of(EngagementKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"message", "order", "call", "event"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(ThreadStatus status) {
  constexpr std::array<std::string_view, 3> kNames = {"open", "waiting", "closed"};
  return kNames[static_cast<std::size_t>(status)];
}

/// names_record: for who may say that somebody else wrote it.
void write_engagement_row(JsonWriter& json, const store::HistoryRow& row, Id account, bool names_record) {
  const std::string_view shown = utf8_prefix(row.preview, kRowCharacters);
  json.begin_object()
      .member_id("id", row.id)
      .member("type", name_of(row.kind))
      .member_integer("at_us", row.occurred_us)
      .member("direction", name_of(row.direction))
      .member("channel", row.channel)
      .member_id("account", account)
      .member_id("thread", row.thread)
      .member_if("by", row.author)
      .member("text", shown);
  if (names_record) json.member_id("record", row.record);
  if (row.has_more || shown.size() < row.preview.size()) json.member_boolean("more", true);
  if (!row.attachments.empty()) json.key("attachments").raw(row.attachments);
  if (row.edited) json.member_boolean("edited", true);
  if (row.clamped) json.member_boolean("clamped", true);
  json.end_object();
}

void write_trigger_row(JsonWriter& json, const store::TriggerRow& trigger, Id account) {
  json.begin_object()
      .member_id("id", trigger.id)
      .member("type", "interest")
      .member_integer("at_us", trigger.occurred_us)
      .member_id("account", account);
  if (trigger.thread != 0) json.member_id("thread", trigger.thread);
  json.member("text", trigger.words)
      .key("interest")
      .begin_object()
      .member_id("attribute", trigger.attribute)
      .member("name", trigger.interest)
      .member("category", trigger.category)
      .key("engagement");
  if (trigger.engagement == 0)
    json.null();
  else
    json.id(trigger.engagement);
  json.end_object().end_object();
}

void write_thread(JsonWriter& json, const PartContext& context, const store::ThreadRow& thread, Id present) {
  const store::Account* account = context.accounts.by_id(thread.account);
  const auto slash = thread.partition_key.find('/');
  json.key(std::to_string(thread.id))
      .begin_object()
      .member("key", thread.source_key)
      .member("subject", thread.subject)
      .member("status", name_of(thread.status))
      .member_id("account", thread.account)
      .member_if("partition", slash == std::string::npos ? std::string_view{}
                                                         : std::string_view(thread.partition_key).substr(slash + 1))
      .member_integer("first_us", thread.first_us)
      .member_integer("last_us", thread.last_us)
      .member_integer("messages", thread.messages)
      .member_boolean("present", thread.id == present)
      .member_if("url",
                 account == nullptr ? std::string{} : filled_url(account->url_ticket, "thread", thread.source_key))
      .end_object();
}

/// Rows and triggers in one stream: a trigger stands right after what it was triggered by.
void write_rows(JsonWriter& json, const Asking& asking, const std::vector<store::RecordRow>& records,
                const HistoryPart& part) {
  const bool names_record = asking.has_scope("identity.merge");
  const auto account_of = [&](Id record) {
    const store::RecordRow* found = record_of(records, record);
    return found == nullptr ? Id{0} : found->account;
  };
  json.key("rows").begin_array();
  auto trigger = part.triggers.begin();
  for (const store::HistoryRow& row : part.page.rows) {
    for (; trigger != part.triggers.end() && trigger->occurred_us < row.occurred_us; ++trigger)
      write_trigger_row(json, *trigger, account_of(trigger->record));
    write_engagement_row(json, row, account_of(row.record), names_record);
  }
  for (; trigger != part.triggers.end(); ++trigger) write_trigger_row(json, *trigger, account_of(trigger->record));
  json.end_array();
}

/// Where a page reaches the beginning: accounts whose past before they were connected is missing.
void write_gaps(JsonWriter& json, const PartContext& context, const std::vector<store::RecordRow>& records) {
  std::vector<Id> seen;
  json.key("gaps").begin_array();
  for (const store::RecordRow& record : records) {
    const store::Account* account = context.accounts.by_id(record.account);
    if (account == nullptr || !account->connected_us || std::find(seen.begin(), seen.end(), account->id) != seen.end())
      continue;
    seen.push_back(account->id);
    json.begin_object()
        .member_id("account", account->id)
        .member_integer("since_us", *account->connected_us)
        .end_object();
  }
  json.end_array();
}

}  // namespace

std::string filled_url(std::string_view url, std::string_view name, std::string_view value) {
  if (!url.starts_with("https://") && !url.starts_with("http://") && !url.starts_with('/')) return {};
  std::string encoded;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  std::string text(url);
  const std::string token = fmt::format("{{{}}}", name);
  if (const auto at = text.find(token); at != std::string::npos) text.replace(at, token.size(), encoded);
  return text;
}

void write_history(JsonWriter& json, const PartContext& context, const std::vector<store::RecordRow>& records,
                   const HistoryPart& part) {
  json.key("history").begin_object();
  write_rows(json, context.asking, records, part);
  const auto cursor = [&](std::string_view name, bool more, store::HistoryCursor::Direction direction,
                          const store::HistoryRow* row) {
    json.key(name);
    if (more && row != nullptr)
      json.string(history_cursor(direction, row->occurred_us, row->id));
    else
      json.null();
  };
  const auto& rows = part.page.rows;
  cursor("before", part.page.more_before, store::HistoryCursor::Direction::kBefore,
         rows.empty() ? nullptr : &rows.front());
  cursor("after", part.page.more_after, store::HistoryCursor::Direction::kAfter, rows.empty() ? nullptr : &rows.back());
  json.key("threads").begin_object();
  for (const store::ThreadRow& thread : part.threads) write_thread(json, context, thread, part.present_thread);
  json.end_object();
  std::vector<std::string_view> channels;
  for (const store::HistoryRow& row : rows)
    if (std::find(channels.begin(), channels.end(), row.channel) == channels.end()) channels.push_back(row.channel);
  json.key("channels").begin_array();
  for (const std::string_view channel : channels) json.string(channel);
  json.end_array();
  if (!part.page.more_before) write_gaps(json, context, records);
  json.end_object();
}

}  // namespace identities::panel
