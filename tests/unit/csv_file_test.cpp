// Method: files as other programs write them, and as nobody should; each fault by a row with what its error must say.
#include "cli/csv_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/commands.hpp"

namespace identities::cli {
namespace {

using testing::HasSubstr;

class CsvFiles : public testing::Test {
 protected:
  CsvFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "csv.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~CsvFiles() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& text) {
    std::filesystem::path path = folder_ / "input.csv";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  template <typename Work>
  static std::string error_of(Work&& work) {
    try {
      work();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "no error";
  }
  std::filesystem::path folder_;
};

TEST_F(CsvFiles, are_read_as_other_programs_write_them) {
  struct Row {
    const char* name;
    std::string text;
  };
  for (const Row& row : std::vector<Row>{{"plain", "id,name\n1,Ann\n2,Bo\n"},
                                         {"CRLF", "id,name\r\n1,Ann\r\n2,Bo\r\n"},
                                         {"byte order mark", "\xef\xbb\xbfid,name\n1,Ann\n2,Bo\n"},
                                         {"no last newline", "id,name\n1,Ann\n2,Bo"},
                                         {"quotes", "\"id\",\"name\"\n\"1\",\"Ann\"\n2,Bo\n"},
                                         {"semicolons", "id;name\n1;Ann\n2;Bo\n"},
                                         {"tabs", "id\tname\n1\tAnn\n2\tBo\n"},
                                         {"empty lines", "id,name\n\n1,Ann\n\n2,Bo\n\n"}}) {
    const CsvFile file(write(row.text));
    ASSERT_EQ(file.rows(), 2U) << row.name;
    EXPECT_EQ(file.header()[1], "name") << row.name;
    EXPECT_EQ(file.cell(0, 1), "Ann") << row.name;
    EXPECT_EQ(file.cell(1, 1), "Bo") << row.name;
  }
  const CsvFile file(write("id,name\n1,\"Lee, \"\"Ann\"\"\nof Leeds\"\n2,Bo\n"));
  EXPECT_EQ(file.cell(0, 1), "Lee, \"Ann\"\nof Leeds");
  EXPECT_EQ(file.line_of(1), 4U);
}

TEST_F(CsvFiles, that_are_broken_are_refused_with_line_and_advice) {
  struct Row {
    std::string text;
    const char* says;
  };
  for (const Row& row :
       std::vector<Row>{{"", "line 1: the file is empty; expected a line with the names"},
                        {"id,name\n1\n", "line 2: 1 fields, expected 2"},
                        {"id,name\n1,a,b\n", "line 2: 3 fields, expected 2"},
                        {"id,name\n1,\"Ann\n2,Bo\n", "line 2: a field begins with a quote that nothing"},
                        {"id,name\n1,\"Ann\"x\n", "line 2: text behind a closing quote"},
                        {std::string("id,name\n1,A\0n\n", 14), "line 2: a NUL byte"},
                        {std::string("id,name\n1,\"A\0n\"\n", 16), "line 2: a NUL byte"},
                        {"id,name\n1,\xe9\n", "line 2: bytes that are not UTF-8"},
                        {std::string("\xff\xfei\0d\0", 6), "line 1: the file is UTF-16"},
                        {"id,id\n1,2\n", "line 1: two columns are called \"id\""},
                        {std::string(2'000'000, 'x'), "a record of more than 1024 KB"},
                        {std::string(2'000, ','), "more than 1000 columns"}}) {
    const std::filesystem::path path = write(row.text);
    EXPECT_THAT(error_of([&] { CsvFile file(path); }), HasSubstr(row.says));
  }
  EXPECT_THAT(error_of([&] { CsvFile file(folder_ / "none.csv"); }), HasSubstr("there is no such file"));
  EXPECT_THAT(error_of([&] { CsvFile file{folder_}; }), HasSubstr("is a folder"));
}

TEST_F(CsvFiles, are_written_with_quotes_where_they_are_needed) {
  EXPECT_EQ(csv_field("rec-1"), "rec-1");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("a\"b"), "\"a\"\"b\"");
}

TEST_F(CsvFiles, matching_refuses_a_mapping_that_is_none_and_leaves_no_file) {
  const std::filesystem::path input = write("id,sur,mail\n1,Lee,a@b.net\n2,Lee,a@b.net\n");
  struct Row {
    std::vector<std::string> map;
    const char* says;
  };
  for (const Row& row :
       std::vector<Row>{{{"id"}, "\"id\" is no mapping; expected column=field"},
                        {{"id=id", "surname=surname"}, "there is no column \"surname\"; the file has id, sur, mail"},
                        {{"id=id", "sur=last"}, "there is no field \"last\"; the fields are id, name"},
                        {{"sur=surname"}, "no column is the id"},
                        {{"id=id", "sur=id"}, "two columns are the id"},
                        {{"id=id"}, "nothing to compare"},
                        {{"id=id", "mail=email", "mail=other"}, "the column \"mail\" is mapped twice"},
                        {{"id=id", "sur=surname"}, "one kind of evidence"},
                        {{"sur=id", "mail=email", "id=other"}, "lines 2 and 3 have the same id"}}) {
    MatchOptions options{input, folder_ / "pairs.csv", row.map, 3, false, 1};
    EXPECT_THAT(error_of([&] { match(options); }), HasSubstr(row.says));
    EXPECT_FALSE(std::filesystem::exists(options.output));
  }
  MatchOptions nowhere{input, folder_ / "none" / "pairs.csv", {"id=id", "sur=surname", "mail=email"}, 3, false, 1};
  EXPECT_THAT(error_of([&] { match(nowhere); }), HasSubstr("cannot be written"));
}

TEST_F(CsvFiles, matching_replaces_neither_what_it_reads_nor_what_is_no_file) {
  const std::string text = "id,sur,mail\n1,Lee,a@b.net\n2,Lee,a@b.net\n";
  const std::filesystem::path input = write(text);
  const auto run = [&](const std::filesystem::path& output) {
    match({input, output, {"id=id", "sur=surname", "mail=email"}, 3, false, 1});
  };
  const auto read = [](const std::filesystem::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::filesystem::path link = folder_ / "link.csv";
  std::filesystem::create_symlink(input, link);
  for (const std::filesystem::path& same : {input, link, folder_ / "." / input.filename()})
    EXPECT_THAT(error_of([&] { run(same); }), HasSubstr("is the file that is read"));
  EXPECT_EQ(read(input), text);
  EXPECT_THAT(error_of([&] { run(folder_); }), HasSubstr("is a folder"));
  EXPECT_THAT(error_of([&] { run("/dev/full"); }), HasSubstr("cannot be written: No space left"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));

  // A link leads to the result, and one that waits for the half-written file is not followed.
  const std::filesystem::path output = folder_ / "pairs.csv";
  const std::filesystem::path leads_here = folder_ / "leads-here.csv";
  std::filesystem::create_symlink(output, leads_here);
  std::filesystem::create_symlink(input, folder_ / "pairs.csv.partial");
  run(output);
  run(leads_here);
  EXPECT_TRUE(std::filesystem::is_symlink(leads_here));
  EXPECT_THAT(read(output), testing::StartsWith("id_l,id_r,weight\n"));
  EXPECT_EQ(read(input), text);
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    left += entry.path().string().ends_with(".partial") ? 1 : 0;
  EXPECT_EQ(left, 1U) << "the link alone";
}

TEST_F(CsvFiles, matching_writes_pairs_with_reasons_that_hold_no_value) {
  std::string text = "id,name,born,mail\n";
  for (int person = 0; person < 200; ++person) {
    const std::string row = fmt::format("Q{}ard{} Zu{}mer,{}-0{}-1{},m{}@post.net\n",
                                        static_cast<char>('a' + person % 26), static_cast<char>('a' + person / 26),
                                        person, 1940 + person % 60, 1 + person % 9, person % 10, person);
    text += fmt::format("a{},{}", person, row);
    if (person % 4 == 0) text += fmt::format("b{},{}", person, row);
  }
  MatchOptions options{
      write(text), folder_ / "pairs.csv", {"id=id", "name=name", "born=birth_date", "mail=email"}, 3, true, 2};
  match(options);
  const CsvFile pairs(options.output);
  EXPECT_EQ(pairs.header(), (std::vector<std::string_view>{"id_l", "id_r", "weight", "reasons"}));
  EXPECT_EQ(pairs.rows(), 50U);
  for (std::size_t row = 0; row < pairs.rows(); ++row) {
    EXPECT_EQ(pairs.cell(row, 0).substr(1), pairs.cell(row, 1).substr(1));
    EXPECT_THAT(std::string(pairs.cell(row, 3)), HasSubstr("born same; mail same"));
  }
}

}  // namespace
}  // namespace identities::cli
