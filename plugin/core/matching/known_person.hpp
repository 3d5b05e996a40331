// A record of the database as matching sees it: its values by column, each column with several where the record has
// several addresses or numbers; and a model with the keys by which such records are found. Pure and thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/matching/blocking.hpp"
#include "core/matching/matcher.hpp"
#include "core/matching/model.hpp"

namespace identities::matching {

/// What a record tells of its person; texts as they are stored.
struct PersonFacts {
  std::string name;
  std::string handle;
  std::string city;
  std::string birth_date;
  std::vector<std::string> emails;
  std::vector<std::string> phones;
};

/// The columns, in the order in which they are stored.
constexpr std::array<Field, 7> kPersonFields = {Field::kGivenName, Field::kSurname, Field::kBirthDate, Field::kEmail,
                                                Field::kPhone,     Field::kCity,    Field::kHandle};
/// More values of one column, or longer ones, are left out: nobody is recognised by his ninth number.
constexpr std::size_t kMostPersonValues = 8;
constexpr std::size_t kMostPersonValueBytes = 60;

struct KnownPerson {
  std::array<std::vector<Value>, kPersonFields.size()> values;
  int generation = 0;  // 1 senior, 2 junior, 3 the third ...; 0: it does not say
  [[nodiscard]] bool empty() const;
};

KnownPerson person_of(const PersonFacts& facts);

/// For storing; at most 4,000 bytes. What is damaged decodes as nothing known.
std::string encode(const KnownPerson& person);
KnownPerson decode(std::string_view bytes);

/// A pass over two columns' parts (parts_of); the same twice: it is alone.
struct PersonPass {
  std::size_t column = 0;
  std::size_t part = 0;
  std::size_t other_column = 0;
  std::size_t other_part = 0;
};

struct PersonModel {
  Model model;
  std::vector<PersonPass> passes;
  /// Of each column, how many records have a value that at least kOften have, by hash_of.
  std::array<std::unordered_map<std::uint64_t, std::uint32_t>, kPersonFields.size()> often;
};
constexpr std::uint32_t kOften = 5;
constexpr std::size_t kMostOften = 1'000;  // values of a column

/// Learns from records; the first value of each column counts. threads: as in Search.
PersonModel learn_from(const std::vector<KnownPerson>& persons, std::size_t threads);

std::string to_json(const PersonModel& model);
/// Throws std::invalid_argument for a text that is none.
PersonModel model_from_json(std::string_view json);

/// The keys by which a record is found, each once, ascending.
std::vector<std::int64_t> keys_of(const PersonModel& model, const KnownPerson& person);

struct PersonsWeighed {
  Weighed weighed;
  Outcomes outcomes{};
};
/// Symmetric. Of several values the two that agree best count.
PersonsWeighed weigh_persons(const PersonModel& model, const KnownPerson& left, const KnownPerson& right);

/// Is the pair to be suggested?
bool is_suggestion(const Weighed& weighed);

/// [{"field":"name","outcome":"same"}, ...] with same, similar, different, missing; never a value.
std::string reasons_json(const Outcomes& outcomes);

}  // namespace identities::matching
