#include <fmt/format.h>

#include <cstdlib>

#include "cards.hpp"
#include "core/identifier.hpp"
#include "maria.hpp"
#include "peers.hpp"

namespace bench {
namespace {

constexpr std::string_view kOurs = "ours_peers";

/// Our rows for the peers' customers. Each account that has an engagement of a customer has a record of them, and each
/// engagement its own thread, because the peers give every engagement its account and its subject. What the customer's
/// profile says hangs on one record. identifier_told, record_told and engagement_key stay empty: an opening by an agent
/// who sees everything reads none of them. Their addresses are at example.com, which the rules let through here. {b}:
/// added to each id, so that ours are as long as the real ones; {v}: version of the keys; {w}: when all was written.
constexpr std::string_view kCopy = R"(
SET unique_checks=0, foreign_key_checks=0;
INSERT INTO account (id, name, label, provider, webhook_key, connected_us, created_us)
  SELECT 100000 + seq, CONCAT('acct', seq), CONCAT('acct', seq), 'webdesk', CONCAT('acct', seq), {w}, {w}
  FROM seq_0_to_6;
INSERT INTO interest_category (id, label) SELECT 1 + seq, CONCAT('Category ', seq) FROM seq_0_to_3;
INSERT INTO interest (id, category_id, name)
  SELECT 1000000 + seq, 1 + seq % 4, CONCAT('Interest number ', seq) FROM seq_1_to_5;
UPDATE setting SET value = '5' WHERE name = 'interest_count';
UPDATE setting SET value = value + 1 WHERE name = 'settings_version';
INSERT INTO rule_set (name, value) VALUES ('resolution', '{{"blocked_domains":["invalid"]}}');
INSERT INTO identity (id, version, created_us) SELECT {b} + id, 1, {w} FROM sidecar.identity;
INSERT INTO record (id, account_id, source_key, identity_id, name, name_us, name_thread_id, created_us)
  SELECT {b} + x.k * 8 + x.a, 100000 + x.a, CONCAT('c-', x.k), {b} + x.k, p.name, {w}, 0, {w}
  FROM (SELECT identity_id k, id % 7 a FROM sidecar.engagement UNION SELECT id, id % 7 FROM sidecar.identity) x
  JOIN sidecar.identity p ON p.id = x.k ORDER BY 1;
INSERT INTO identifier_value (kind, value, version, holder_id, holder_version)
  SELECT kind, value, 1, {b} + identity_id, 1 FROM sidecar.identifier ORDER BY kind, value;
INSERT INTO identifier (kind, value, record_id, shown, key_version, first_us, created_us)
  SELECT i.kind, i.value, r.id, i.value, {v}, {w}, {w} FROM sidecar.identifier i
  JOIN record r ON r.identity_id = {b} + i.identity_id
  WHERE i.kind = 'email' OR r.account_id = 100000 + i.identity_id % 7 ORDER BY i.kind, i.value, r.id;
INSERT INTO thread (id, account_id, source_key, partition_key, partition_us, subject, subject_us, status, status_us,
  created_us)
  SELECT {b} + id, 100000 + id % 7, CONCAT('t-', id), CONCAT('acct', id % 7), -9223372036854775808, subject,
    TIMESTAMPDIFF(MICROSECOND, '1970-01-01', occurred_at), 0, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', occurred_at), {w}
  FROM sidecar.engagement ORDER BY id;
INSERT INTO record_thread (record_id, thread_id, in_count, out_count, first_us, last_us, last_in_us, last_out_us,
  waiting_since_us)
  SELECT {b} + x.k * 8 + x.id % 7, {b} + x.id, x.d = 0, x.d = 1, x.t, x.t, IF(x.d = 0, x.t, NULL),
    IF(x.d = 1, x.t, NULL), IF(x.d = 0, x.t, NULL)
  FROM (SELECT identity_id k, id, direction d, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', occurred_at) t
    FROM sidecar.engagement) x ORDER BY 1, 2;
INSERT INTO engagement (record_id, occurred_us, id, thread_id, direction, kind, channel, author, preview, has_more)
  SELECT {b} + identity_id * 8 + id % 7, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', occurred_at), {b} + id, {b} + id,
    direction, 0, channel, IF(direction = 1, 'agent1', ''), LEFT(body, 280), CHAR_LENGTH(body) > 280
  FROM sidecar.engagement ORDER BY 1, 2, 3;
INSERT INTO note (id, record_id, author_id, author_name, created_us, text)
  SELECT {b} + id, {b} + identity_id * 8 + identity_id % 7, author, author,
    TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at), body FROM sidecar.note;
INSERT INTO attribute (id, record_id, attribute_key, type, text_value, set_us, created_us)
  SELECT {b} + p.id * 16 + x.n, {b} + p.id * 8 + p.id % 7, x.k, 3,
    CASE x.n WHEN 0 THEN p.company WHEN 1 THEN p.title WHEN 2 THEN p.locale ELSE p.summary END,
    TIMESTAMPDIFF(MICROSECOND, '1970-01-01', p.updated_at), {w}
  FROM sidecar.identity p JOIN (SELECT 0 n, 'person.company' k UNION SELECT 1, 'person.title'
    UNION SELECT 2, 'person.language' UNION SELECT 3, 'person.summary') x ORDER BY 2, 3;
INSERT INTO attribute (id, record_id, attribute_key, interest_id, type, number_value, evidence_count, set_us, created_us)
  SELECT {b} + identity_id * 16 + 8 + interest_id, {b} + identity_id * 8 + identity_id % 7,
    CONCAT('interest.', 1000000 + interest_id), 1000000 + interest_id, 0, score, 1,
    TIMESTAMPDIFF(MICROSECOND, '1970-01-01', triggered_at), {w} FROM sidecar.interest;
INSERT INTO interest_trigger (record_id, occurred_us, id, attribute_id)
  SELECT record_id, set_us, id, id FROM attribute WHERE interest_id IS NOT NULL;
ANALYZE TABLE record, identifier, identifier_value, thread, record_thread, engagement, note, attribute,
  interest_trigger;
)";

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace

