// The binary layout of plugin.h and host.h is what layout/lp64.txt says, in C11 and in C++20: a plugin that was built
// against an older header is loaded by a newer host, and the other way round.
#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

extern "C" {
std::size_t layout_in_c(char* text, std::size_t size);
std::size_t layout_in_cpp(char* text, std::size_t size);
}

namespace {

constexpr const char* advice =
    "Fields may only be appended: a field that moves, changes its size or goes away breaks every plugin and host that "
    "was built before. Where a field or a struct was appended, add its lines to layout/lp64.txt and layout/layout.inc.";

std::string content_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string layout_by(std::size_t (*function)(char*, std::size_t)) {
  std::string text(64 * 1024, '\0');
  text.resize(function(text.data(), text.size()));
  return text;
}

std::string golden() {
  return content_of(LAYOUT_FOLDER "/lp64.txt");
}

struct Language {
  const char* name;
  std::size_t (*layout)(char*, std::size_t);
};

class Layout : public ::testing::TestWithParam<Language> {};

TEST_P(Layout, is_the_one_that_was_promised) {
  if (sizeof(void*) != 8 || sizeof(long) != 8) GTEST_SKIP() << "the table is for LP64";
  EXPECT_EQ(layout_by(GetParam().layout), golden()) << advice;
}

INSTANTIATE_TEST_SUITE_P(header, Layout,
                         ::testing::Values(Language{"c11", &layout_in_c}, Language{"cpp20", &layout_in_cpp}),
                         [](const auto& row) { return row.param.name; });

// Without gaps no field can have been forgotten in the table, and no compiler can pad differently.
TEST(layout, fields_follow_each_other_without_a_gap_to_the_structs_end) {
  std::istringstream lines(golden());
  const std::regex head("struct (\\w+) size (\\d+)");
  const std::regex field("  (\\w+) at (\\d+) size (\\d+)");
  std::string name;
  std::size_t next = 0;
  std::size_t size = 0;
  int structs = 0;
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, found, field)) {
      EXPECT_EQ(std::stoul(found[2]), next) << name << "." << found[1];
      next = std::stoul(found[2]) + std::stoul(found[3]);
      continue;
    }
    EXPECT_EQ(next, size) << name;
    next = size = 0;
    if (!std::regex_match(line, found, head)) continue;
    ++structs;
    name = found[1];
    size = std::stoul(found[2]);
  }
  EXPECT_GE(structs, 10);
}

std::set<std::string> names_in(const std::string& text, const char* pattern) {
  std::set<std::string> names;
  const std::regex wanted(pattern);
  for (auto at = std::sregex_iterator(text.begin(), text.end(), wanted); at != std::sregex_iterator(); ++at) {
    names.insert((*at)[1]);
  }
  return names;
}

TEST(layout, every_struct_and_constant_of_the_headers_is_in_the_table) {
  const std::string headers = content_of(HEADER_FOLDER "/plugin.h") + content_of(HEADER_FOLDER "/host.h");
  EXPECT_EQ(names_in(golden(), "struct (\\w+) size"), names_in(headers, "typedef struct (\\w+) \\{")) << advice;
  std::set<std::string> constants = names_in(headers, "#define (HD_[A-Z_]+)[ \\\\]");
  constants.erase("HD_EXPORT");
  EXPECT_EQ(names_in(golden(), "constant (\\w+) "), constants) << advice;
}

}  // namespace
