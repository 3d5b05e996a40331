// Method: names as people and systems write them, and which of them can be one person's; the decided cases by their
// ids. Then properties over all of them: order of the two changes nothing, and a parsed name parses to itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/nicknames.hpp"
#include "core/person_name.hpp"

namespace identities {
namespace {

using enum NameAgreement;

std::string joined(const PersonName& name) {
  std::string text;
  for (const std::string& token : name.tokens) text += (text.empty() ? "" : " ") + token;
  return text + (name.suffix.empty() ? "" : " " + name.suffix);
}

struct Written {
  const char* text;
  const char* parsed;
};

const Written kWritten[] = {
    {"José García", "jose garcia"},
    {"García, Dr José jr.", "jose garcia jr"},
    {"Garcia, Jose", "jose garcia"},
    {"Smith, John, Jr.", "john smith jr"},
    {"Dr. Prof. Ann Lee, PhD", "ann lee"},
    {"Sr. Juan Pérez", "juan perez"},
    {"Juan Perez Sr.", "juan perez sr"},
    {"Robert Smith III", "robert smith iii"},
    {"Robert Smith 2nd", "robert smith ii"},
    {"O'Brien, Conor", "conor obrien"},
    {"Conor O\u2019Brien", "conor obrien"},
    {"Anne-Marie Smith-Jones", "anne marie smith jones"},
    {"J.R. Smith", "j r smith"},
    {"Михаил Горбачёв", "mihail gorbacev"},
    {"Ελένη Παπαδοπούλου", "elene papadopoulou"},
    {"Bjørn Åse", "bjorn ase"},
    {"Jürgen Groß", "jurgen gross"},
    {"Łukasz Żak", "lukasz zak"},
    {"ＡＮＮ　ＬＥＥ", "ann lee"},
    {"Ann (she/her) Lee", "ann she her lee"},
    {"Mr Junior", "junior"},
    {"Neymar Junior", "neymar junior"},
    {"Sr", "sr"},
    {"", ""},
    {"   ", ""},
    {"...", ""},
    {"12345", ""},
    {"+61 412 345 678", ""},
    {"ann@acme.io", ""},
    {"Unknown", ""},
    {"unknown caller", ""},
    {"N/A", ""},
    {"[test] - user", ""},
    {"Mr Unknown", ""},
    {"a jr, mr", "a jr"},
    {"😀😀", ""},
};

TEST(Names, are_parsed_to_given_names_surname_and_suffix) {
  for (const Written& row : kWritten) EXPECT_EQ(joined(parse_name(row.text)), row.parsed) << row.text;
}

TEST(Names, in_chinese_and_japanese_have_latin_tokens) {
  for (const char* text : {"李伟", "山田 太郎", "김철수", "محمد علي", "דוד כהן"})
    for (const std::string& token : parse_name(text).tokens)
      EXPECT_TRUE(std::all_of(token.begin(), token.end(), [](char c) { return c >= 'a' && c <= 'z'; })) << token;
  EXPECT_EQ(joined(parse_name("李伟")), "li wei");
}

struct Pair {
  const char* id;
  const char* left;
  const char* right;
  NameAgreement agreement;
  bool same_address = false;
};

const Pair kPairs[] = {
    {"C19", "Ann Lee", "Bo Chan", kIncompatible},
    {"C20", "Ann Lee", "A. Lee", kCompatible},
    {"C27", "Edward Kusha", "Mary Kusha", kIncompatible, true},
    {"C28", "Tom Smith", "T Smith", kCompatible, true},
    {"C45", "Ann Lee", "Bo Lee", kIncompatible},
    {"C46", "Ann Lee", "Annie Lee", kCompatible},
    {"C47", "Ann Lee", "Annie Lee", kCompatible},
    {"C48", "Ann Lee", "Raj Patel", kIncompatible},
    {"C49", "Ann", "", kMissing},
    {"C75", "Bob Smith", "Robert Smith", kCompatible},
    {"C76", "Robert Smith Sr", "Robert Smith Jr", kIncompatible},
    {"C76 at one address", "Robert Smith Sr", "Robert Smith Jr", kIncompatible, true},
    {"C77", "José García", "Garcia, Jose", kCompatible},
    {"C78", "Михаил Горбачёв", "Mikhail Gorbachev", kCompatible, true},
    {"C78 elsewhere", "Михаил Горбачёв", "Mikhail Gorbachev", kCompatible},
    {"C79", "Li Wei", "Wei Li", kCompatible},
    {"C80", "Mary Jones", "Mary Taylor", kCompatible, true},
    {"C80 without the address", "Mary Jones", "Mary Taylor", kIncompatible},
    {"an initial is no first name", "M Jones", "M Taylor", kIncompatible, true},
    {"junior is the second", "John Smith Jr", "John Smith II", kCompatible},
    {"one suffix is missing", "John Smith Jr", "John Smith", kCompatible},
    {"a middle name", "John Michael Smith", "John Smith", kCompatible},
    {"a typo in the surname", "Xanthe Quillfeather", "Xanthe Quilfeather", kCompatible},
    {"a nickname and another surname", "Bob Smith", "Robert Taylor", kIncompatible},
    {"only the first name", "Ann", "Ann Lee", kCompatible},
    {"only its nickname", "Bob", "Robert Lee", kCompatible},
    {"only the surname", "Mr Lee", "Ann Lee", kCompatible},
    {"one word and another name", "Zoe", "Ann Lee", kIncompatible},
    {"an initial alone", "A", "Ann Lee", kIncompatible},
    {"nobody", "unknown", "Ann Lee", kMissing},
    {"alike by Jaro-Winkler alone", "Patrick Lee", "Patricia Lee", kCompatible},
};

TEST(Names, are_compatible_or_not_as_decided) {
  for (const Pair& row : kPairs) {
    const PersonName left = parse_name(row.left);
    const PersonName right = parse_name(row.right);
    EXPECT_EQ(compare_names(left, right, row.same_address), row.agreement) << row.id;
    EXPECT_EQ(compare_names(right, left, row.same_address), row.agreement) << row.id << ", the other way round";
  }
}

TEST(Names, of_any_two_compare_the_same_both_ways) {
  std::vector<PersonName> names;
  for (const Written& row : kWritten) names.push_back(parse_name(row.text));
  for (const Pair& row : kPairs) names.push_back(parse_name(row.left)), names.push_back(parse_name(row.right));
  for (const PersonName& left : names) {
    for (const PersonName& right : names)
      for (const bool same : {false, true})
        EXPECT_EQ(compare_names(left, right, same), compare_names(right, left, same))
            << joined(left) << ", " << joined(right);
    EXPECT_EQ(compare_names(left, left, false), left.tokens.empty() ? kMissing : kCompatible);
  }
}

TEST(Names, that_were_parsed_parse_to_themselves) {
  for (const Written& row : kWritten) {
    const PersonName name = parse_name(row.text);
    EXPECT_EQ(joined(parse_name(joined(name))), joined(name)) << row.text;
  }
}

TEST(Names, do_not_depend_on_case_marks_and_spaces) {
  for (const char* text :
       {"jose garcia", "JOSE GARCIA", " José  García ", "Jose\u0301 Garci\u0301a", "José\u00A0García", "García,José"})
    EXPECT_EQ(joined(parse_name(text)), "jose garcia") << text;
}

TEST(Names, that_are_very_long_are_cut) {
  const std::string text = [] {
    std::string all;
    for (int at = 0; at < 100'000; ++at) all += "ab ";
    return all;
  }();
  EXPECT_EQ(parse_name(text).tokens.size(), 16U);
}

TEST(Nicknames, are_of_one_name_and_not_of_two) {
  EXPECT_TRUE(is_nickname("bob", "robert"));
  EXPECT_TRUE(is_nickname("robert", "bob"));
  EXPECT_TRUE(is_nickname("bill", "will"));
  EXPECT_TRUE(is_nickname("pepe", "jose"));
  EXPECT_TRUE(is_nickname("misha", "mihail"));
  EXPECT_TRUE(is_nickname("pat", "patrick"));
  EXPECT_TRUE(is_nickname("pat", "patricia"));
  EXPECT_FALSE(is_nickname("patrick", "patricia"));
  EXPECT_FALSE(is_nickname("bob", "bob"));
  EXPECT_FALSE(is_nickname("", "bob"));
  EXPECT_FALSE(is_nickname("bob", "zoe"));
}

TEST(Nicknames, stand_as_parsed_names_do_and_once_in_a_group) {
  std::size_t pairs = 0;
  for (const std::string_view group : nickname_groups()) {
    std::set<std::string> seen;
    std::size_t count = 0;
    for (std::size_t at = 0; at < group.size();) {
      const auto end = std::min(group.find(' ', at), group.size());
      const std::string name(group.substr(at, end - at));
      EXPECT_TRUE(!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
          << group;
      EXPECT_TRUE(seen.insert(name).second) << name << " stands twice in: " << group;
      ++count;
      at = end + 1;
    }
    EXPECT_GE(count, 2U) << group;
    pairs += count * (count - 1) / 2;
  }
  EXPECT_GE(pairs, 250U);
}

}  // namespace
}  // namespace identities
