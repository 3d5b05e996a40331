#include "core/matching/known_person.hpp"

#include <algorithm>

#include "core/json_writer.hpp"

namespace identities::matching {
namespace {

constexpr std::array<Comparator, kPersonFields.size()> kComparators = {
    Comparator::kGiven, Comparator::kSurname, Comparator::kDate, Comparator::kEmail,
    Comparator::kPhone, Comparator::kPlace,   Comparator::kCode};
constexpr std::array<Group, kPersonFields.size()> kGroups = {Group::kName,  Group::kName,  Group::kBirth, Group::kEmail,
                                                             Group::kPhone, Group::kPlace, Group::kHandle};
constexpr std::size_t kGivenColumn = 0;
constexpr std::size_t kSurnameColumn = 1;

void add_value(KnownPerson& person, std::size_t column, std::string_view text) {
  Value value = value_of(kComparators[column], text);
  std::vector<Value>& values = person.values[column];
  const bool known =
      std::any_of(values.begin(), values.end(), [&](const Value& each) { return each.text == value.text; });
  if (value.missing() || known || value.text.size() > kMostPersonValueBytes || values.size() == kMostPersonValues)
    return;
  values.push_back(std::move(value));
}

const std::string& key_text(const Value& value) {
  return value.compact.empty() ? value.text : value.compact;
}

}  // namespace

bool KnownPerson::empty() const {
  return std::all_of(values.begin(), values.end(), [](const auto& each) { return each.empty(); });
}

namespace {

/// Who writes from john.smith@... without a name is taken for John Smith: two whole words, no initials or numbers.
SplitName name_in_address(const std::vector<std::string>& emails) {
  for (const std::string& email : emails) {
    std::string local = email.substr(0, email.find('@'));
    if (std::count_if(local.begin(), local.end(), [](char c) { return c == '.' || c == '_'; }) != 1) continue;
    const std::size_t at = local.find_first_of("._");
    const bool only_letters =
        std::all_of(local.begin(), local.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '.' || c == '_'; });
    if (!only_letters || at < 2 || local.size() < at + 3) continue;
    local[at] = ' ';
    return split_name(local);
  }
  return {};
}

}  // namespace

KnownPerson person_of(const PersonFacts& facts) {
  KnownPerson person;
  SplitName name = split_name(facts.name);
  if (name.surname.empty()) name = name_in_address(facts.emails);
  person.generation = name.generation;
  add_value(person, kGivenColumn, name.given);
  add_value(person, kSurnameColumn, name.surname);
  add_value(person, 2, facts.birth_date);
  for (const std::string& email : facts.emails) add_value(person, 3, email);
  for (const std::string& phone : facts.phones) add_value(person, 4, phone);
  add_value(person, 5, facts.city);
  add_value(person, 6, facts.handle);
  return person;
}

std::string encode(const KnownPerson& person) {
  std::string bytes(1, static_cast<char>(person.generation));
  for (const std::vector<Value>& values : person.values) {
    bytes += static_cast<char>(values.size());
    for (const Value& value : values) {
      bytes += static_cast<char>(value.text.size());
      bytes += value.text;
    }
  }
  return bytes;
}

KnownPerson decode(std::string_view bytes) {
  KnownPerson person;
  const auto byte = [&]() -> std::size_t {
    if (bytes.empty()) return 0;
    const auto value = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return value;
  };
  person.generation = static_cast<int>(byte());
  for (std::size_t column = 0; column < kPersonFields.size(); ++column) {
    for (std::size_t left = byte(); left > 0 && !bytes.empty(); --left) {
      const std::size_t told = byte();  // taken off before what is left is measured
      const std::size_t size = std::min(told, bytes.size());
      add_value(person, column, bytes.substr(0, size));
      bytes.remove_prefix(size);
    }
  }
  return person;
}

PersonModel learn_from(const std::vector<KnownPerson>& persons, std::size_t threads) {
  Table table(persons.size());
  std::vector<std::string_view> texts(persons.size());
  for (std::size_t column = 0; column < kPersonFields.size(); ++column) {
    for (std::size_t at = 0; at < persons.size(); ++at) {
      const std::vector<Value>& values = persons[at].values[column];
      texts[at] = values.empty() ? std::string_view{} : values.front().text;
    }
    table.add(kPersonFields[column], std::string(name_of(kPersonFields[column])), texts);
  }
  PersonModel learnt;
  const Found found = find_pairs(table, {threads, kShownWeight, true, {}});
  learnt.model = found.model;
  const Blocking blocking(table);
  for (const Pass& pass : found.passes) {
    const Part& part = blocking.parts()[pass.part];
    const Part& other = blocking.parts()[pass.other];
    learnt.passes.push_back({part.column, part.number, other.column, other.number});
  }
  for (std::size_t column = 0; column < kPersonFields.size(); ++column) {
    const Column& of = table.columns()[column];
    std::vector<std::pair<std::uint32_t, std::uint64_t>> often;
    for (std::size_t value = 1; value < of.values.size(); ++value) {
      if (of.counts[value] >= kOften) often.emplace_back(of.counts[value], hash_of(key_text(of.values[value])));
    }
    std::sort(often.rbegin(), often.rend());
    often.resize(std::min(often.size(), kMostOften));
    for (const auto& [count, hash] : often) learnt.often[column].emplace(hash, count);
  }
  return learnt;
}