std::filesystem::path peers_folder() {
  const std::filesystem::path folder = PEERS_FOLDER;
  return std::filesystem::exists(folder / "gen.py") ? folder : std::filesystem::path{};
}

std::filesystem::path make_peers_data(MariadbData& data, std::size_t engagements) {
  const std::string ours(kOurs);
  data.once(fmt::format("peers_{}", engagements), [&] {
    fmt::print(stderr, "making the peers' database with {} engagements and ours with the same ...\n", engagements);
    // Their services look for this name, whatever the size.
    for (const auto& file : std::filesystem::directory_iterator(data.server().folder()))
      if (file.path().filename().string().starts_with("peers_")) std::filesystem::remove(file);
    Maria maria(data.server().socket(), "");
    maria.run("DROP DATABASE IF EXISTS sidecar; CREATE DATABASE sidecar");
    maria.run(
        "CREATE OR REPLACE USER app@'127.0.0.1' IDENTIFIED BY 'app'; CREATE OR REPLACE USER app@localhost IDENTIFIED "
        "BY 'app'; GRANT ALL ON sidecar.* TO app@'127.0.0.1'; GRANT ALL ON sidecar.* TO app@localhost");
    shell(fmt::format("bash -o pipefail -c 'python3 \"{}/gen.py\" {} {} | mariadb -S \"{}\" -uroot sidecar' >/dev/null",
                      peers_folder().string(), kPeerIdentities, engagements, data.server().socket()));
    maria.run("DROP DATABASE IF EXISTS " + ours);
    data.server().make_database(ours);
    data.install(ours);
    Maria into(data.server().socket(), ours);
    into.run(fmt::format(fmt::runtime(kCopy), fmt::arg("b", 318'000'000'000'000'000),
                         fmt::arg("w", 1'780'272'000'000'000), fmt::arg("v", identities::kIdentifierKeyVersion)));
    const std::int64_t theirs = into.number("SELECT COUNT(*) FROM sidecar.engagement");
    const std::int64_t copied = into.number("SELECT COUNT(*) FROM engagement");
    if (theirs != copied)
      throw std::runtime_error(fmt::format("{} engagements of the peers, {} of ours", theirs, copied));
    // As the plugin's jobs would have done once each had been opened.
    const auto url = identities::store::parse_database_url(data.server().url(ours));
    if (const std::int64_t values = rekey_all(url); values != 0)
      throw std::runtime_error(fmt::format("{} values of ours do not link as the rules say", values));
    fmt::print(stderr, "writing the cards of {} identities ...\n", kPeerIdentities);
    fmt::print(stderr, "{} cards\n", write_all_cards(url));
  });
  return data.install(ours);
}

}  // namespace bench
