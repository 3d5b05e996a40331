// hdhost.rps, hdhost.cpu, hdhost.p99 and hdhost.rss: opening an identity by HTTP, against the peers, in one load.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>

#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "peers.hpp"
#include "report.hpp"
#include "serving.hpp"
#include "token.hpp"

namespace bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kTokens = 5'000;
constexpr std::size_t kRounds = 5;
constexpr std::size_t kSecondsOfMemory = 60;
constexpr std::size_t kChecked = 50;
constexpr double kMostFailed = 0.05;        // of a round: beyond that something is broken
constexpr double kToleratedFailed = 0.001;  // of all: beyond that no bar is met

std::string email_of(std::size_t number) {
  return fmt::format("user{}@example.com", number);
}

/// What wrk reported of one round.
struct Load {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double cpu_us_a_request = 0;
  double good = 0;    // answers
  double failed = 0;  // other answers, and none at all
};

double number_after(const std::string& text, const std::string& label) {
  const auto at = text.find(label);
  if (at == std::string::npos) throw std::runtime_error("wrk printed no " + label + " but: " + text);
  return std::stod(text.substr(at + label.size()));
}

/// 32 connections, two threads. Answers that are not 2xx, which are cheaper to give, do not count as requests.
Load run_wrk(const std::string& url, const std::filesystem::path& script, const std::string& environment,
             std::size_t seconds, const std::vector<pid_t>& servers) {
  const auto cpu = [&] {
    double sum = 0;
    for (const pid_t server : servers) sum += cpu_us(server);
    return sum;
  };
  const std::string command =
      fmt::format("{} wrk -t2 -c32 -d{}s -s '{}' {} 2>&1", environment, seconds, script.string(), url);
  const double before_us = cpu();
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run wrk");
  std::string output;
  char buffer[4096];
  for (std::size_t size = 0; (size = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, size);
  if (::pclose(pipe) != 0) throw std::runtime_error(command + " failed: " + output);
  const double spent_us = cpu() - before_us;
  const auto count_end = output.find(" requests in ");
  if (count_end == std::string::npos) throw std::runtime_error("wrk counted no requests: " + output);
  const double answers = std::stod(output.substr(output.rfind(' ', count_end - 1)));
  Load load;
  load.failed = number_after(output, "err=") + number_after(output, "non2xx=");
  load.good = answers - number_after(output, "non2xx=");
  if (load.good <= 0) throw std::runtime_error(url + " gave no good answer: " + output);
  load.per_second = number_after(output, "rps=") * load.good / answers;
  load.p50_ms = number_after(output, "p50=");
  load.p99_ms = number_after(output, "p99=");
  load.cpu_us_a_request = spent_us / load.good;
  return load;
}

std::string token_of(const std::string& email, const std::string& secret) {
  const std::int64_t now_s = contract::now_s();
  const json::object claims = {{"iss", "support"},
                               {"aud", "identities"},
                               {"sub", "mia"},
                               {"name", "Mia"},
                               {"scopes", json::array{"identity.see", "note.write"}},
                               {"view", json::object{{"all", true}}},
                               {"ticket", json::object{{"account", "acct0"}, {"thread", "t-1"}}},
                               {"requesters", json::array{json::object{{"kind", "email"}, {"value", email}}}},
                               {"iat", now_s},
                               {"exp", now_s + 600}};
  return contract::sign({{"alg", "HS256"}, {"typ", "JWT"}, {"kid", "desk"}}, claims, secret);
}

/// hdhost with the tokens that open its panels.
class Ours {
 public:
  explicit Ours(const std::filesystem::path& config)
      : folder_(config.parent_path()), secret_(desk_secret(config)), hdhost_(for_load(config)) {}

  Load load(std::size_t seconds) {
    sign_tokens();
    return run_wrk(hdhost_.url(), std::filesystem::path(BENCH_FOLDER) / "sidebar_tokens.lua",
                   fmt::format("TOKENS='{}'", (folder_ / "tokens").string()), seconds, {hdhost_.pid()});
  }
  json::value open(const std::string& email) {
    const contract::Response response = contract::request(
        hdhost_.url(), "POST", "/v1/panel/identities/sidebar",
        {"content-type: application/json", "authorization: Bearer " + token_of(email, secret_)}, "{}");
    if (response.status != 200) throw std::runtime_error("hdhost answered " + response.body);
    bytes_ = response.body.size();
    return json::parse(response.body);
  }
  std::size_t bytes() const { return bytes_; }
  pid_t pid() const { return hdhost_.pid(); }

 private:
  /// Anew for each round: a token is good for ten minutes.
  void sign_tokens() {
    std::ofstream file(folder_ / "tokens");
    for (std::size_t index = 0; index < kTokens; ++index)
      file << token_of(email_of(1 + random_() % kPeerIdentities), secret_) << '\n';
    if (!file.flush()) throw std::runtime_error("cannot write the tokens");
  }

  std::filesystem::path folder_;
  std::string secret_;
  std::mt19937 random_{23};
  contract::HdhostProcess hdhost_;
  std::size_t bytes_ = 0;
};

/// The texts and subjects of a history, which tell it apart from any other.
std::vector<std::string> said_by_peer(const json::value& reply) {
  std::vector<std::string> said;
  for (const json::value& row : reply.at("history").as_array())
    said.push_back(fmt::format("{} {} {}", std::string_view(row.at("subject").as_string()),
                               std::string_view(row.at("channel").as_string()),
                               std::string_view(row.at("preview").as_string())));
  std::sort(said.begin(), said.end());
  return said;
}
std::vector<std::string> said_by_us(const json::value& reply) {
  std::vector<std::string> said;
  const json::object& threads = reply.at("history").at("threads").as_object();
  for (const json::value& row : reply.at("history").at("rows").as_array())
    said.push_back(fmt::format(
        "{} {} {}", std::string_view(threads.at(row.at("thread").as_string()).at("subject").as_string()),
        std::string_view(row.at("channel").as_string()), std::string_view(row.at("text").as_string()).substr(0, 160)));
  std::sort(said.begin(), said.end());
  return said;
}

/// Throws unless both show the same customers: else one of them does less work. Gives the bytes of their replies.
std::pair<double, double> expect_same_contents(Ours& ours, const Peer& node) {
  std::vector<double> our_bytes;
  std::vector<double> node_bytes;
  std::mt19937 random(5);
  for (std::size_t index = 0; index < kChecked; ++index) {
    // The first are those with thousands of engagements.
    const std::string email = email_of(index < 5 ? index + 1 : 1 + random() % kPeerIdentities);
    const contract::Response response =
        contract::request(fmt::format("http://127.0.0.1:{}", node.port), "GET", "/?email=" + email);
    if (response.status != 200) throw std::runtime_error("Node answered " + response.body);
    const json::value theirs = json::parse(response.body);
    const json::value our = ours.open(email);
    our_bytes.push_back(static_cast<double>(ours.bytes()));
    node_bytes.push_back(static_cast<double>(response.body.size()));
    const auto differs = [&](std::string_view what) {
      throw std::runtime_error(fmt::format("{} differ for {}: the peer shows {}, hdhost {}", what, email, response.body,
                                           json::serialize(our)));
    };
    if (our.at("identity").at("name") != theirs.at("profile").at("name")) differs("names");
    if (our.at("notes").as_array().size() != theirs.at("notes").as_array().size()) differs("notes");
    if (our.at("identity").at("identifiers").as_array().size() != theirs.at("identifiers").as_array().size())
      differs("identifiers");
    if (said_by_us(our) != said_by_peer(theirs)) differs("engagements");
  }
  return {median(our_bytes), median(node_bytes)};
}

double median_of(const std::vector<Load>& loads, double Load::*part) {
  std::vector<double> values;
  values.reserve(loads.size());
  for (const Load& load : loads) values.push_back(load.*part);
  return median(values);
}

json::object side(const std::vector<Load>& loads) {
  json::array rates;
  double failed = 0;
  for (const Load& load : loads) {
    rates.push_back(load.per_second);
    failed += load.failed;
  }
  return {{"per_second", median_of(loads, &Load::per_second)},
          {"per_second_of_rounds", std::move(rates)},
          {"failed", failed},
          {"p50_ms", rounded(median_of(loads, &Load::p50_ms))},
          {"p99_ms", rounded(median_of(loads, &Load::p99_ms))},
          {"cpu_us_a_request", rounded(median_of(loads, &Load::cpu_us_a_request))}};
}

std::vector<Result> skip_all(const std::string& why) {
  std::vector<Result> results;
  for (const char* name : {"hdhost.rps", "hdhost.cpu", "hdhost.p99", "hdhost.rss"}) {
    results.emplace_back().name = name;
    results.back().skipped = why;
  }
  return results;
}

Result judged(const char* name, double value, const char* unit, bool higher, double bar, const json::object& detail) {
  return {name, value, unit, higher ? "higher" : "lower", bar, higher ? value >= bar : value <= bar, detail, {}};
}

/// All rounds of each side. php stays empty where it cannot run.
struct Rounds {
  std::vector<Load> hdhost;
  std::vector<Load> node;
  std::vector<Load> php;

  /// The median of the better peer.
  double better(double Load::*part, bool higher) const {
    const double of_node = median_of(node, part);
    if (php.empty()) return of_node;
    return higher ? std::max(of_node, median_of(php, part)) : std::min(of_node, median_of(php, part));
  }
};

void add_round(std::vector<Load>& rounds, const Load& load, std::string_view name) {
  if (load.failed > kMostFailed * load.good)
    throw std::runtime_error(
        fmt::format("{}: {} good answers in a round and {} others; its log says why, and a busy machine is one reason",
                    name, load.good, load.failed));
  rounds.push_back(load);
}

Rounds run_rounds(Ours& ours, const Peer& node, const std::optional<Peer>& php, std::size_t seconds) {
  const auto load_peer = [&](const Peer& peer) {
    return run_wrk(fmt::format("http://127.0.0.1:{}", peer.port), peers_folder() / "emails.lua", "", seconds,
                   peer.servers);
  };
  // The first round brings the pages into memory and does not count.
  ours.load(seconds);
  load_peer(node);
  if (php) load_peer(*php);
  Rounds rounds;
  for (std::size_t round = 0; round < kRounds; ++round) {
    add_round(rounds.hdhost, ours.load(seconds), "hdhost");
    add_round(rounds.node, load_peer(node), node.name);
    if (php) add_round(rounds.php, load_peer(*php), php->name);
  }
  return rounds;
}

std::vector<Result> judge(const Rounds& rounds, double memory_mb, const json::object& detail) {
  const double rps = median_of(rounds.hdhost, &Load::per_second) / rounds.better(&Load::per_second, true);
  const double cpu =
      median_of(rounds.hdhost, &Load::cpu_us_a_request) / median_of(rounds.node, &Load::cpu_us_a_request);
  const double p99 = median_of(rounds.hdhost, &Load::p99_ms) / rounds.better(&Load::p99_ms, false);
  std::vector<Result> results = {judged("hdhost.rps", rps, "x better peer", true, 2.5, detail),
                                 judged("hdhost.cpu", cpu, "x Node", false, 0.25, detail),
                                 judged("hdhost.p99", p99, "x better peer", false, 1.0, detail),
                                 judged("hdhost.rss", memory_mb, "MB private", false, 64, detail)};
  double failed = 0;
  double good = 0;
  for (const Load& load : rounds.hdhost) {
    failed += load.failed;
    good += load.good;
  }
  if (failed > kToleratedFailed * good)
    for (Result& result : results) result.pass = false;
  return results;
}

}  // namespace

