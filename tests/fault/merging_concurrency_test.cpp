// Method: several processes of this very program, as `--writer`, merge, split, undo, judge, take off identifiers and
// take deliveries of the same twenty people at once, on one database. Afterwards every invariant of the merge model
// holds, the log alone gives what is stored, and each command was carried out, was not possible, or ran out of its
// deadline: nothing that was acknowledged is lost.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <random>

#include "identity_history.hpp"
#include "store/pool.hpp"
#include "store/suggestions.hpp"

namespace identities::fault {
namespace {

constexpr int kPeople = 20;
constexpr Microseconds kDeadlineUs = 30 * kSecondUs;

/// What became of a writer's commands.
struct Outcomes {
  int done = 0;
  int delivered = 0;  // of those, deliveries
  int refused = 0;
  int late = 0;
  int again = 0;  // runs of a command after somebody came between
  int failed = 0;
};

/// One process. Its messages have keys that begin with its name.
class Writer {
 public:
  /// erases: it deletes threads, too.
  Writer(const std::string& url, std::vector<Id> accounts, unsigned seed, bool erases)
      : clock_(system_clock()),
        pool_(store::opener(store::parse_database_url(url), clock_), clock_, 1),
        random_(seed),
        name_(fmt::format("w{}", seed)),
        erases_(erases) {
    for (const Id id : accounts) {
      store::Account& account = accounts_.emplace_back();
      account.id = id;
      account.name = account.label = account.webhook_key = fmt::format("account {}", accounts_.size());
      account.provider = "generic";
    }
  }

  Outcomes run(int commands) {
    for (int number = 0; number < commands; ++number) one(number);
    return outcomes_;
  }

 private:
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  void one(int number) {
    const int kind = below(erases_ ? 13 : 10);
    // Drawn once: a command that runs again is the same command.
    const Told told = told_of(number);
    const std::string left = record(below(kPeople));
    const std::string right = record(below(kPeople));
    const unsigned choice = static_cast<unsigned>(random_());
    int runs = 0;
    try {
      pool_.with_command(clock_.monotonic_us() + kDeadlineUs, [&](store::Session& session) {
        ++runs;
        store::Transaction transaction(session, store::Transaction::Kind::kWrite);
        store::WriteBatch batch(session);
        if (kind < 4)
          deliver(batch, told.account, told.engagement.occurred_us, told.engagement);
        else if (kind >= 10)
          deliver(batch, told.account, clock_.now_us(), ThreadDeleted{told.engagement.thread_key});
        else
          act(batch, kind, left, right, choice);
        batch.commit(transaction);
        return 0;
      });
      ++outcomes_.done;
      if (kind < 4) ++outcomes_.delivered;
    } catch (const store::NotPossible& error) {
      // An agent is told so; a delivery is never refused for whom it is about.
      ++(kind < 4 ? outcomes_.failed : outcomes_.refused);
      if (kind < 4) std::cerr << name_ << ", delivery " << number << ": " << error.what() << '\n';
    } catch (const store::DeadlineExceeded&) {
      ++outcomes_.late;
    } catch (const std::exception& error) {
      std::cerr << name_ << ", command " << number << " of kind " << kind << ": " << error.what() << '\n';
      ++outcomes_.failed;
    }
    outcomes_.again += std::max(0, runs - 1);
  }

  GivenIdentifier identifier() {
    const int kind = below(5);
    if (kind == 0) return unit::given(IdentifierKind::kEmail, "info@customer.net");
    if (kind < 3) return unit::given(IdentifierKind::kEmail, fmt::format("e{}@customer.net", below(12)));
    return unit::given(IdentifierKind::kPhone, fmt::format("+61400555{:03}", below(10)));
  }

  struct Told {
    std::size_t account;
    Engagement engagement;
  };

  static std::string record(int number) { return fmt::format("r{}", number); }