std::vector<std::int64_t> keys_of(const PersonModel& model, const KnownPerson& person) {
  std::vector<std::int64_t> keys;
  const auto parts = [&](std::size_t column, std::size_t part) {
    std::vector<std::uint64_t> hashes;
    for (const Value& value : person.values[column]) {
      const std::vector<std::string> texts = parts_of(kComparators[column], kGroups[column], value);
      if (part >= texts.size() || texts[part].empty()) continue;
      hashes.push_back(hash_of(hash_of(texts[part]), column * 16 + part));
    }
    return hashes;
  };
  for (const PersonPass& pass : model.passes) {
    const bool alone = pass.column == pass.other_column && pass.part == pass.other_part;
    for (const std::uint64_t one : parts(pass.column, pass.part)) {
      if (alone) keys.push_back(static_cast<std::int64_t>(one));
      if (alone) continue;
      for (const std::uint64_t other : parts(pass.other_column, pass.other_part))
        keys.push_back(static_cast<std::int64_t>(hash_of(one, other)));
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

PersonsWeighed weigh_persons(const PersonModel& model, const KnownPerson& left, const KnownPerson& right) {
  PersonsWeighed found;
  std::array<double, kMostColumns> rates{};
  for (std::size_t column = 0; column < kPersonFields.size(); ++column) {
    found.outcomes[column] = kMissing;
    for (const Value& a : left.values[column]) {
      for (const Value& b : right.values[column]) {
        const std::uint8_t outcome = compare(kComparators[column], a, b);
        if (outcome >= found.outcomes[column]) continue;
        found.outcomes[column] = outcome;
        if (outcome != 0) continue;
        const auto often = model.often[column].find(hash_of(key_text(a)));
        // What is not often is taken for as often as may be without being told.
        const double count = often == model.often[column].end() ? kOften - 1 : often->second;
        rates[column] = rate_of_value(model.model, model.model.columns[column], count);
      }
    }
  }
  static const Value kNone;
  const auto first = [](const std::vector<Value>& values) -> const Value& {
    return values.empty() ? kNone : values.front();
  };
  compare_crossed_names(first(left.values[kGivenColumn]), first(left.values[kSurnameColumn]),
                        first(right.values[kGivenColumn]), first(right.values[kSurnameColumn]),
                        found.outcomes[kGivenColumn], found.outcomes[kSurnameColumn]);
  if (left.generation != 0 && right.generation != 0 && left.generation != right.generation) {
    found.weighed.weight = -100;  // a father and his son, whatever else is alike
    return found;
  }
  found.weighed = weigh(model.model, found.outcomes, rates);
  return found;
}

bool is_suggestion(const Weighed& weighed) {
  return weighed.weight >= kShownWeight && weighed.agreeing >= kLeastAgreeing;
}

std::string reasons_json(const Outcomes& outcomes) {
  constexpr std::array<std::string_view, kPersonFields.size()> kFields = {"",      "",     "birth_date", "email",
                                                                          "phone", "city", "handle"};
  const auto word = [](std::size_t column, std::uint8_t outcome) -> std::string_view {
    if (outcome == kMissing) return "missing";
    if (outcome == 0) return "same";
    return outcome + 1U == outcomes_of(kComparators[column]) ? "different" : "similar";
  };
  const std::string_view given = word(kGivenColumn, outcomes[kGivenColumn]);
  const std::string_view surname = word(kSurnameColumn, outcomes[kSurnameColumn]);
  std::string_view name = given == surname ? given : "similar";
  if (given == "missing") name = surname;
  if (surname == "missing") name = given;
  JsonWriter writer(256);
  const auto add = [&](std::string_view field, std::string_view outcome) {
    writer.begin_object().member("field", field).member("outcome", outcome).end_object();
  };
  writer.begin_array();
  add("name", name);
  for (std::size_t column = 2; column < kPersonFields.size(); ++column)
    add(kFields[column], word(column, outcomes[column]));
  return writer.end_array().take();
}

}  // namespace identities::matching
