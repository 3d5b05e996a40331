#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/progress.hpp"
#include "cli/rules_file.hpp"
#include "core/json_writer.hpp"
#include "store/match_store.hpp"
#include "store/nameless_database.hpp"
#include "store/replay_comparison.hpp"

namespace identities::cli {
namespace {

using store::ReplayComparison;
using store::RuleChange;
using store::RuleChanges;
using store::Session;

/// One for the happenings, one for each replay.
constexpr std::size_t kSessions = 3;

/// What is printed, beside the lists.
struct Trial {
  std::vector<std::string> changed_rules;
  ReplayComparison comparison;
  std::size_t not_possible = 0;
};

std::filesystem::path temporary_folder() {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (!error) return folder;
  const char* const set = std::getenv("TMPDIR");
  throw std::runtime_error(fmt::format("TMPDIR{}{} is no folder: {}; set it to one that can be written",
                                       set == nullptr ? "" : " ", set == nullptr ? "" : set, error.message()));
}

class RuleTrial {
 public:
  RuleTrial(const std::filesystem::path& config, const ResolutionRules& rules)
      : pool_(store::opener(read_configuration(config).database, clock_), clock_, kSessions), rules_(rules) {
    in_database([&](Session& session) {
      accounts_ = directory_.current(session, store::read_settings(session));
      records_ = store::count_records(session);
    });
  }

  Trial run(std::size_t most) {
    Trial trial{changes_of_rules(accounts_->rules(), rules_), ReplayComparison(most), 0};
    try {
      replay(trial, most);
    } catch (const store::Unavailable& error) {
      // Only the temporary files are written to.
      const std::string what = error.what();
      if (what.find("disk") == std::string::npos) throw;
      throw std::runtime_error(
          fmt::format("the temporary files in {} cannot be written: {}; free some room there, or set TMPDIR to another "
                      "folder. Nothing was changed",
                      temporary_folder().string(), what));
    }
    for (RuleChanges* changes : lists(trial.comparison)) store::tell_extent(pool_, changes->kept());
    return trial;
  }

  /// The accounts' labels as agents see them, without what a terminal would obey.
  std::string label_of(Id account) const {
    const store::Account* const found = accounts_->by_id(account);
    std::string label = found == nullptr ? std::string("?") : found->label.empty() ? found->name : found->label;
    for (char& c : label)
      if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    return label;
  }

  static std::array<RuleChanges*, 4> lists(ReplayComparison& comparison) {
    return {&comparison.merged, &comparison.split, &comparison.suggested, &comparison.no_longer_suggested};
  }

 private:
  template <typename Work>
  void in_database(Work&& work) {
    pool_.with_session(clock_.monotonic_us() + kCommandUs, [&](Session& session) {
      work(session);
      return true;
    });
  }

  store::RuleReplay begin(const ResolutionRules& rules) {
    auto session = store::make_nameless_database(temporary_folder(), clock_, clock_.monotonic_us() + kCommandUs);
    return {std::move(session), pool_, accounts_->all(), rules};
  }

  void replay(Trial& trial, std::size_t most) {
    store::RuleReplay present = begin(accounts_->rules());
    store::RuleReplay changed = begin(rules_);
    std::vector<std::pair<Id, Id>> stored;
    {
      store::Happenings happenings(pool_, present.session());
      Progress progress(true);
      for (auto page = happenings.next(); !page.empty(); page = happenings.next()) {
        auto other = std::async(std::launch::async, [&] { changed.take(page); });
        present.take(page);
        other.get();
        for (const store::Happening& each : page)
          if (const auto* arrival = std::get_if<store::Arrival>(&each.what);
              arrival != nullptr && arrival->identity != 0)
            stored.emplace_back(arrival->record, arrival->identity);
        progress(std::min(
            1.0, static_cast<double>(stored.size()) / static_cast<double>(std::max<std::int64_t>(records_, 1))));
      }
    }
    trial.not_possible = changed.not_possible();
    trial.comparison = store::compare_replays(stored, present, changed, most);
  }