  Told told_of(int number) {
    static const std::vector<std::string> kNames = {"", "", "Ann Lee", "A. Lee", "Bob Ray", "Cleo Fox"};
    const int who = below(kPeople);
    Told told;
    told.account = static_cast<std::size_t>(who) % accounts_.size();
    Engagement& engagement = told.engagement;
    engagement.source_key = fmt::format("{}-{}", name_, number);
    engagement.customer.source_key = record(who);
    engagement.customer.name = kNames[static_cast<std::size_t>(below(static_cast<int>(kNames.size())))];
    for (int count = below(3); count > 0; --count) engagement.customer.identifiers.push_back(identifier());
    engagement.channel = "mail";
    engagement.occurred_us = clock_.now_us();
    // Who comes again after all of theirs was deleted comes in another thread.
    engagement.thread_key = erases_ ? fmt::format("t{}-{}", who, number / 20) : fmt::format("t{}", who);
    engagement.text = "text";
    return told;
  }

  template <typename Content>
  void deliver(store::WriteBatch& batch, std::size_t account, Microseconds changed_us, const Content& content) {
    store::ItemWriter writer(batch, clock_.now_us(), accounts_.at(account), "account:test");
    writer.apply({changed_us, content});
    writer.finish();
  }

  void act(store::WriteBatch& batch, int kind, const std::string& left, const std::string& right, unsigned choice) {
    store::Merging merging(batch, clock_.now_us(), "agent:" + name_);
    store::Session& session = batch.written();
    const auto [record, identity] = find(session, left);
    const auto [other_record, other] = find(session, right);
    if (identity == 0 || other == 0) throw store::NotPossible("gone", "they have not written yet");
    switch (kind) {
      case 4:
      case 5:
        merging.merge(identity, other, {});
        return;
      case 6:
        merging.split(identity, {record});
        return;
      case 7:
        merging.judge_not(identity, other, 0);
        return;
      case 8:
        merging.unlink(identity, "email", fmt::format("e{}@customer.net", choice % 12));
        return;
      default:
        break;
    }
    const std::vector<IdentityEvent> events = store::events_of(session, {record});
    if (events.empty()) throw store::NotPossible("nothing-to-undo", "nothing happened yet");
    merging.undo(events.at(choice % events.size()).id);
  }

  static std::pair<Id, Id> find(store::Session& session, const std::string& record) {
    static const store::Statement kFind{"find_person", "SELECT id, identity_id FROM record WHERE source_key = ?"};
    std::pair<Id, Id> found;
    session.query(kFind, {std::string_view(record)}, [&](const store::Row& row) {
      found = {row.integer(0), row.integer(1)};
    });
    return found;
  }

  Clock clock_;
  store::Pool pool_;
  std::mt19937 random_;
  std::string name_;
  bool erases_;
  std::vector<store::Account> accounts_;
  Outcomes outcomes_;
};

/// Starts this program again as a writer; what it prints comes through the file.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    std::vector<char*> words;
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execv("/proc/self/exe", words.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (output_ != nullptr) ::fclose(output_);
  }

  /// Waits for its end.
  Outcomes outcomes() {
    Outcomes told;
    const int read = std::fscanf(output_, "%d %d %d %d %d %d", &told.done, &told.delivered, &told.refused, &told.late,
                                 &told.again, &told.failed);
    int status = -1;
    ::waitpid(pid_, &status, 0);
    EXPECT_EQ(read, 6) << "it told what became of its commands";
    EXPECT_EQ(status, 0);
    return told;
  }

