// The section "hdhost" of the configuration.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "bundle.hpp"
#include "hdhost_process.hpp"

namespace contract {
namespace {

using ::testing::HasSubstr;

TEST(settings, check_says_that_all_is_in_order_and_starts_nothing) {
  const Bundle bundle;
  const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file(), "--check"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.output, HasSubstr("in order"));
  EXPECT_EQ(finished.output.find("echo: started"), std::string::npos);
}

TEST(settings, without_a_section_it_refuses) {
  Bundle bundle;
  bundle.config.erase("hdhost");
  bundle.write_all();
  const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file(), "--check"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr("/hdhost: expected an object, found nothing"));
}

TEST(settings, without_a_config_it_says_how_it_is_used) {
  const Bundle bundle;
  EXPECT_NE(run_hdhost(bundle, {}).code, 0);
}

struct BadSetting {
  const char* name;
  const char* key;
  const char* value;
  const char* says;
};

class SettingsTable : public ::testing::TestWithParam<BadSetting> {};

TEST_P(SettingsTable, is_refused_with_its_place) {
  Bundle bundle;
  bundle.hdhost()[GetParam().key] = boost::json::parse(GetParam().value);
  bundle.write_all();
  const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file(), "--check"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    settings, SettingsTable,
    ::testing::Values(
        BadSetting{"unknown_key", "port", "80", "/hdhost/port: expected no such field"},
        BadSetting{"all_addresses", "listen", "\"0.0.0.0:80\"", "/hdhost/listen: expected a loopback address"},
        BadSetting{"outside_address", "listen", "\"192.0.2.1:80\"", "plain HTTP is for loopback"},
        BadSetting{"a_name", "listen", "\"localhost:80\"", "/hdhost/listen"},
        BadSetting{"no_port", "listen", "\"127.0.0.1\"", "/hdhost/listen"},
        BadSetting{"port_too_large", "listen", "\"127.0.0.1:65536\"", "/hdhost/listen"},
        BadSetting{"all_six_addresses", "listen", "\"[::]:80\"", "/hdhost/listen"},
        BadSetting{"relative_socket", "listen", "\"unix:socket\"", "/hdhost/listen"},
        BadSetting{"status_outside", "status_listen", "\"0.0.0.0:81\"", "/hdhost/status_listen"},
        BadSetting{"no_webhook_threads", "webhook_threads", "0", "/hdhost/webhook_threads: expected an integer from 1"},
        BadSetting{"no_threads", "threads", "0", "/hdhost/threads: expected an integer from 1"},
        BadSetting{"queue_as_text", "queue", "\"many\"", "/hdhost/queue"},
        BadSetting{"unknown_limit", "limits", "{\"speed\":1}", "/hdhost/limits/speed"},
        BadSetting{"rates_as_a_number", "rates", "5", "/hdhost/rates: expected an object"},
        BadSetting{"unknown_rate", "rates", "{\"webhook_per_m\":1}",
                   "/hdhost/rates/webhook_per_m: expected no such field"},
        BadSetting{"negative_rate", "rates", "{\"webhook_per_s\":-1}",
                   "/hdhost/rates/webhook_per_s: expected an integer from 0"},
        BadSetting{"huge_rate", "rates", "{\"caller_per_s\":100001}",
                   "/hdhost/rates/caller_per_s: expected an integer"},
        BadSetting{"broken_rate", "rates", "{\"caller_per_s\":0.5}", "/hdhost/rates/caller_per_s: expected an integer"},
        BadSetting{"no_burst", "rates", "{\"caller_burst\":0}",
                   "/hdhost/rates/caller_burst: expected an integer from 1"},
        BadSetting{"rate_as_text", "rates", "{\"webhook_burst\":\"many\"}", "/hdhost/rates/webhook_burst"},
        BadSetting{"limit_too_small", "limits", "{\"header_bytes\":10}", "/hdhost/limits/header_bytes"},
        BadSetting{"tokens_without_keys", "tokens", "{\"audience\":\"a\"}", "/hdhost/tokens/keys"},
        BadSetting{"key_without_secret", "tokens",
                   "{\"audience\":\"a\",\"keys\":[{\"kid\":\"k\",\"issuer\":\"i\",\"secret\":\"nowhere\"}]}",
                   "/hdhost/tokens/keys/0/secret: expected a name in \"secrets\", found \"nowhere\""},
        BadSetting{"short_secret", "tokens",
                   "{\"audience\":\"a\",\"keys\":[{\"kid\":\"k\",\"issuer\":\"i\",\"secret\":\"greeting\"}]}",
                   "expected a secret of at least 32 bytes, found one of 5"},
        BadSetting{"kid_twice", "tokens",
                   "{\"audience\":\"a\",\"keys\":[{\"kid\":\"k\",\"issuer\":\"i\",\"secret\":\"desk\"},"
                   "{\"kid\":\"k\",\"issuer\":\"j\",\"secret\":\"desk\"}]}",
                   "expected each kid once"},
        BadSetting{"any_origin", "cors_origins", "[\"*\"]", "/hdhost/cors_origins/0: expected an exact origin"},
        BadSetting{"origin_with_a_path", "cors_origins", "[\"https://a.test/\"]", "/hdhost/cors_origins/0"},
        BadSetting{"ancestor_that_breaks_out", "frame_ancestors", "[\"https://a.test; script-src *\"]",
                   "/hdhost/frame_ancestors/0"},
        BadSetting{"manifest_missing", "manifest", "\"nowhere.json\"", "nowhere.json: expected a readable file"},
        BadSetting{"desk_without_data", "desk", "{\"pages\":\"ui\"}", "/hdhost/desk/data"}),
    [](const auto& row) { return row.param.name; });

TEST(settings, the_desk_is_for_loopback_tcp_only) {
  Bundle bundle;
  bundle.hdhost()["listen"] = "unix:/tmp/never-made";
  bundle.hdhost()["desk"] = boost::json::object{{"pages", "ui"}, {"data", "desk.json"}};
  bundle.write_all();
  const Finished finished = run_hdhost(bundle, {"--config", bundle.config_file(), "--check"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output,
              HasSubstr("/hdhost/desk: expected a loopback TCP address in \"listen\", found a Unix socket"));
}

}  // namespace
}  // namespace contract
