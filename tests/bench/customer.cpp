#include "customer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "core/timestamp.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kMessagesOfThread = 5;
constexpr std::int64_t kBeginUs = 1'672'531'200'000'000;  // 2023-01-01
constexpr std::int64_t kSpanUs = 900LL * 86'400'000'000;
constexpr std::int64_t kApartUs = 7000LL * 1'000'000;
constexpr std::array<std::string_view, 5> kChannels = {"mail", "chat", "phone", "sms", "web"};
constexpr std::array<std::string_view, 3> kWays = {"in", "out", "internal"};

/// A bijection on 32 bits, so that neighbours in time are not neighbours in an index.
std::uint32_t scattered(std::uint32_t number) {
  return number * 2'654'435'761U;
}

std::string text_of(std::uint32_t number, std::size_t index) {
  std::string text = fmt::format("Question about order {}-{}: ", number, index);
  const int sentences = index % 8 == 7 ? 11 : 3;
  for (int sentence = 0; sentence < sentences; ++sentence)
    text += "Lorem ipsum dolor sit amet, consectetur adipiscing f\xC3\xBCr Zo\xC3\xAB. ";
  return text;
}

std::string at(std::int64_t time_us) {
  return identities::format_rfc3339(time_us);
}

json::object customer_json(const Customer& customer, std::size_t record) {
  json::array identifiers{json::object{{"kind", "email"}, {"value", customer.email}}};
  if (record == 0 && !customer.phone.empty())
    identifiers.push_back(json::object{{"kind", "phone"}, {"value", customer.phone}});
  return {{"id", customer.source_key}, {"name", customer.name}, {"identifiers", std::move(identifiers)}};
}

json::object interest_json(const Interest& interest) {
  json::object object{{"category", category_name(interest.number % kCategories)},
                      {"name", interest_name(interest.number)},
                      {"set_at", at(interest.set_us)}};
  if (!interest.words.empty()) object["words"] = interest.words;
  return object;
}

json::object message_json(const Customer& customer, const Message& message) {
  const Thread& thread = customer.threads[message.thread];
  json::object data{{"id", message.source_key},
                    {"customer", customer_json(customer, thread.record)},
                    {"direction", kWays[static_cast<std::size_t>(message.way)]},
                    {"channel", message.channel},
                    {"occurred_at", at(message.occurred_us)},
                    {"thread", json::object{{"id", thread.source_key},
                                            {"subject", thread.subject},
                                            {"status", thread.closed ? "closed" : "open"}}},
                    {"text", message.text}};
  if (!message.author.empty()) data["author"] = json::object{{"name", message.author}};
  if (message.interest != kNoInterest)
    data["interests"] = json::array{interest_json(customer.interests[message.interest])};
  return {{"type", "engagement.created"}, {"timestamp", at(message.occurred_us)}, {"data", std::move(data)}};
}

json::object facts_json(const Customer& customer) {
  json::array interests;
  for (const Interest& interest : customer.interests)
    if (interest.words.empty()) interests.push_back(interest_json(interest));
  const auto fact = [](std::string_view key, std::string_view type, const auto& value) {
    return json::object{{"key", key}, {"type", type}, {"value", value}};
  };
  return {{"type", "attributes.updated"},
          {"timestamp", at(customer.messages.back().occurred_us)},
          {"data", json::object{{"customer", customer_json(customer, 0)},
                                {"attributes", json::array{fact("person.company", "string", customer.company),
                                                           fact("person.title", "string", customer.title),
                                                           fact("person.language", "string", customer.language),
                                                           fact("buying.spent", "number", customer.spent)}},
                                {"interests", std::move(interests)}}}};
}

}  // namespace

std::string category_name(std::size_t category) {
  return fmt::format("Category {}", category);
}

std::string interest_name(std::size_t interest) {
  return fmt::format("Interest number {}", interest);
}

Customer make_customer(std::uint32_t number, const Shape& shape) {
  const std::uint32_t key = scattered(number);
  Customer customer;
  customer.records.resize(shape.records);
  customer.source_key = fmt::format("c-{:08x}", key);
  customer.name = fmt::format("First{} Last{}", number, number);
  customer.email = fmt::format("user{:08x}@customer.example", key);
  if (number % 2 == 0) customer.phone = fmt::format("+4930{:010}", key);
  customer.company = fmt::format("Company {}", number % 5000);
  customer.title = "Buyer";
  customer.language = number % 3 == 0 ? "de" : "en";
  customer.spent = number % 1000;

  const std::size_t of_record = (shape.messages + shape.records - 1) / shape.records;
  const std::size_t threads = (of_record + kMessagesOfThread - 1) / kMessagesOfThread;
  for (std::size_t record = 0; record < shape.records; ++record)
    for (std::size_t thread = 0; thread < threads; ++thread)
      customer.threads.push_back({0, record, fmt::format("t-{:08x}-{}-{}", key, record, thread),
                                  fmt::format("Question about order {}-{}", number, thread), thread + 1 < threads});
  const std::int64_t apart_us =
      shape.messages == 0 ? kApartUs : std::min(kApartUs, kSpanUs / static_cast<std::int64_t>(shape.messages));
  customer.messages.reserve(shape.messages);
  for (std::size_t index = 0; index < shape.messages; ++index) {
    const std::size_t record = index % shape.records;
    Message message;
    message.occurred_us = kBeginUs + number % 4000 * 1'000'000LL + static_cast<std::int64_t>(index) * apart_us;
    message.thread = record * threads + index / shape.records / kMessagesOfThread;
    message.source_key = fmt::format("m-{:08x}-{}", key, index);
    message.way = index % 10 == 9 ? Way::kInternal : index / shape.records % 2 == 0 ? Way::kIn : Way::kOut;
    message.channel = kChannels[index % kChannels.size()];
    if (message.way != Way::kIn) message.author = fmt::format("Agent {}", index % 7);
    message.text = text_of(number, index);
    customer.messages.push_back(std::move(message));
  }
  for (std::size_t index = 0; index < shape.interests; ++index) {
    Interest interest;
    interest.number = (std::size_t{number} * 31 + index * 607) % kTaxonomy;
    if (index < shape.triggered) {
      const std::size_t by = shape.messages - 2 - 4 * index;
      interest.record = customer.threads[customer.messages[by].thread].record;
      interest.set_us = customer.messages[by].occurred_us;
      interest.words = fmt::format("consectetur adipiscing {}", index);
      customer.messages[by].interest = customer.interests.size();
    } else {
      interest.set_us = kBeginUs + static_cast<std::int64_t>(index) * 3'600'000'000;
    }
    customer.interests.push_back(std::move(interest));
  }
  for (std::size_t index = 0; index < shape.notes; ++index)
    customer.notes.push_back({0, kBeginUs + static_cast<std::int64_t>(index + 1) * 86'400'000'000,
                              fmt::format("Note {} prefers contact in the morning.", index)});
  return customer;
}

std::vector<std::string> events_of(const Customer& customer) {
  std::vector<std::string> events;
  for (std::size_t record = 0; record < customer.records.size(); ++record) {
    json::array items;
    for (const Message& message : customer.messages)
      if (customer.threads[message.thread].record == record) items.push_back(message_json(customer, message));
    if (record == 0) items.push_back(facts_json(customer));
    events.push_back(json::serialize(json::object{{"account", kAccounts[record].name}, {"items", std::move(items)}}));
  }
  return events;
}

}  // namespace bench