// hdhost.rps misses its bar when a request costs more processor time than half of Node's: the database takes the same
// from both and is half of it. hdhost.cpu when a request is copied, parsed twice, or its token's secret looked up in a
// file. hdhost.p99 when handlers wait for a session or a lock. hdhost.rss when each connection or thread keeps buffers
// as large as its largest reply, or a cache has no bound. All when answers fail under the load.
std::vector<Result> hdhost_load(const Options& options, DatabaseKind) {
  if (peers_folder().empty()) return skip_all("the peers (../shared/bench/sidecars) are absent");
  for (const std::string program : {"wrk", "node", "npm", "python3", "mariadb"})
    if (std::system(("command -v " + program + " >/dev/null").c_str()) != 0)
      return skip_all("there is no " + program + "; the load and the peers need it");
  MariadbData& data = MariadbData::of(options);
  const std::filesystem::path config = make_peers_data(data, options.engagements);
  Ours ours(config);
  const std::filesystem::path folder = std::filesystem::absolute(options.data).parent_path() / "peers";
  const Peer node = start_node(data, folder / "node");
  json::object detail = data.about();
  std::optional<Peer> php;
  try {
    php = start_php(data, folder / "php");
  } catch (const std::exception& error) {
    detail["php"] = json::object{{"skipped", error.what()}};
  }
  const auto [our_bytes, node_bytes] = expect_same_contents(ours, node);
  const Rounds rounds = run_rounds(ours, node, php, options.seconds);
  for (std::size_t spent = 0; spent < kSecondsOfMemory; spent += options.seconds) ours.load(options.seconds);
  const double memory_mb = private_mb(ours.pid());

  detail["identities"] = kPeerIdentities;
  detail["engagements"] = options.engagements;
  detail["rounds"] = kRounds;
  detail["seconds_a_round"] = options.seconds;
  detail["connections"] = 32;
  detail["reply_bytes"] = json::object{{"hdhost", our_bytes}, {"node", node_bytes}};
  detail["hdhost"] = side(rounds.hdhost);
  detail["node"] = side(rounds.node);
  detail["node_version"] = node.version;
  if (php) {
    detail["php"] = side(rounds.php);
    detail["php_version"] = php->version;
  }
  return judge(rounds, memory_mb, detail);
}

}  // namespace bench
