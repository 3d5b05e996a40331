#include "core/summarise.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace identities {
namespace {

constexpr std::size_t kTopOfLine = 3;
constexpr std::size_t kTopInterests = 6;
constexpr std::size_t kItemsOfLine = 8;
constexpr std::size_t kMaxFacts = 6;
constexpr std::size_t kMaxInterestLines = 100;  // beyond that nobody reads; the attributes have them all
constexpr std::size_t kMaxOtherLines = 99;      // and one more for the organisation
constexpr std::size_t kMinWritesForHours = 3;   // fewer tell no habit

/// Mailbox providers: their domain names nobody's organisation.
constexpr std::array<std::string_view, 21> kMailboxProviders = {
    "gmail.com",   "googlemail.com", "outlook.com", "hotmail.com", "live.com",       "msn.com",      "icloud.com",
    "me.com",      "mac.com",        "yahoo.com",   "aol.com",     "gmx.de",         "gmx.net",      "web.de",
    "t-online.de", "mail.ru",        "yandex.ru",   "proton.me",   "protonmail.com", "fastmail.com", "mail.com"};

Group group_of(std::string_view category) {
  if (category == "loyalty") return Group::kLoyalty;
  if (category == "service") return Group::kService;
  if (category == "person") return Group::kPerson;
  return Group::kCrm;
}

bool newer(const Known& a, const Known& b) {
  return a.set_us > b.set_us;
}

/// The winners: one for each key, the newest; by key.
std::vector<const Known*> winners(const std::vector<Known>& known) {
  std::vector<const Known*> all;
  all.reserve(known.size());
  for (const Known& each : known)
    if (!each.interest) all.push_back(&each);
  std::stable_sort(all.begin(), all.end(),
                   [](const Known* a, const Known* b) { return a->key != b->key ? a->key < b->key : newer(*a, *b); });
  all.erase(std::unique(all.begin(), all.end(), [](const Known* a, const Known* b) { return a->key == b->key; }),
            all.end());
  return all;
}

Fact fact_of(const Known& known) {
  return {std::string(known.key), std::string(known.name), known.type,
          known.number,           std::string(known.text), std::string(known.unit)};
}

Fact number_fact(std::string_view key, AttributeType type, double number) {
  return {std::string(key), {}, type, number, {}, {}};
}

/// Interests by name: the same interest on several records counts once, its evidence added up.
struct InterestSum {
  std::string_view category;
  std::string_view name;
  std::int64_t evidence = 0;
  Microseconds set_us = 0;
};

std::vector<InterestSum> sum_interests(const std::vector<Known>& known) {
  std::vector<InterestSum> sorted;
  sorted.reserve(known.size());
  for (const Known& each : known)
    if (each.interest) sorted.push_back({each.category, each.name, each.evidence, each.set_us});
  const auto named = [](const InterestSum& sum) { return std::tie(sum.category, sum.name); };
  std::sort(sorted.begin(), sorted.end(),
            [&](const InterestSum& a, const InterestSum& b) { return named(a) < named(b); });
  std::size_t kept = 0;
  for (const InterestSum& each : sorted) {
    if (kept > 0 && named(sorted[kept - 1]) == named(each)) {
      InterestSum& sum = sorted[kept - 1];
      sum.evidence += each.evidence;
      sum.set_us = std::max(sum.set_us, each.set_us);
    } else {
      sorted[kept++] = each;
    }
  }
  sorted.resize(kept);
  std::stable_sort(sorted.begin(), sorted.end(), [](const InterestSum& a, const InterestSum& b) {
    return a.evidence != b.evidence ? a.evidence > b.evidence : a.set_us > b.set_us;
  });
  return sorted;
}

void add_interest_lines(const std::vector<InterestSum>& interests, std::vector<SummaryLine>& lines) {
  const std::size_t begin = lines.size();
  for (const InterestSum& interest : interests) {
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const SummaryLine& each) { return each.label == interest.category; });
    if (line == lines.end()) {
      lines.push_back(
          {"interest." + std::string(interest.category), Group::kInterest, std::string(interest.category), 0, {}, {}});
      line = lines.end() - 1;
    }
    ++line->count;
    if (line->top.size() < kTopOfLine) line->top.emplace_back(interest.name);
  }
  std::stable_sort(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end(),
                   [](const SummaryLine& a, const SummaryLine& b) { return a.count > b.count; });
  if (lines.size() > kMaxInterestLines) lines.resize(kMaxInterestLines);
}

std::string_view part_of_day(Microseconds time, Microseconds offset_us) {
  const Microseconds hour = ((time + offset_us) % kDayUs + kDayUs) % kDayUs / kHourUs;
  if (hour < 5) return "night";
  if (hour < 12) return "morning";
  if (hour < 17) return "afternoon";
  return hour < 22 ? "evening" : "night";
}

/// The part of the day in which more than half of the messages were written; empty when there is none.
std::string usual_hours(const std::vector<Microseconds>& wrote_us, Microseconds offset_us) {
  if (wrote_us.size() < kMinWritesForHours) return {};
  std::map<std::string_view, std::size_t> counts;
  for (const Microseconds time : wrote_us) ++counts[part_of_day(time, offset_us)];
  for (const auto& [part, count] : counts)
    if (2 * count > wrote_us.size()) return std::string(part);
  return {};
}

