// Method: values that were published, the properties a distance has, and a plain dynamic programme as a second opinion.
#include "core/string_distance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace identities {
namespace {

struct Alike {
  const char* left;
  const char* right;
  double value;
};

// Winkler, "String Comparator Metrics and Enhanced Decision Rules in the Fellegi-Sunter Model of Record Linkage"
// (1990), table 1, and Winkler, "Overview of Record Linkage and Current Research Directions" (2006), table 6.
TEST(jaro_winkler, gives_the_published_values) {
  for (const Alike& row : std::vector<Alike>{{"MARTHA", "MARHTA", 0.961},
                                             {"DWAYNE", "DUANE", 0.840},
                                             {"DIXON", "DICKSONX", 0.813},
                                             {"SHACKLEFORD", "SHACKELFORD", 0.982},
                                             {"DUNNINGHAM", "CUNNIGHAM", 0.896},
                                             {"NICHLESON", "NICHULSON", 0.956},
                                             {"JONES", "JOHNSON", 0.832},
                                             {"MASSEY", "MASSIE", 0.933},
                                             {"ABROMS", "ABRAMS", 0.922},
                                             {"HARDIN", "MARTINEZ", 0.722},
                                             {"ITMAN", "SMITH", 0.467},
                                             {"JERALDINE", "GERALDINE", 0.926},
                                             {"MICHELLE", "MICHAEL", 0.921},
                                             {"JULIES", "JULIUS", 0.933},
                                             {"TANYA", "TONYA", 0.880},
                                             {"SEAN", "SUSAN", 0.805},
                                             {"JON", "JOHN", 0.933},
                                             {"JON", "JAN", 0.800}}) {
    EXPECT_NEAR(jaro_winkler(row.left, row.right), row.value, 0.0006) << row.left << " and " << row.right;
  }
}

TEST(jaro_winkler, of_nothing_and_of_equal_texts) {
  EXPECT_EQ(jaro_winkler("", ""), 1);
  EXPECT_EQ(jaro_winkler("a", ""), 0);
  EXPECT_EQ(jaro_winkler("", "a"), 0);
  EXPECT_EQ(jaro_winkler("a", "a"), 1);
  EXPECT_EQ(jaro_winkler("a", "b"), 0);
  EXPECT_EQ(jaro_winkler("abc", "xyz"), 0);
}

TEST(jaro_winkler, takes_bytes_beyond_ascii) {
  EXPECT_EQ(jaro_winkler("\xff\xfe", "\xff\xfe"), 1);
  EXPECT_GT(jaro_winkler("m\xc3\xbcller", "m\xc3\xbcller "), 0.9);
}

std::string random_word(std::mt19937& random, std::size_t longest, const std::string& letters) {
  std::string word(random() % (longest + 1), ' ');
  for (char& c : word) c = letters[random() % letters.size()];
  return word;
}

TEST(jaro_winkler, stays_between_0_and_1_and_gives_1_for_equal_texts_only) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string left = random_word(random, 90, "abcd");
    const std::string right = random_word(random, 90, "abcd");
    const double value = jaro_winkler(left, right);
    EXPECT_GE(value, 0);
    EXPECT_LE(value, 1);
    EXPECT_EQ(value == 1, left == right) << left << " and " << right;
  }
}

TEST(jaro_winkler, counts_the_same_by_words_of_bits_and_without) {
  // The same letters in front of both move nothing but the lengths, so long texts are held to the formula by hand.
  const std::string run(70, 'x');
  const double jaro = (70.0 / 71 + 70.0 / 71 + 1) / 3;
  EXPECT_NEAR(jaro_winkler(run + "a", run + "b"), jaro + 0.4 * (1 - jaro), 1e-12);
  const std::string swapped = run + "ab";
  const double transposed = (1 + 1 + 71.0 / 72) / 3;
  EXPECT_NEAR(jaro_winkler(swapped, run + "ba"), transposed + 0.4 * (1 - transposed), 1e-12);
}

TEST(alignment, counts_edits) {
  struct Row {
    const char* left;
    const char* right;
    int edits;
  };
  for (const Row& row : std::vector<Row>{{"", "", 0},
                                         {"", "abc", 3},
                                         {"kitten", "sitting", 3},
                                         {"saturday", "sunday", 3},
                                         {"abcdef", "abdcef", 1},
                                         {"ca", "abc", 3},  // 2 without the restriction on what was edited
                                         {"1978-12-11", "1978-11-12", 2},
                                         {"19781211", "19871211", 1},
                                         {"smith", "smyth", 1}}) {
    EXPECT_EQ(alignment_distance(row.left, row.right, 9), row.edits) << row.left << " and " << row.right;
    EXPECT_EQ(alignment_distance(row.right, row.left, 9), row.edits) << row.right << " and " << row.left;
  }
}

