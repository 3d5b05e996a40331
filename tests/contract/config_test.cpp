#include "config.hpp"

#include <gmock/gmock.h>

#include "bundle.hpp"
#include "json_file.hpp"
#include "schema_check.hpp"

namespace helpdesk {
namespace {

using ::testing::HasSubstr;

// What a host says to this configuration file, "" when it takes it.
std::string refusal_of(const contract::Bundle& bundle) {
  const auto manifest = read_manifest(bundle.manifest_file());
  const auto config = read_config(bundle.config_file());
  if (!config) return config.error().message;
  const auto text = plugin_config(*config, *manifest);
  return text ? "" : text.error().message;
}

TEST(config, the_plugin_gets_its_part_and_neither_secrets_nor_the_hosts_part) {
  const contract::Bundle bundle;
  const auto manifest = read_manifest(bundle.manifest_file());
  const auto config = read_config(bundle.config_file());
  ASSERT_TRUE(config) << config.error().message;
  const auto text = plugin_config(*config, *manifest);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, R"({"color":"red"})");
}

TEST(config, a_secret_loses_its_last_newline) {
  const contract::Bundle bundle;
  const auto config = read_config(bundle.config_file());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->secrets.at("greeting"), "hello");
}

TEST(config, a_secret_file_that_others_may_read_is_refused) {
  const contract::Bundle bundle;
  std::filesystem::permissions(bundle.folder() / "greeting.secret",
                               std::filesystem::perms::owner_read | std::filesystem::perms::group_read);
  EXPECT_THAT(refusal_of(bundle), HasSubstr("greeting.secret: expected a secret file for its owner alone (chmod 600), "
                                            "found mode 440"));
}

TEST(config, every_fault_against_the_schema_is_told_once) {
  const auto object = parse_json_object(R"({"size":0,"names":["ok","No","1"],"hue":1})", "file");
  const contract::Bundle bundle;
  const auto schema = read_json_object(bundle.folder() / "config.schema.json");
  ASSERT_TRUE(schema) << schema.error().message;
  std::vector<std::string> faults;
  for (const Refusal& fault : schema_faults(*object, "file", *schema, "schema")) faults.push_back(fault.message);
  EXPECT_THAT(faults,
              ::testing::UnorderedElementsAre(HasSubstr("Missing required property 'color'"), HasSubstr("/size: "),
                                              HasSubstr("/names/1: "), HasSubstr("/names/2: "), HasSubstr("'hue'")));
}

TEST(config, a_document_that_keeps_the_schema_has_no_fault) {
  const auto object = parse_json_object(R"({"color":"red"})", "file");
  const contract::Bundle bundle;
  const auto schema = read_json_object(bundle.folder() / "config.schema.json");
  EXPECT_TRUE(schema_faults(*object, "file", *schema, "schema").empty());
}

TEST(config, a_missing_secret_file_is_named) {
  const contract::Bundle bundle;
  std::filesystem::remove(bundle.folder() / "greeting.secret");
  EXPECT_THAT(refusal_of(bundle), HasSubstr("greeting.secret: expected a readable file"));
}

TEST(config, a_missing_file_is_named) {
  const contract::Bundle bundle;
  std::filesystem::remove(bundle.config_file());
  EXPECT_THAT(refusal_of(bundle), HasSubstr("config.json: expected a readable file"));
}

TEST(config, a_folder_in_its_place_is_refused) {
  const contract::Bundle bundle;
  std::filesystem::remove(bundle.config_file());
  std::filesystem::create_directory(bundle.config_file());
  EXPECT_THAT(refusal_of(bundle), HasSubstr("expected a regular file"));
}

TEST(config, a_secret_file_with_a_line_break_in_its_name_is_refused_in_one_line) {
  const contract::Bundle bundle;
  bundle.write("config.json", R"({"secrets":{"a":{"file":"no\nfile"}}})");
  EXPECT_THAT(refusal_of(bundle), HasSubstr("/no file: expected a readable file"));
}

struct BadConfig {
  const char* name;
  std::string text;
  std::string says;
};

class ConfigTable : public ::testing::TestWithParam<BadConfig> {};

TEST_P(ConfigTable, is_refused_in_one_line) {
  const contract::Bundle bundle;
  bundle.write("config.json", GetParam().text);
  const std::string refusal = refusal_of(bundle);
  EXPECT_THAT(refusal, HasSubstr(GetParam().says));
  EXPECT_THAT(refusal, HasSubstr("config.json: "));
  EXPECT_EQ(refusal.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    config, ConfigTable,
    ::testing::Values(
        BadConfig{"empty", "", "expected one JSON object, found nothing"},
        BadConfig{"only_space", " \n\t", "expected one JSON object, found nothing"},
        BadConfig{"half_written", "{\"color\": \"re", "the file ends in the middle"},
        BadConfig{"no_json", "color = red", "line 1, column 1: expected JSON"},
        BadConfig{"fault_in_the_third_line", "{\n\"color\": \"red\",\n  size: 1}", "line 3, column 3: expected JSON"},
        BadConfig{"two_documents", "{\"color\":\"red\"} {}", "expected JSON"},
        BadConfig{"an_array", "[]", "expected one JSON object, found an array"},
        BadConfig{"a_text_that_would_act_on_a_terminal", "\"a\x7f\"", "expected one JSON object, found \"a \""},
        BadConfig{"name_twice", "{\"color\":\"red\",\"color\":\"red\"}", "/color: expected each name once"},
        BadConfig{"too_deep", "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}", "expected JSON"},
        BadConfig{"too_large", "{\"color\":\"" + std::string(max_json_file_bytes, 'x') + "\"}",
                  "at most 1048576 bytes"},
        BadConfig{"string_too_long", "{\"names\":[\"" + std::string(20'000, 'x') + "\"]}", "at most 16384 bytes"},
        BadConfig{"schema_required", "{}", "Missing required property 'color'"},
        BadConfig{"schema_enum", "{\"color\":\"blue\"}", "/color: "},
        BadConfig{"schema_type", "{\"color\":\"red\",\"size\":\"big\"}", "/size: "},
        BadConfig{"schema_found", "{\"color\":\"red\",\"size\":\"big\"}", "found \"big\""},
        BadConfig{"schema_expected", "{\"color\":\"red\",\"size\":0}", "minimum 1"},
        BadConfig{"schema_element", "{\"color\":\"red\",\"names\":[\"a\",\"B\"]}", "/names/1: "},
        BadConfig{"schema_unknown_field", "{\"color\":\"red\",\"shape\":1}", "shape"},
        BadConfig{"unknown_field_with_a_line_break", "{\"color\":\"red\",\"sha\\npe\":1}", "sha pe"},
        BadConfig{"name_with_a_line_break_twice", "{\"a\\nb\":1,\"a\\nb\":1}", "/a b: expected each name once"},
        BadConfig{"secrets_no_object", "{\"color\":\"red\",\"secrets\":[]}", "/secrets: expected an object"},
        BadConfig{"secret_no_object", "{\"secrets\":{\"a\":\"b\"}}", "/secrets/a: expected an object"},
        BadConfig{"secret_without_file", "{\"secrets\":{\"a\":{}}}",
                  "/secrets/a/file: expected the path of a file, found nothing"},
        BadConfig{"secret_inline", "{\"secrets\":{\"a\":{\"file\":\"greeting.secret\",\"value\":\"x\"}}}",
                  "/secrets/a/value"},
        BadConfig{"secret_name", "{\"secrets\":{\"a b\":{\"file\":\"x\"}}}", "/secrets/a b: expected a name"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace helpdesk
