#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "core/ids.hpp"
#include "core/utf8.hpp"
#include "dataset.hpp"

namespace bench {
namespace {

constexpr std::int64_t kWrittenUs = 1'780'272'000'000'000;  // 2026-06-01; when all rows were written
constexpr std::int64_t kIdStep = 4099;
constexpr std::size_t kPreviewCharacters = 280;
constexpr std::int64_t kFirstInterestId = 1'000'000;
constexpr std::int64_t kFirstAccountId = 100'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

std::int64_t account_id(std::size_t account) {
  return kFirstAccountId + static_cast<std::int64_t>(account);
}
std::int64_t interest_id(std::size_t number) {
  return kFirstInterestId + static_cast<std::int64_t>(number);
}

void fill_settings(Database& db) {
  Query account(db,
                "INSERT INTO account (id, name, label, provider, webhook_key, url_ticket, connected_us, created_us) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t index = 0; index < kAccounts.size(); ++index)
    account.execute(account_id(index), kAccounts[index].name, kAccounts[index].name, kAccounts[index].provider,
                    kAccounts[index].name, std::string_view("https://desk.example/ticket/{thread}"), kWrittenUs,
                    kWrittenUs);
  Query category(db, "INSERT INTO interest_category (id, label) VALUES (?, ?)");
  for (std::size_t index = 0; index < kCategories; ++index)
    category.execute(static_cast<std::int64_t>(index) + 1, category_name(index));
  Query interest(db, "INSERT INTO interest (id, category_id, name) VALUES (?, ?, ?)");
  for (std::size_t index = 0; index < kTaxonomy; ++index)
    interest.execute(interest_id(index), static_cast<std::int64_t>(index % kCategories) + 1, interest_name(index));
  db.run(fmt::format("UPDATE setting SET value = '{}' WHERE name = 'interest_count'", kTaxonomy));
  db.run(R"(INSERT INTO rule_set (name, value) VALUES ('resolution', '{"blocked_domains":["invalid"]}'))");
  db.run("UPDATE setting SET value = value + 1 WHERE name = 'settings_version'");
}

/// What a record did in a thread, kept as the plugin keeps it: message by message.
struct Counts {
  std::array<std::int64_t, 3> of_way{};
  std::optional<std::int64_t> first_us;
  std::optional<std::int64_t> last_us;
  std::optional<std::int64_t> last_in_us;
  std::optional<std::int64_t> last_out_us;
  std::optional<std::int64_t> waiting_since_us;
  std::optional<std::int64_t> internal_first_us;
  std::optional<std::int64_t> internal_last_us;
  std::int64_t changed_us = 0;

  void add(const Message& message) {
    const std::int64_t time_us = changed_us = message.occurred_us;
    ++of_way[static_cast<std::size_t>(message.way)];
    auto& first = message.way == Way::kInternal ? internal_first_us : first_us;
    if (!first) first = time_us;
    (message.way == Way::kInternal ? internal_last_us : last_us) = time_us;
    if (message.way == Way::kIn) {
      last_in_us = time_us;
      if (!waiting_since_us) waiting_since_us = time_us;
    } else if (message.way == Way::kOut) {
      last_out_us = time_us;
      waiting_since_us.reset();
    }
  }
};

/// NULLIF(?, 0) in the statement turns it into NULL.
std::int64_t or_zero(const std::optional<std::int64_t>& time) {
  return time.value_or(0);
}

}  // namespace

void init_installation(const std::filesystem::path& folder, const std::string& database_url) {
  const std::string command = fmt::format(
      "{0} init {1} --manifest {2} --listen 127.0.0.1:0 --status-listen 127.0.0.1:0 {3} >{1}.log 2>&1 && {0} "
      "migrate --config {1}/identities.json >>{1}.log 2>&1",
      IDENTITIES_PROGRAM, folder.string(), MANIFEST_FILE,
      database_url.empty() ? "" : fmt::format("--database '{}' --no-password", database_url));
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

Dataset installation(const std::filesystem::path& folder) {
  init_installation(folder);
  const Dataset made{folder, 0};
  Database db(made.ours());
  db.run("PRAGMA synchronous=OFF; BEGIN");
  fill_settings(db);
  db.run("COMMIT");
  return made;
}

OurWriter::OurWriter(const std::string& path)
    : db_([&] {
        Database db(path);
        db.run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-1000000");
        return db;
      }()),
      indexes_([&] {
        std::vector<std::string> indexes;
        std::vector<std::string> names;
        Query query(db_, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name");
        while (query.step()) {
          names.emplace_back(query.text(0));
          indexes.emplace_back(query.text(1));
        }
        query.reset();
        for (const std::string& name : names) db_.run("DROP INDEX " + name);
        db_.run("BEGIN");
        return indexes;
      }()),
      last_id_(identities::first_id_at(kWrittenUs)),
      identity_(db_, "INSERT INTO identity (id, version, created_us) VALUES (?, ?, ?)"),
      record_(db_,
              "INSERT INTO record (id, account_id, source_key, identity_id, name, name_us, name_thread_id, created_us) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      log_(db_,
           "INSERT INTO identity_log (id, at_us, actor, type, identity_id, record_id, payload) VALUES (?, ?, ?, ?, ?, "
           "?, ?)"),
      value_(db_, "INSERT OR IGNORE INTO identifier_value (kind, value, version, holder_id) VALUES (?, ?, 0, ?)"),
      raise_(db_,
             "UPDATE identifier_value SET version = version + 1, holder_version = version + 1 WHERE kind = ? AND value "
             "= ?"),
      identifier_(db_,
                  "INSERT INTO identifier (kind, value, record_id, shown, first_us, created_us) VALUES (?, ?, ?, ?, ?, "
                  "?)"),
      identifier_told_(db_,
                       "INSERT INTO identifier_told (record_id, kind, value, thread_id, internal, shown, verified, "
                       "first_us, created_us) VALUES (?, ?, ?, ?, 0, ?, 0, ?, ?)"),
      record_told_(db_,
                   "INSERT INTO record_told (record_id, thread_id, internal, name, name_us) VALUES (?, ?, 0, ?, ?)"),
      thread_(db_,
              "INSERT INTO thread (id, account_id, source_key, partition_key, partition_us, subject, subject_us, "
              "status, status_us, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      counts_(db_,
              "INSERT INTO record_thread (record_id, thread_id, in_count, out_count, internal_count, first_us, "
              "last_us, last_in_us, last_out_us, waiting_since_us, internal_first_us, internal_last_us) VALUES (?, ?, "
              "?, ?, ?, NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, "
              "0))"),
      engagement_(db_,
                  "INSERT INTO engagement (record_id, occurred_us, id, thread_id, direction, kind, channel, author, "
                  "preview, has_more) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"),
      body_(db_, "INSERT INTO engagement_body (engagement_id, text) VALUES (?, ?)"),
      key_(
          db_,
          "INSERT INTO engagement_key (account_id, source_key, engagement_id, changed_us, tie) VALUES (?, ?, ?, ?, ?)"),
      attribute_(db_,
                 "INSERT INTO attribute (id, record_id, attribute_key, interest_id, type, number_value, text_value, "
                 "evidence_count, set_us, created_us) VALUES (?, ?, ?, NULLIF(?, 0), ?, ?, ?, ?, ?, ?)"),
      trigger_(db_,
               "INSERT INTO interest_trigger (record_id, occurred_us, id, attribute_id, engagement_id, thread_id, "
               "words) VALUES (?, ?, ?, ?, NULLIF(?, 0), NULLIF(?, 0), ?)"),
      note_(db_,
            "INSERT INTO note (id, record_id, author_id, author_name, created_us, text) VALUES (?, ?, ?, ?, ?, ?)") {}

std::int64_t OurWriter::next_id() {
  return last_id_ += kIdStep;
}

void OurWriter::write(Customer& customer) {
  customer.id = next_id();
  identity_.execute(customer.id, static_cast<std::int64_t>(customer.messages.size()) + 1, kWrittenUs);
  for (std::size_t record = 0; record < customer.records.size(); ++record) write_record(customer, record);
  write_facts(customer);
  for (Note& note : customer.notes) {
    note.id = next_id();
    note_.execute(note.id, customer.records[0], std::string_view("mia"), std::string_view("Mia"), note.created_us,
                  note.text);
  }
}

void OurWriter::write_record(Customer& customer, std::size_t record) {
  const std::int64_t id = customer.records[record] = next_id();
  const std::int64_t account = account_id(record);
  const auto is_own = [&](const Message& message) { return customer.threads[message.thread].record == record; };
  const auto first = std::find_if(customer.messages.begin(), customer.messages.end(), is_own);
  const std::int64_t first_us = first == customer.messages.end() ? kWrittenUs : first->occurred_us;
  // The newest item that spoke of the record named it; its facts come with the last message of all.
  const auto last = std::find_if(customer.messages.rbegin(), customer.messages.rend(), is_own);
  const bool by_facts = record == 0 && last != customer.messages.rend() && last != customer.messages.rbegin();
  const std::int64_t name_us = last == customer.messages.rend() ? kWrittenUs
                               : by_facts                       ? customer.messages.back().occurred_us
                                                                : last->occurred_us;
  log_.execute(next_id(), kWrittenUs, fmt::format("account:{}", kAccounts[record].name),
               std::string_view(record == 0 ? "observe" : "autolink"), customer.id, id,
               std::string_view(record == 0 ? "{}" : R"({"rule":"same identifier","kind":"email"})"));
  const auto identify = [&](std::string_view kind, const std::string& value) {
    value_.execute(kind, value, customer.id);
    raise_.execute(kind, value);
    identifier_.execute(kind, value, id, value, first_us, kWrittenUs);
  };
  const bool has_phone = record == 0 && !customer.phone.empty();
  identify("email", customer.email);
  if (has_phone) identify("phone", customer.phone);
  const auto tell = [&](std::int64_t thread, std::int64_t told_us, std::int64_t named_us) {
    record_told_.execute(id, thread, customer.name, named_us);
    identifier_told_.execute(id, std::string_view("email"), customer.email, thread, customer.email, told_us,
                             kWrittenUs);
    if (has_phone)
      identifier_told_.execute(id, std::string_view("phone"), customer.phone, thread, customer.phone, told_us,
                               kWrittenUs);
  };

  std::vector<Counts> counts(customer.threads.size());
  for (const Message& message : customer.messages)
    if (is_own(message)) counts[message.thread].add(message);
  for (std::size_t index = 0; index < customer.threads.size(); ++index) {
    Thread& thread = customer.threads[index];
    const Counts& count = counts[index];
    if (thread.record != record || count.changed_us == 0) continue;
    thread.id = next_id();
    thread_.execute(thread.id, account, thread.source_key, kAccounts[record].name, kNever, thread.subject,
                    count.changed_us, std::int64_t{thread.closed ? 2 : 0}, count.changed_us, kWrittenUs);
    counts_.execute(id, thread.id, count.of_way[0], count.of_way[1], count.of_way[2], or_zero(count.first_us),
                    or_zero(count.last_us), or_zero(count.last_in_us), or_zero(count.last_out_us),
                    or_zero(count.waiting_since_us), or_zero(count.internal_first_us), or_zero(count.internal_last_us));
    tell(thread.id, count.first_us.value_or(count.changed_us), count.changed_us);
  }
  if (record == 0 && !customer.messages.empty())
    tell(0, customer.messages.back().occurred_us, customer.messages.back().occurred_us);
  const bool by_thread = last != customer.messages.rend() && !by_facts;
  record_.execute(id, account, customer.source_key, customer.id, customer.name, name_us,
                  by_thread ? customer.threads[last->thread].id : 0, kWrittenUs);
  for (Message& message : customer.messages) {
    if (!is_own(message)) continue;
    message.id = next_id();
    const std::string_view preview = identities::utf8_prefix(message.text, kPreviewCharacters);
    const bool has_more = preview.size() < message.text.size();
    engagement_.execute(id, message.occurred_us, message.id, customer.threads[message.thread].id,
                        static_cast<std::int64_t>(message.way), message.channel, message.author, preview,
                        std::int64_t{has_more});
    if (has_more) body_.execute(message.id, message.text);
    // Any tie will do; the plugin's are as long.
    key_.execute(account, message.source_key, message.id, message.occurred_us, message.id);
  }
}

void OurWriter::write_facts(const Customer& customer) {
  for (std::size_t index = 0; index < customer.interests.size(); ++index) {
    const Interest& interest = customer.interests[index];
    const std::int64_t id = next_id();
    const std::int64_t record = customer.records[interest.record];
    attribute_.execute(id, record, fmt::format("interest.{}", interest_id(interest.number)),
                       interest_id(interest.number), std::int64_t{0}, 1.0, nullptr, std::int64_t{1}, interest.set_us,
                       kWrittenUs);
    const auto by = interest.words.empty()
                        ? customer.messages.end()
                        : std::find_if(customer.messages.begin(), customer.messages.end(),
                                       [&](const Message& message) { return message.interest == index; });
    const bool triggered = by != customer.messages.end();
    trigger_.execute(record, interest.set_us, next_id(), id, triggered ? by->id : 0,
                     triggered ? customer.threads[by->thread].id : 0, interest.words);
  }
  if (customer.messages.empty()) return;
  const std::int64_t set_us = customer.messages.back().occurred_us;
  const auto text = [&](std::string_view key, const std::string& value) {
    attribute_.execute(next_id(), customer.records[0], key, std::int64_t{0}, std::int64_t{3}, nullptr, value,
                       std::int64_t{0}, set_us, kWrittenUs);
  };
  text("person.company", customer.company);
  text("person.title", customer.title);
  text("person.language", customer.language);
  attribute_.execute(next_id(), customer.records[0], std::string_view("buying.spent"), std::int64_t{0}, std::int64_t{1},
                     customer.spent, nullptr, std::int64_t{0}, set_us, kWrittenUs);
}

void OurWriter::finish(bool check) {
  db_.run("COMMIT");
  for (const std::string& index : indexes_) db_.run(index);
  if (check) {
    Query broken(db_, "PRAGMA foreign_key_check");
    if (broken.step()) throw std::runtime_error("a bulk-made row refers to nothing: " + std::string(broken.text(0)));
  }
  db_.run("PRAGMA journal_mode=WAL");
}

}  // namespace bench