std::vector<Fact> service_items(const ServiceFacts& service, Microseconds offset_us) {
  std::vector<Fact> items;
  const auto add_date = [&](std::string_view key, const std::optional<Microseconds>& time) {
    if (time) items.push_back(number_fact(key, AttributeType::kDate, static_cast<double>(*time)));
  };
  if (service.messages == 0) return items;
  items.push_back(number_fact("service.messages", AttributeType::kNumber, static_cast<double>(service.messages)));
  add_date("service.first_contact", service.first_us);
  add_date("service.last_contact", service.last_us);
  if (!service.channels.empty()) {
    JsonWriter list(64);
    list.begin_array();
    for (const std::string& channel : service.channels) list.string(channel);
    list.end_array();
    items.push_back({"service.channels", {}, AttributeType::kList, 0, list.take(), {}});
  }
  if (const std::string hours = usual_hours(service.wrote_us, offset_us); !hours.empty())
    items.push_back({"service.hours", {}, AttributeType::kString, 0, hours, {}});
  items.push_back(
      number_fact("service.tickets_open", AttributeType::kNumber, static_cast<double>(service.tickets_open)));
  items.push_back(
      number_fact("service.tickets_total", AttributeType::kNumber, static_cast<double>(service.tickets_total)));
  add_date("service.waiting_since", service.waiting_since_us);
  return items;
}

SummaryLine& line_of(std::vector<SummaryLine>& lines, std::string_view category) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const SummaryLine& line) { return line.id == category; });
  if (found != lines.end()) return *found;
  std::string label(category);
  std::replace(label.begin(), label.end(), '_', ' ');
  if (label.front() >= 'a' && label.front() <= 'z') label.front() = static_cast<char>(label.front() - 'a' + 'A');
  return lines.emplace_back(SummaryLine{std::string(category), group_of(category), label, 0, {}, {}});
}

}  // namespace

Summary summarise(const std::vector<Known>& known, const ServiceFacts& service,
                  const std::vector<std::string>& fact_keys, Microseconds offset_us) {
  Summary summary;
  const std::vector<InterestSum> interests = sum_interests(known);
  summary.interest_count = static_cast<std::int64_t>(interests.size());
  for (std::size_t index = 0; index < interests.size() && index < kTopInterests; ++index)
    summary.interests.emplace_back(interests[index].name);
  add_interest_lines(interests, summary.lines);

  std::vector<SummaryLine> lines;
  const auto by_key = winners(known);
  for (const Known* const each : by_key) {
    SummaryLine& line = line_of(lines, each->category);
    ++line.count;
    const bool in_header = each->key == "person.standing" || each->key == "person.time_zone";
    if (line.items.size() < kItemsOfLine && !in_header) line.items.push_back(fact_of(*each));
  }
  std::vector<Fact> items = service_items(service, offset_us);
  if (!items.empty()) {
    SummaryLine& line = line_of(lines, "service");
    line.items.insert(line.items.begin(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
    if (line.items.size() > kItemsOfLine) line.items.resize(kItemsOfLine);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const SummaryLine& a, const SummaryLine& b) { return a.group < b.group; });
  // The last ones are service and person, which every identity has.
  if (lines.size() > kMaxOtherLines) lines.erase(lines.begin(), lines.end() - kMaxOtherLines);
  summary.lines.insert(summary.lines.end(), std::make_move_iterator(lines.begin()),
                       std::make_move_iterator(lines.end()));

  for (const std::string& key : fact_keys) {
    const auto found = std::lower_bound(by_key.begin(), by_key.end(), key,
                                        [](const Known* each, std::string_view wanted) { return each->key < wanted; });
    if (found != by_key.end() && (*found)->key == key && summary.facts.size() < kMaxFacts)
      summary.facts.push_back(fact_of(**found));
  }
  if (summary.facts.size() == 1) summary.facts.clear();
  return summary;
}

std::string_view known_text(const std::vector<Known>& known, std::string_view key) {
  const Known* best = nullptr;
  for (const Known& each : known)
    if (!each.interest && each.key == key && (best == nullptr || newer(each, *best))) best = &each;
  return best == nullptr ? std::string_view{} : best->text;
}

std::string organisation_of(const std::vector<std::string_view>& email_keys,
                            const std::vector<std::string>& mailbox_domains) {
  const auto contains = [](const auto& domains, std::string_view domain) {
    return std::find(domains.begin(), domains.end(), domain) != domains.end();
  };
  for (const std::string_view key : email_keys) {
    const std::string_view domain = key.substr(key.find('@') + 1);
    if (domain != key && !contains(kMailboxProviders, domain) && !contains(mailbox_domains, domain))
      return std::string(domain);
  }
  return {};
}

void add_organisation(Summary& summary, std::string organisation) {
  if (organisation.empty()) return;
  SummaryLine& line = line_of(summary.lines, "person");
  if (line.items.size() < kItemsOfLine)
    line.items.push_back({"person.organisation", {}, AttributeType::kString, 0, std::move(organisation), {}});
}

std::string_view name_of(Group group) {
  constexpr std::array<std::string_view, 5> kNames = {"interest", "crm", "loyalty", "service", "person"};
  return kNames[static_cast<std::size_t>(group)];
}

std::string_view name_of(AttributeType type) {
  constexpr std::array<std::string_view, 6> kNames = {"flag", "number", "date", "string", "text", "list"};
  return kNames[static_cast<std::size_t>(type)];
}

void write_value(JsonWriter& json, AttributeType type, double number, std::string_view text, std::string_view unit) {
  json.member("type", name_of(type)).key("value");
  switch (type) {
    case AttributeType::kFlag:
      json.boolean(number != 0);
      break;
    case AttributeType::kNumber:
    case AttributeType::kDate:
      json.number(number);
      break;
    case AttributeType::kString:
    case AttributeType::kText:
      json.string(text);
      break;
    case AttributeType::kList:
      json.raw(text.empty() ? "[]" : text);
      break;
  }
  json.member_if("unit", unit);
}

}  // namespace identities
