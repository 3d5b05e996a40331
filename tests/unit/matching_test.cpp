// Method: properties of what is learnt from made people (tests/bench/people.hpp), whose truth no matcher sees; the
// decided cases of the resolution rules, each weighed by a model learnt from such people; values by tables.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/matching/known_person.hpp"
#include "core/matching/learn.hpp"
#include "core/matching/matcher.hpp"
#include "people.hpp"

namespace identities::matching {
namespace {

constexpr std::size_t kPeople = 3'000;

/// The rows of a set, and the table made of them.
struct MadeSet {
  explicit MadeSet(std::uint64_t seed, std::size_t records = kPeople)
      : rows(bench::people_with_copies(seed, records)), table(rows.size()) {
    add(Field::kGivenName, &bench::PersonRow::given_name);
    add(Field::kSurname, &bench::PersonRow::surname);
    add(Field::kBirthDate, &bench::PersonRow::birth_date);
    add(Field::kEmail, &bench::PersonRow::email);
    add(Field::kPhone, &bench::PersonRow::phone);
    add(Field::kStreetNumber, &bench::PersonRow::street_number);
    add(Field::kStreet, &bench::PersonRow::street);
    add(Field::kCity, &bench::PersonRow::city);
    add(Field::kPostcode, &bench::PersonRow::postcode);
  }
  void add(Field field, std::string bench::PersonRow::*member) {
    std::vector<std::string_view> texts;
    for (const bench::PersonRow& row : rows) texts.emplace_back(row.*member);
    table.add(field, std::string(name_of(field)), texts);
  }
  std::vector<bench::PersonRow> rows;
  Table table;
};

Found find(const Table& table, std::size_t threads = 2) {
  return find_pairs(table, {threads, kShownWeight, false, {}});
}

struct Quality {
  double precision = 0;
  double recall = 0;
};

Quality quality_of(const MadeSet& set, const std::vector<Scored>& pairs) {
  std::map<std::uint64_t, std::size_t> records;
  for (const bench::PersonRow& row : set.rows) ++records[row.person];
  std::size_t truth = 0;
  for (const auto& [person, count] : records) truth += count * (count - 1) / 2;
  std::size_t right = 0;
  for (const Scored& each : pairs) right += set.rows[left_of(each.pair)].person == set.rows[right_of(each.pair)].person;
  const auto found = static_cast<double>(right);
  return {found / static_cast<double>(std::max<std::size_t>(pairs.size(), 1)), found / static_cast<double>(truth)};
}

TEST(matching, recognises_people_and_keeps_families_apart) {
  for (const std::uint64_t seed : {3U, 4U}) {
    const MadeSet set(seed);
    const Quality quality = quality_of(set, find(set.table).pairs);
    EXPECT_GE(quality.precision, 0.95) << "seed " << seed;
    EXPECT_GE(quality.recall, 0.80) << "seed " << seed;
  }
}

TEST(matching, gives_the_same_pairs_every_time_and_by_any_number_of_threads) {
  const MadeSet set(5, 4'000);  // too many for all pairs, so that passes are chosen
  const Found one = find(set.table, 1);
  EXPECT_FALSE(one.passes.empty());
  for (const std::size_t threads : {1U, 2U, 3U}) {
    const Found other = find(set.table, threads);
    ASSERT_EQ(other.pairs.size(), one.pairs.size());
    for (std::size_t at = 0; at < one.pairs.size(); ++at) {
      EXPECT_EQ(other.pairs[at].pair, one.pairs[at].pair);
      EXPECT_EQ(other.pairs[at].weight, one.pairs[at].weight);
    }
  }
}

TEST(matching, compares_symmetrically) {
  const MadeSet set(6);
  const Found found = find(set.table);
  for (const Pair pair : random_pairs(set.table.size(), 20'000)) {
    Outcomes there{};
    Outcomes back{};
    set.table.compare_records(left_of(pair), right_of(pair), there);
    set.table.compare_records(right_of(pair), left_of(pair), back);
    ASSERT_EQ(there, back);
    EXPECT_EQ(weigh_records(found.model, set.table, left_of(pair), there).weight,
              weigh_records(found.model, set.table, right_of(pair), back).weight);
  }
}

TEST(matching, chains_nobody) {
  const MadeSet set(7);
  const Found found = find(set.table);
  ASSERT_FALSE(found.pairs.empty());
  for (const Scored& each : found.pairs) {
    Outcomes outcomes{};
    set.table.compare_records(left_of(each.pair), right_of(each.pair), outcomes);
    const Weighed weighed = weigh_records(found.model, set.table, left_of(each.pair), outcomes);
    EXPECT_EQ(each.weight, weighed.weight) << "a pair stands for its own evidence alone";
    EXPECT_GE(each.weight, kShownWeight);
    EXPECT_GE(each.agreeing, kLeastAgreeing);
  }
}

TEST(matching, a_missing_value_says_nothing) {
  const MadeSet set(8);
  const Found found = find(set.table);
  Outcomes outcomes{};
  outcomes.fill(kMissing);
  const Weighed nothing = weigh(found.model, outcomes, {});
  EXPECT_NEAR(nothing.weight, found.model.prior - std::log2(1 + std::exp2(found.model.related)), 1e-9);
  EXPECT_EQ(nothing.agreeing, 0U);
  for (std::size_t column = 0; column < found.model.columns.size(); ++column) {
    EXPECT_EQ(bits_of(found.model, column, outcomes, 0.5).person, 0) << column;
  }
}

TEST(matching, what_agrees_less_never_says_more) {
  const MadeSet set(9);
  const Found found = find(set.table);
  for (const ColumnModel& column : found.model.columns) {
    for (std::size_t at = 0; at + 1 < outcomes_of(column.comparator); ++at)
      EXPECT_GE(column.m[at] / column.u[at] * (1 + 1e-9), column.m[at + 1] / column.u[at + 1]);
  }
}

TEST(matching, a_rare_value_says_more_than_a_frequent_one) {
  const MadeSet set(10);
  const Found found = find(set.table);
  const ColumnModel& surname = found.model.columns[1];
  EXPECT_LT(rate_of_value(found.model, surname, 2), rate_of_value(found.model, surname, 200));
}

TEST(matching, of_one_kind_of_evidence_nobody_is_suggested) {
  MadeSet set(11);
  Table names(set.rows.size());
  std::vector<std::string_view> texts;
  for (const bench::PersonRow& row : set.rows) texts.emplace_back(row.surname);
  names.add(Field::kSurname, "surname", texts);
  EXPECT_EQ(names.groups(), 1U);
  EXPECT_TRUE(find(names).pairs.empty());
}

TEST(matching, takes_tables_of_nothing_of_one_and_of_equal_records) {
  Table none(0);
  none.add(Field::kEmail, "email", {});
  EXPECT_TRUE(find(none).pairs.empty());
  Table one(1);
  one.add(Field::kEmail, "email", {"ann@acme.example"});
  EXPECT_TRUE(find(one).pairs.empty());
  Table empty(50);
  empty.add(Field::kEmail, "email", std::vector<std::string_view>(50));
  empty.add(Field::kCity, "city", std::vector<std::string_view>(50));
  EXPECT_TRUE(find(empty).pairs.empty());
  // What everybody has tells nobody apart.
  Table equal(300);
  equal.add(Field::kName, "name", std::vector<std::string_view>(300, "John Smith"));
  equal.add(Field::kCity, "city", std::vector<std::string_view>(300, "Leeds"));
  EXPECT_TRUE(find(equal).pairs.empty());
}

TEST(matching, more_columns_than_there_is_room_for_are_refused) {
  Table table(1);
  for (std::size_t at = 0; at < kMostColumns; ++at) table.add(Field::kOther, "x", {"y"});
  EXPECT_THROW(table.add(Field::kOther, "x", {"y"}), std::length_error);
}

TEST(matching_values, are_read_as_people_write_them) {
  struct Row {
    Comparator comparator;
    const char* written;
    const char* normal;
  };
  for (const Row& row : std::vector<Row>{{Comparator::kDate, "1978-12-11", "19781211"},
                                         {Comparator::kDate, "19781211", "19781211"},
                                         {Comparator::kDate, "11/12/1978", "19781211"},
                                         {Comparator::kDate, "1.2.1978", "19780201"},
                                         {Comparator::kDate, "1978-12-11T00:00:00Z", "19781211"},
                                         {Comparator::kDate, "1978", "1978"},
                                         {Comparator::kDate, "0000-00-00", ""},
                                         {Comparator::kDate, "soon", ""},
                                         {Comparator::kPhone, "+61 412 345 678", "412345678"},
                                         {Comparator::kPhone, "0412 345 678", "412345678"},
                                         {Comparator::kPhone, "0000000000", ""},
                                         {Comparator::kPhone, "12", ""},
                                         {Comparator::kEmail, " \"Ann\" <Ann@Acme.Example> ", "ann@acme.example"},
                                         {Comparator::kEmail, "mailto:ann@acme.example", "ann@acme.example"},
                                         {Comparator::kEmail, "no address", ""},
                                         {Comparator::kSurname, "O'Brien", "obrien"},
                                         {Comparator::kSurname, "García", "garcia"},
                                         {Comparator::kPlace, "N/A", ""},
                                         {Comparator::kPlace, "unknown", ""},
                                         {Comparator::kPlace, "St. Kilda", "st kilda"},
                                         {Comparator::kCode, "AB-12 3", "ab123"}}) {
    EXPECT_EQ(value_of(row.comparator, row.written).text, row.normal) << row.written;
  }
  EXPECT_EQ(date_order_of({"1/2/1990", "3/25/1990"}), DateOrder::kMonthFirst);
  EXPECT_EQ(date_order_of({"1/2/1990", "25/3/1990"}), DateOrder::kDayFirst);
  EXPECT_EQ(normalise_date("3/25/1990", DateOrder::kMonthFirst), "19900325");
}

TEST(matching_values, compare_by_how_people_err) {
  struct Row {
    Comparator comparator;
    const char* left;
    const char* right;
    int outcome;
  };
  for (const Row& row : std::vector<Row>{{Comparator::kDate, "1978-12-11", "1978-11-12", 1},
                                         {Comparator::kDate, "1978-12-11", "1978-12-12", 1},
                                         {Comparator::kDate, "1978-12-11", "1978-05-30", 3},
                                         {Comparator::kDate, "1978-12-11", "1955-05-30", 4},
                                         {Comparator::kGiven, "Bob", "Robert", 2},
                                         {Comparator::kGiven, "J", "John", 2},
                                         {Comparator::kGiven, "Ann", "Zoe", 4},
                                         {Comparator::kSurname, "Gorbachev", "Gorbacev", 1},
                                         {Comparator::kEmail, "j.smith@gmail.com", "j.smith@gmail.co", 1},
                                         {Comparator::kEmail, "j.smith@gmail.com", "j.smyth@gmail.com", 2},
                                         {Comparator::kEmail, "john.smith@hotmail.com", "john.smith@outlook.com", 3},
                                         {Comparator::kEmail, "j.smith12@gmail.com", "j.smith13@gmail.com", 4},
                                         {Comparator::kEmail, "a@b.example", "z@y.example", 5},
                                         {Comparator::kNumber, "1999", "1999.0", 0},
                                         {Comparator::kNumber, "1999", "2003", 3},
                                         {Comparator::kPhone, "0412345678", "0412345687", 1}}) {
    const Value left = value_of(row.comparator, row.left);
    const Value right = value_of(row.comparator, row.right);
    EXPECT_EQ(compare(row.comparator, left, right), row.outcome) << row.left << " and " << row.right;
    EXPECT_EQ(compare(row.comparator, right, left), row.outcome) << row.right << " and " << row.left;
  }
}

TEST(matching_values, take_any_bytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 3'000; ++round) {
    std::string one(random() % 40, ' ');
    std::string other(random() % 40, ' ');
    for (char& c : one) c = static_cast<char>(random() % 256);
    for (char& c : other) c = static_cast<char>(random() % 256);
    for (std::size_t at = 0; at <= static_cast<std::size_t>(Comparator::kNumber); ++at) {
      const auto comparator = static_cast<Comparator>(at);
      const Value left = value_of(comparator, one);
      const Value right = value_of(comparator, other);
      if (left.missing() || right.missing()) continue;
      EXPECT_LT(compare(comparator, left, right), outcomes_of(comparator));
      EXPECT_EQ(compare(comparator, left, right), compare(comparator, right, left));
    }
  }
}

/// An installation of made people, some of whom have the handle "john".
const PersonModel& learnt_model() {
  static const PersonModel kModel = [] {
    std::vector<KnownPerson> persons;
    std::size_t number = 0;
    for (const bench::PersonRow& row : bench::people_with_copies(12, 4'000)) {
      PersonFacts facts{row.given_name + " " + row.surname, {}, row.city, row.birth_date, {row.email}, {row.phone}};
      if (++number % 4 == 0) facts.handle = number % 12 == 0 ? "john" : "handle" + std::to_string(row.person);
      persons.push_back(person_of(facts));
    }
    return learn_from(persons, 2);
  }();
  return kModel;
}

struct Case {
  const char* name;
  PersonFacts left;
  PersonFacts right;
  bool suggested;
};

class DecidedCases : public testing::TestWithParam<Case> {};

TEST_P(DecidedCases, of_weighed_evidence) {
  const Case& each = GetParam();
  const KnownPerson left = person_of(each.left);
  const KnownPerson right = person_of(each.right);
  const PersonsWeighed there = weigh_persons(learnt_model(), left, right);
  const PersonsWeighed back = weigh_persons(learnt_model(), right, left);
  EXPECT_EQ(is_suggestion(there.weighed), each.suggested)
      << there.weighed.weight << " bits, " << there.weighed.agreeing;
  EXPECT_EQ(there.weighed.weight, back.weighed.weight);
  EXPECT_EQ(reasons_json(there.outcomes), reasons_json(back.outcomes));
}

INSTANTIATE_TEST_SUITE_P(
    matching, DecidedCases,
    testing::Values(
        Case{"C17_of_a_telling_name",
             {"", "", "", "", {"xanthe.quillfeather@hotmail.com"}, {}},
             {"", "", "", "", {"xanthe.quillfeather@outlook.com"}, {}},
             true},
        Case{"C17_of_a_frequent_name",
             {"", "", "", "", {"john.smith@hotmail.com"}, {}},
             {"", "", "", "", {"john.smith@outlook.com"}, {}},
             false},
        Case{"C18",
             {"John Smith", "", "", "", {"j.smith@gmail.com"}, {}},
             {"John Smith", "", "", "", {"j.smith@gmail.co"}, {}},
             true},
        Case{"C61_with_the_name",
             {"Ann Leeson", "annleeson", "", "", {}, {}},
             {"Ann Leeson", "annleeson", "", "", {}, {}},
             true},
        Case{"C61_without_a_name", {"", "annleeson", "", "", {}, {}}, {"", "annleeson", "", "", {}, {}}, false},
        Case{"C62", {"", "john", "", "", {}, {}}, {"", "john", "", "", {}, {}}, false},
        Case{"C62_with_a_frequent_name",
             {"John Smith", "john", "", "", {}, {}},
             {"John Smith", "john", "", "", {}, {}},
             false},
        Case{"C73", {"John Smith", "", "", "", {}, {}}, {"John Smith", "", "", "", {}, {}}, false},
        Case{"C74",
             {"Xanthe Quillfeather", "", "Leeds", "", {}, {}},
             {"Xanthe Quillfeather", "", "Leeds", "", {}, {}},
             true},
        Case{"C75",
             {"Bob Smith", "", "", "1978-12-11", {}, {"0412345678"}},
             {"Robert Smith", "", "", "1978-11-12", {}, {"+61412345678"}},
             true},
        Case{"C76",
             {"Robert Smith Sr", "", "Leeds", "", {}, {"0412345678"}},
             {"Robert Smith Jr", "", "Leeds", "", {}, {"0412345678"}},
             false},
        Case{"C77_alone", {"José García", "", "", "", {}, {}}, {"Garcia, Jose", "", "", "", {}, {}}, false},
        Case{"C77_with_a_second_one",
             {"José García", "", "", "", {}, {"0412345678"}},
             {"Garcia, Jose", "", "", "", {}, {"0412345678"}},
             true}),
    [](const auto& each) { return each.param.name; });

TEST(known_person, is_stored_and_read_back) {
  const KnownPerson person = person_of(
      {"Dr José García jr.", "@jose", "St. Kilda", "1978-12-11", {"jose@acme.example", "j@b.example"}, {"0412345678"}});
  const KnownPerson again = decode(encode(person));
  EXPECT_EQ(encode(again), encode(person));
  EXPECT_EQ(again.generation, 2);
  EXPECT_EQ(keys_of(learnt_model(), again), keys_of(learnt_model(), person));
  EXPECT_LE(encode(person).size(), 4'000U);
}

TEST(known_person, that_is_damaged_is_read_as_far_as_it_is_whole) {
  const std::string bytes = encode(person_of({"Ann Lee", "", "Leeds", "1978-12-11", {"ann@acme.example"}, {}}));
  for (std::size_t size = 0; size <= bytes.size(); ++size) decode(std::string_view(bytes).substr(0, size));
  std::mt19937 random(2);
  for (int round = 0; round < 2'000; ++round) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    EXPECT_LE(encode(decode(damaged)).size(), 4'000U);
  }
}

TEST(known_person, finds_its_copies_by_shared_keys) {
  std::size_t pairs = 0;
  std::size_t met = 0;
  std::map<std::uint64_t, std::vector<std::vector<std::int64_t>>> keys;
  for (const bench::PersonRow& row : bench::people_with_copies(13, 4'000)) {
    const KnownPerson person =
        person_of({row.given_name + " " + row.surname, "", row.city, row.birth_date, {row.email}, {row.phone}});
    keys[row.person].push_back(keys_of(learnt_model(), person));
  }
  for (const auto& [person, copies] : keys) {
    for (std::size_t i = 0; i < copies.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        std::vector<std::int64_t> both;
        std::set_intersection(copies[i].begin(), copies[i].end(), copies[j].begin(), copies[j].end(),
                              std::back_inserter(both));
        ++pairs;
        met += both.empty() ? 0 : 1;
      }
    }
  }
  EXPECT_GE(static_cast<double>(met) / static_cast<double>(pairs), 0.9);
}

TEST(person_model, is_stored_and_read_back) {
  const PersonModel again = model_from_json(to_json(learnt_model()));
  EXPECT_EQ(again.passes.size(), learnt_model().passes.size());
  const KnownPerson left = person_of({"Bob Smith", "", "Leeds", "1978-12-11", {}, {"0412345678"}});
  const KnownPerson right = person_of({"Robert Smith", "", "Leeds", "1978-11-12", {}, {"0412345678"}});
  EXPECT_NEAR(weigh_persons(again, left, right).weighed.weight,
              weigh_persons(learnt_model(), left, right).weighed.weight, 1e-6);
}

TEST(person_model, that_is_none_is_refused) {
  const std::string good = to_json(learnt_model());
  for (const std::string& text : std::vector<std::string>{
           "", "{}", "[]", "null", R"({"format":2})", good.substr(0, good.size() / 2), "{" + good + "}",
           R"({"format":1,"prior":"x","related":0,"records":1,"copies":0,"columns":[],"passes":[]})"}) {
    EXPECT_THROW(model_from_json(text), std::invalid_argument) << text.substr(0, 60);
  }
}

TEST(reasons, hold_fields_and_outcomes_and_no_value) {
  const KnownPerson left = person_of({"Bob Smith", "", "Leeds", "1978-12-11", {}, {"0412345678"}});
  const KnownPerson right = person_of({"Robert Smith", "", "", "1978-11-12", {}, {"0412345678"}});
  EXPECT_EQ(reasons_json(weigh_persons(learnt_model(), left, right).outcomes),
            R"([{"field":"name","outcome":"similar"},{"field":"birth_date","outcome":"similar"},)"
            R"({"field":"email","outcome":"missing"},{"field":"phone","outcome":"same"},)"
            R"({"field":"city","outcome":"missing"},{"field":"handle","outcome":"missing"}])");
}

}  // namespace
}  // namespace identities::matching
