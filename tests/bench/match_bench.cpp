#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "measure.hpp"
#include "people.hpp"
#include "report.hpp"

namespace bench {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr double kLeastPrecision = 0.95;

struct Run {
  double seconds = 0;
  double megabytes = 0;
};

/// The most memory that the program held so far, in MB; 0 before it runs. Not ru_maxrss, which begins with what whoever
/// forked it holds.
double most_memory(pid_t child) {
  const std::string process = fmt::format("/proc/{}/", child);
  std::string line;
  std::ifstream name(process + "comm");
  if (!std::getline(name, line) || line != fs::path(IDENTITIES_PROGRAM).filename()) return 0;
  std::ifstream status(process + "status");
  while (std::getline(status, line))
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(line.find(':') + 1)) / 1024;
  return 0;
}

/// Runs the command as an administrator does, and measures it from outside. Throws unless it succeeds.
Run run_match(const fs::path& input, const std::string& map, const fs::path& output) {
  Run run;
  run.seconds = timed_us([&] {
                  const pid_t child = ::fork();
                  if (child < 0) throw std::runtime_error("fork failed");
                  if (child == 0) {
                    if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(126);
                    ::execl(IDENTITIES_PROGRAM, IDENTITIES_PROGRAM, "match", input.c_str(), "--map", map.c_str(),
                            "--output", output.c_str(), static_cast<char*>(nullptr));
                    ::_exit(127);
                  }
                  int status = 0;
                  pid_t ended = 0;
                  while ((ended = ::waitpid(child, &status, WNOHANG)) == 0) {
                    run.megabytes = std::max(run.megabytes, most_memory(child));
                    // Its peak can only be asked for while it lives; seldom enough to take nothing from it.
                    std::this_thread::sleep_for(std::chrono::milliseconds(2));
                  }
                  if (ended != child || status != 0)
                    throw std::runtime_error(fmt::format("identities match {} ended with {}", input.string(), status));
                }) /
                1e6;
  return run;
}

/// What the scorer beside the sets says.
json::object score(const fs::path& scorer, const fs::path& pairs, const fs::path& truth) {
  const std::string command = fmt::format("python3 '{}' '{}' '{}'", scorer.string(), pairs.string(), truth.string());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  json::object found;
  std::array<char, 256> line{};
  while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    const std::string_view text(line.data());
    for (const std::string_view name : {"precision", "recall", "f1"}) {
      if (text.starts_with(std::string(name) + "=")) found[name] = std::stod(std::string(text.substr(name.size() + 1)));
    }
  }
  if (!found.contains("f1")) throw std::runtime_error("no F1 from " + command);
  return found;
}

struct LabelledSet {
  std::string_view name;
  std::string_view file;
  std::string_view map;
  double bar;
};

Result labelled(const Options& options, const LabelledSet& set) {
  const fs::path shared = SHARED_FOLDER "/resolution";
  Result result;
  result.name = std::string("match.") + std::string(set.name);
  if (!fs::exists(shared / "score.py")) {
    result.skipped = "the labelled sets (../shared/resolution) are absent";
    return result;
  }
  fs::create_directories(options.data);
  const fs::path pairs = options.data / fmt::format("pairs_{}.csv", set.name);
  const Run run = run_match(shared / "data" / set.file, std::string(set.map), pairs);
  result.detail = score(shared / "score.py", pairs, shared / "data" / fmt::format("truth_{}", set.file));
  result.detail["seconds"] = rounded(run.seconds);
  result.detail["least_precision"] = kLeastPrecision;
  result.value = result.detail["f1"].as_double();
  result.unit = "F1";
  result.better = "higher";
  result.bar = set.bar;
  result.pass = result.value >= set.bar && result.detail["precision"].as_double() >= kLeastPrecision;
  return result;
}

void write_people(const std::vector<PersonRow>& rows, const fs::path& set, const fs::path& truth) {
  std::ofstream out(set);
  std::ofstream clusters(truth);
  out << "id,given,surname,born,email,phone,number,street,city,postcode\n";
  clusters << "id,cluster\n";
  std::size_t id = 0;
  for (const PersonRow& row : rows) {
    out << id << ',' << row.given_name << ',' << row.surname << ',' << row.birth_date << ',' << row.email << ','
        << row.phone << ',' << row.street_number << ',' << row.street << ',' << row.city << ',' << row.postcode << '\n';
    clusters << id++ << ',' << row.person << '\n';
  }
  if (!out.flush() || !clusters.flush()) throw std::runtime_error("cannot write " + set.string());
}

}  // namespace

// Misses its bar when weights, thresholds or passes fit another set; when noisy copies are not compared at all
// (recall), or when rare agreements are taken for proof (precision, which the bar counts too).
std::vector<Result> match_labelled(const Options& options, DatabaseKind) {
  return {labelled(options, {"febrl3", "febrl3.csv",
                             "id=id,given_name=given_name,surname=surname,street_number=street_number,address_1=street,"
                             "address_2=address2,suburb=city,postcode=postcode,state=state,date_of_birth=birth_date",
                             0.99}),
          labelled(options,
                   {"fake_1000", "fake_1000.csv",
                    "unique_id=id,first_name=given_name,surname=surname,dob=birth_date,city=city,email=email", 0.85})};
}

// Misses its bar when blocks have no cap, when pairs are compared that share nothing telling, or when a comparison
// allocates. The people are made afresh from a seed; F1 and precision over them are in detail.
std::vector<Result> match_50k(const Options& options, DatabaseKind) {
  constexpr std::size_t kRecords = 50'000;
  constexpr double kMostMegabytes = 300;
  fs::create_directories(options.data);
  const fs::path set = options.data / "people.csv";
  const fs::path truth = options.data / "people_truth.csv";
  const fs::path pairs = options.data / "people_pairs.csv";
  write_people(people_with_copies(1, kRecords), set, truth);
  std::vector<double> seconds;
  double megabytes = 0;
  for (int round = 0; round < 3; ++round) {
    const Run run = run_match(set,
                              "id=id,given=given_name,surname=surname,born=birth_date,email=email,phone=phone,"
                              "number=street_number,street=street,city=city,postcode=postcode",
                              pairs);
    seconds.push_back(run.seconds);
    megabytes = std::max(megabytes, run.megabytes);
  }
  Result result;
  result.name = "match.50k";
  const fs::path scorer = SHARED_FOLDER "/resolution/score.py";
  if (fs::exists(scorer)) result.detail = score(scorer, pairs, truth);
  result.detail["records"] = kRecords;
  result.detail["megabytes"] = rounded(megabytes);
  result.detail["most_megabytes"] = kMostMegabytes;
  result.detail["seconds_of_rounds"] = json::array(seconds.begin(), seconds.end());
  result.value = median(seconds);
  result.unit = "s";
  result.bar = 5;
  result.pass = result.value <= result.bar && megabytes <= kMostMegabytes;
  return {std::move(result)};
}

}  // namespace bench