TEST(alignment, says_one_more_than_the_limit_where_there_are_more) {
  EXPECT_EQ(alignment_distance("abcdef", "uvwxyz", 2), 3);
  EXPECT_EQ(alignment_distance("a", "abcdefgh", 2), 3);
  EXPECT_EQ(alignment_distance("abc", "abd", 0), 1);
  EXPECT_EQ(alignment_distance("abc", "abc", 0), 0);
  EXPECT_EQ(alignment_distance("abc", "abd", -5), 1);
}

/// The textbook's table, whole and without a limit.
int plain_distance(const std::string& left, const std::string& right) {
  std::vector<std::vector<int>> table(left.size() + 1, std::vector<int>(right.size() + 1));
  for (std::size_t i = 0; i <= left.size(); ++i) {
    for (std::size_t j = 0; j <= right.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = static_cast<int>(i + j);
        continue;
      }
      table[i][j] = std::min(
          {table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (left[i - 1] != right[j - 1] ? 1 : 0)});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
      }
    }
  }
  return table[left.size()][right.size()];
}

TEST(alignment, equals_the_whole_table_with_every_limit) {
  std::mt19937 random(11);
  for (int i = 0; i < 4'000; ++i) {
    const std::size_t longest = i % 50 == 0 ? 90 : 9;
    const std::string left = random_word(random, longest, "abc");
    const std::string right = random_word(random, longest, "abc");
    const int edits = plain_distance(left, right);
    for (const int at_most : {0, 1, 2, 3, 200}) {
      EXPECT_EQ(alignment_distance(left, right, at_most), std::min(edits, at_most + 1)) << left << " " << right;
    }
  }
}

TEST(double_metaphone, codes_words_as_the_article_does) {
  struct Row {
    const char* word;
    const char* primary;
    const char* other;
  };
  for (const Row& row : std::vector<Row>{{"smith", "SM0", "XMT"},
                                         {"schmidt", "XMT", "SMT"},
                                         {"thomas", "TMS", "TMS"},
                                         {"caesar", "SSR", "SSR"},
                                         {"xavier", "SF", "SFR"},
                                         {"jose", "HS", "HS"},
                                         {"cabrillo", "KPRL", "KPR"},
                                         {"michael", "MKL", "MXL"},
                                         {"chianti", "KNT", "KNT"},
                                         {"filipowicz", "FLPT", "FLPF"},
                                         {"wasserman", "ASRM", "FSRM"},
                                         {"arnow", "ARN", "ARNF"},
                                         {"bough", "P", "P"},
                                         {"laugh", "LF", "LF"},
                                         {"tagliaro", "TKLR", "TLR"},
                                         {"biaggi", "PJ", "PK"},
                                         {"mcclelland", "MKLL", "MKLL"},
                                         {"knight", "NT", "NT"},
                                         {"wright", "RT", "RT"},
                                         {"psalm", "SLM", "SLM"},
                                         {"sugar", "XKR", "SKR"},
                                         {"zhao", "J", "J"},
                                         {"breaux", "PR", "PR"},
                                         {"rogier", "RJ", "RJR"},
                                         {"dumb", "TM", "TM"},
                                         {"garcia", "KRS", "KRX"},
                                         {"", "", ""},
                                         {"1-2", "", ""}}) {
    const auto [primary, other] = double_metaphone(row.word);
    EXPECT_EQ(primary, row.primary) << row.word;
    EXPECT_EQ(other, row.other) << row.word;
  }
}

TEST(double_metaphone, ignores_case_and_cuts_at_the_length) {
  EXPECT_EQ(double_metaphone("SCHWARZENEGGER"), double_metaphone("schwarzenegger"));
  EXPECT_EQ(double_metaphone("mississippi", 2).first, "MS");
  EXPECT_EQ(double_metaphone("mississippi", 0).first, "");
}

TEST(double_metaphone, takes_any_bytes) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string word(random() % 12, ' ');
    for (char& c : word) c = static_cast<char>(random() % 256);
    EXPECT_LE(double_metaphone(word).first.size(), 4U);
  }
}

}  // namespace
}  // namespace identities