 private:
  pid_t pid_ = 0;
  FILE* output_ = nullptr;
};

class MergingAtOnce : public testing::Test, protected unit::RandomHistory {
 protected:
  /// What became of the commands of all processes.
  Outcomes write_at_once(const char* mode) {
    const bool sqlite = url().dialect == store::Dialect::kSqlite;
    const int processes = sqlite ? 2 : 4;
    const int commands = sqlite ? 200 : 300;
    std::vector<std::unique_ptr<Process>> writers;
    for (int number = 0; number < processes; ++number)
      writers.push_back(std::make_unique<Process>(std::vector<std::string>{
          "merging_fault_test", mode, url_text(), std::to_string(accounts_[0].id), std::to_string(accounts_[1].id),
          std::to_string(number + 1), std::to_string(commands)}));
    Outcomes all;
    for (const auto& writer : writers) {
      const Outcomes told = writer->outcomes();
      EXPECT_EQ(told.done + told.refused + told.late + told.failed, commands);
      all.done += told.done;
      all.delivered += told.delivered;
      all.refused += told.refused;
      all.late += told.late;
      all.again += told.again;
      all.failed += told.failed;
    }
    RecordProperty("again", all.again);
    std::cout << fmt::format("{} done, {} of them deliveries, {} not possible, {} late, {} run again\n", all.done,
                             all.delivered, all.refused, all.late, all.again);
    return all;
  }
};

TEST_F(MergingAtOnce, processes_that_delete_threads_meanwhile_lead_no_id_to_a_stranger) {
  const Outcomes all = write_at_once("--eraser");
  EXPECT_EQ(all.failed, 0);
  EXPECT_EQ(all.late, 0);
  EXPECT_EQ(broken(), "");
  // Every id that was ever given to a record leads to one of its records, or to nobody.
  std::map<Id, std::set<Id>> held;
  for (const IdentityEvent& event : log()) {
    if (event.type == EventType::kObserve) held[event.identity].insert(event.record);
    for (const Move& move : event.delta.moves) {
      held[move.from].insert(move.record);
      held[move.to].insert(move.record);
    }
  }
  held.erase(0);
  int led = 0;
  for (const auto& [id, records] : held) {
    const Id live = store::live_identity(*session_, id);
    if (live == 0) continue;
    ++led;
    bool has_one = false;
    for (const auto& [record, identity] : store::identities_of(*session_, records)) has_one |= identity == live;
    EXPECT_TRUE(has_one) << id << " leads to " << live;
  }
  EXPECT_GE(led, 10);
  EXPECT_LT(led, std::ssize(held)) << "some are gone";
}

TEST_F(MergingAtOnce, processes_that_merge_split_undo_and_deliver_keep_every_invariant_and_lose_nothing) {
  const Outcomes all = write_at_once("--writer");
  EXPECT_EQ(all.failed, 0);
  // A delivery whose deadline passed may be stored all the same; one that was acknowledged is.
  const std::int64_t stored_messages = count("SELECT COUNT(*) FROM engagement_key");
  EXPECT_GE(stored_messages, all.delivered);
  EXPECT_LE(stored_messages, all.delivered + all.late);
  EXPECT_EQ(broken(), "");
  EXPECT_EQ(rebuilt(), built());
  for (const char* type : {"autolink", "merge", "split", "judge_not", "undo"})
    EXPECT_GE(count(fmt::format("SELECT COUNT(*) FROM identity_log WHERE type = '{}'", type)), 3) << type;
  // Each event is above those that touched the same records before, so undoing goes on as ever.
  int undone = 0;
  for (const IdentityEvent& event : log())
    if (event.type == EventType::kMerge && undone < 5 && undo_if_possible(event.id)) ++undone;
  EXPECT_GE(undone, 1);
  EXPECT_EQ(broken(), "");
  EXPECT_EQ(rebuilt(), built());
}

int write_as_process(char** words, bool erases) {
  Writer writer(words[0], {std::stoll(words[1]), std::stoll(words[2])}, static_cast<unsigned>(std::stoul(words[3])),
                erases);
  const Outcomes told = writer.run(std::stoi(words[4]));
  std::cout << fmt::format("{} {} {} {} {} {}\n", told.done, told.delivered, told.refused, told.late, told.again,
                           told.failed);
  return 0;
}

}  // namespace

int merging_fault_main(int argc, char** argv) {
  for (const bool erases : {false, true})
    if (argc == 7 && std::string_view(argv[1]) == (erases ? "--eraser" : "--writer"))
      return write_as_process(argv + 2, erases);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace identities::fault

int main(int argc, char** argv) {
  return identities::fault::merging_fault_main(argc, argv);
}