  const Clock clock_ = system_clock();
  store::Pool pool_;
  store::AccountDirectory directory_;
  const ResolutionRules& rules_;
  std::shared_ptr<const store::Accounts> accounts_;
  std::int64_t records_ = 0;
};

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string records(std::size_t count) {
  return counted(count, "record", "records");
}

void print_list(const RuleTrial& trial, std::string_view title, std::string_view joint, const RuleChanges& changes) {
  fmt::print("{}: {}\n", title, changes.count());
  for (const RuleChange& change : changes.kept()) {
    std::string parts;
    for (const RuleChange::Part& part : change.parts)
      parts += fmt::format("{}{} ({})", parts.empty() ? "" : joint, part.identity, records(part.records));
    std::string accounts;
    for (const Id account : change.accounts)
      accounts += fmt::format("{}{}", accounts.empty() ? "" : ", ", trial.label_of(account));
    fmt::print("  {:<2}  {}, {}, of {}: {}\n", change.rule.empty() ? "-" : change.rule, records(change.record_count),
               counted(static_cast<std::size_t>(change.messages), "message", "messages"), accounts, parts);
  }
  if (changes.count() > changes.kept().size())
    fmt::print("  and {} more, which risk less; --limit 0 prints all\n", changes.count() - changes.kept().size());
}

void print_text(const RuleTrial& trial, const Trial& result) {
  const ReplayComparison& comparison = result.comparison;
  for (const std::string& line : result.changed_rules) fmt::print("{}\n", line);
  fmt::print("{}: {} by the present rules, {} by these.\n", records(comparison.records),
             counted(comparison.identities, "identity", "identities"), comparison.identities_by_others);
  print_list(trial, "Would be one", " + ", comparison.merged);
  print_list(trial, "Would be several", " | ", comparison.split);
  print_list(trial, "Would be suggested", " ? ", comparison.suggested);
  print_list(trial, "Would no longer be suggested", " ? ", comparison.no_longer_suggested);
  if (comparison.stored_otherwise > 0)
    fmt::print(
        "{} not what the present rules would make of the same records today: earlier rules did it, or other "
        "names.\n",
        counted(comparison.stored_otherwise, "stored identity is", "stored identities are"));
  if (result.not_possible > 0)
    fmt::print("{} of an agent could not be taken by these rules.\n",
               counted(result.not_possible, "decision", "decisions"));
  fmt::print(
      "Nothing was changed. Setting rules joins and parts nobody who is stored: it decides about whom comes "
      "next.\n");
}

void write_list(JsonWriter& json, const RuleTrial& trial, std::string_view name, const RuleChanges& changes) {
  json.key(name).begin_object().member_integer("count", static_cast<std::int64_t>(changes.count()));
  json.key("riskiest").begin_array();
  for (const RuleChange& change : changes.kept()) {
    json.begin_object().key("rule");
    if (change.rule.empty())
      json.null();
    else
      json.string(change.rule);
    json.member_integer("records", static_cast<std::int64_t>(change.record_count));
    json.member_integer("messages", change.messages).key("accounts").begin_array();
    for (const Id account : change.accounts) json.string(trial.label_of(account));
    json.end_array().key("parts").begin_array();
    for (const RuleChange::Part& part : change.parts)
      json.begin_object()
          .member_id("identity", part.identity)
          .member_integer("records", static_cast<std::int64_t>(part.records))
          .end_object();
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

void print_json(const RuleTrial& trial, const Trial& result) {
  const ReplayComparison& comparison = result.comparison;
  JsonWriter json;
  json.begin_object().key("rules").begin_array();
  for (const std::string& line : result.changed_rules) json.string(line);
  json.end_array();
  json.member_integer("records", static_cast<std::int64_t>(comparison.records));
  json.member_integer("identities_by_present", static_cast<std::int64_t>(comparison.identities));
  json.member_integer("identities_by_these", static_cast<std::int64_t>(comparison.identities_by_others));
  json.member_integer("stored_otherwise", static_cast<std::int64_t>(comparison.stored_otherwise));
  json.member_integer("decisions_not_possible", static_cast<std::int64_t>(result.not_possible));
  write_list(json, trial, "would_be_one", comparison.merged);
  write_list(json, trial, "would_be_several", comparison.split);
  write_list(json, trial, "would_be_suggested", comparison.suggested);
  write_list(json, trial, "no_longer_suggested", comparison.no_longer_suggested);
  json.end_object();
  fmt::print("{}\n", json.text());
}

}  // namespace

void rules_try(const std::filesystem::path& config, const std::string& file, const TrialOptions& options) {
  const ResolutionRules rules = read_rules_file(file);
  RuleTrial trial(config, rules);
  const Trial result = trial.run(options.most);
  options.json ? print_json(trial, result) : print_text(trial, result);
}

}  // namespace identities::cli
