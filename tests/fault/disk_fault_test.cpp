// Method: deliveries and notes over a real SQLite file, whose n-th write, sync or truncation fails, is short, or finds
// the disk full, until a run has fewer; and a recorded run, cut off by a loss of power after each single write, with
// all, none or some of what was not synced. Each time the file is sound, what was answered with 2xx is there, and what
// was not is there whole or not at all.
#include "faulty_vfs.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <boost/json/parse.hpp>
#include <fstream>

#include "site.hpp"

namespace identities::fault {
namespace {

namespace json = boost::json;

/// What the test looks into by SQLite itself.
class Inspection {
 public:
  explicit Inspection(const std::filesystem::path& file) { sqlite3_open(file.c_str(), &db_); }
  ~Inspection() { sqlite3_close(db_); }
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;

  std::string text(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    std::string result = "nothing";
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return sqlite3_errmsg(db_);
    if (sqlite3_step(statement) == SQLITE_ROW)
      result = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return result;
  }
  void expect_sound() const {
    EXPECT_EQ(text("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(text("PRAGMA foreign_key_check"), "nothing");
  }
  /// The rows of that customer's delivery: none, or as many as it has.
  std::string of_delivery(const std::string& who) const {
    return text(
        "SELECT (SELECT COUNT(*) FROM delivery WHERE source_key = 'd-" + who +
        "') || ' ' || (SELECT COUNT(*) FROM engagement_key k JOIN engagement e ON e.id = k.engagement_id WHERE "
        "k.source_key = 'm-" +
        who + "') || ' ' || (SELECT COUNT(*) FROM record r WHERE r.source_key = 'c-" + who +
        "') || ' ' || (SELECT COUNT(*) FROM record r JOIN identifier i ON i.record_id = r.id WHERE r.source_key = "
        "'c-" +
        who +
        "') || ' ' || (SELECT COUNT(*) FROM record r JOIN attribute a ON a.record_id = r.id WHERE "
        "r.source_key = 'c-" +
        who + "')");
  }
  std::string notes(const std::string& text_of_note) const {
    return text("SELECT COUNT(*) FROM note WHERE text = '" + text_of_note + "'");
  }

 private:
  sqlite3* db_ = nullptr;
};

constexpr const char* kWhole = "1 1 1 2 2";
constexpr const char* kNone = "0 0 0 0 0";

std::string add_note(Site& site, const std::string& who, const std::string& text) {
  const std::string reply = site.act(&panel::Actions::add_note, action_about(who, text, {{"text", text}}));
  return std::string(json::parse(reply).at("note").at("id").as_string());
}
void delete_note(Site& site, const std::string& who, const std::string& id) {
  site.act(&panel::Actions::delete_note, action_about(who, "delete-" + id, {{"id", id}}));
}

class DiskFaults : public testing::TestWithParam<std::tuple<DiskFault, bool>> {
 protected:
  /// True when it was acknowledged.
  bool deliver(const std::string& who) {
    try {
      return site_->deliver({delivery_about(who), "d-" + who}).status == 200;
    } catch (const store::SessionError&) {
      return false;
    }
  }
  /// Adds a note and deletes it, by which the log is written into the database file and cut off.
  bool add_and_delete_note(const std::string& who) {
    try {
      delete_note(*site_, who, add_note(*site_, who, "note-of-" + who));
      site_->housekeep();
      return true;
    } catch (const store::SessionError&) {
      return false;
    }
  }

  FaultyVfs vfs_;
  std::unique_ptr<DatabaseSite> site_ = std::make_unique<DatabaseSite>();
};

TEST_P(DiskFaults, keep_what_was_acknowledged_and_nothing_by_halves) {
  constexpr std::int64_t kMoreThanAnyCallHas = 10'000;
  const auto& [fault, and_all_later] = GetParam();
  deliver("0999");
  std::int64_t n = 1;
  for (; n < kMoreThanAnyCallHas; ++n) {
    SCOPED_TRACE(n);
    const std::string who = std::to_string(1000 + n);
    vfs_.fail_at(n, fault, and_all_later);
    const bool delivered = deliver(who);
    const bool noted = delivered && add_and_delete_note(who);
    const bool struck = vfs_.has_struck();
    vfs_.fail_nothing();
    {
      const Inspection inspection(site_->folder() / "db");
      inspection.expect_sound();
      if (delivered) {
        EXPECT_EQ(inspection.of_delivery(who), kWhole);
      } else {
        EXPECT_EQ(inspection.of_delivery(who), kNone);
      }
      if (noted) {
        EXPECT_EQ(inspection.notes("note-of-" + who), "0");
      }
    }
    if (!struck) {
      EXPECT_TRUE(delivered && noted);
      break;
    }
    EXPECT_TRUE(deliver(who)) << "the same delivery again";
    EXPECT_EQ(Inspection(site_->folder() / "db").of_delivery(who), kWhole);
    if (HasFailure()) return;
  }
  EXPECT_GT(n, 1) << "nothing failed";
  EXPECT_LT(n, kMoreThanAnyCallHas);
}

std::string name_of(const testing::TestParamInfo<DiskFaults::ParamType>& row) {
  constexpr const char* kNames[] = {"write_fails", "write_is_short", "disk_full", "sync_fails", "truncate_fails"};
  return std::string(kNames[static_cast<std::size_t>(std::get<0>(row.param))]) +
         (std::get<1>(row.param) ? "_for_ever" : "_once");
}

INSTANTIATE_TEST_SUITE_P(each, DiskFaults,
                         testing::Combine(testing::Values(DiskFault::kWriteFails, DiskFault::kWriteIsShort,
                                                          DiskFault::kDiskFull, DiskFault::kSyncFails,
                                                          DiskFault::kTruncateFails),
                                          testing::Bool()),
                         name_of);

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with("-shm")) continue;  // an index in memory, which a loss of power takes
    std::ifstream file(entry.path(), std::ios::binary);
    files[name] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

/// What holds from that event on.
struct Acknowledged {
  std::size_t from_event;
  std::string who;
  bool is_note_deletion = false;
};

/// A working day, recorded: who was delivered, whose note was deleted.
std::vector<Acknowledged> record_a_day(FaultyVfs& vfs, DatabaseSite& site, int customers) {
  std::vector<Acknowledged> acknowledged;
  for (int customer = 0; customer < customers; ++customer) {
    const std::string who = std::to_string(1000 + customer);
    EXPECT_EQ(site.deliver({delivery_about(who), "d-" + who}).status, 200);
    acknowledged.push_back({vfs.recorded().size(), who});
    if (customer % 3 != 2) continue;
    delete_note(site, who, add_note(site, who, "note-of-" + who));
    acknowledged.push_back({vfs.recorded().size(), who, true});
    site.housekeep();
  }
  return acknowledged;
}

void expect_kept(const std::filesystem::path& file, const std::vector<Acknowledged>& day, std::size_t events) {
  const Inspection inspection(file);
  inspection.expect_sound();
  for (const Acknowledged& each : day) {
    if (each.is_note_deletion) {
      if (each.from_event <= events) {
        EXPECT_EQ(inspection.notes("note-of-" + each.who), "0") << each.who;
      }
    } else if (each.from_event <= events) {
      EXPECT_EQ(inspection.of_delivery(each.who), kWhole) << each.who;
    } else {
      EXPECT_THAT(inspection.of_delivery(each.who), testing::AnyOf(kWhole, kNone)) << each.who;
    }
  }
}

TEST(power_loss, after_any_write_keeps_what_was_acknowledged_and_nothing_by_halves) {
  const int customers = std::getenv("IDENTITIES_FAULTS") == nullptr ? 4 : 12;
  FaultyVfs vfs;
  DatabaseSite site;
  Disk disk(files_of(site.folder()));
  vfs.record();
  const std::vector<Acknowledged> day = record_a_day(vfs, site, customers);
  const std::vector<DiskEvent> events = vfs.recorded();
  ASSERT_GT(events.size(), 50U);
  const std::filesystem::path folder = site.folder() / "after";
  for (std::size_t event = 0; event <= events.size(); ++event) {
    if (event > 0) disk.apply(events[event - 1]);
    for (const Disk::Lost lost : {Disk::Lost::kNothing, Disk::Lost::kAllUnsynced, Disk::Lost::kSome}) {
      SCOPED_TRACE(testing::Message() << "after event " << event << ", lost " << static_cast<int>(lost));
      std::filesystem::remove_all(folder);
      std::filesystem::create_directory(folder);
      for (const auto& [name, content] : disk.after_power_loss(lost, static_cast<unsigned>(event)))
        std::ofstream(folder / name, std::ios::binary) << content;
      expect_kept(folder / "db", day, event);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace identities::fault
