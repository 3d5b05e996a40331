// The databases that the panel benches run on: an installation of ours and the flat schema of the peers, filled with
// the same customers. Made once for a size and kept; the same size gives the same rows.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "customer.hpp"
#include "database.hpp"

namespace bench {

/// What is held against the rest: these customers are the same in a dataset of any size.
constexpr std::size_t kProbes = 1000;
constexpr std::size_t kLongHistories = 5;
Customer probe(std::size_t index);
Customer long_history(std::size_t index, bool over_eight);

struct Dataset {
  std::filesystem::path folder;
  std::size_t others = 0;  // engagements of the other customers
  std::string config() const { return folder / "identities.json"; }
  std::string ours() const { return folder / "identities.db"; }
  std::string flat() const { return folder / "flat.db"; }
};

/// The dataset below `parent`, made when it is not there. others: engagements beside those of the probes.
Dataset dataset(const std::filesystem::path& parent, std::size_t others);

/// What `identities init` and `migrate` leave. database_url: empty for an SQLite file beside the configuration.
void init_installation(const std::filesystem::path& folder, const std::string& database_url = {});

/// An empty installation with the accounts and the taxonomy, as an admin would have it before the first delivery.
Dataset installation(const std::filesystem::path& folder);

/// Writes customers into our schema in the shape that the plugin's own writer leaves.
class OurWriter {
 public:
  explicit OurWriter(const std::string& path);
  /// Gives the customer its ids.
  void write(Customer& customer);
  /// Makes the secondary indexes again, checks foreign keys when asked to, and ends in WAL mode.
  void finish(bool check);

 private:
  void write_record(Customer& customer, std::size_t record);
  void write_facts(const Customer& customer);
  std::int64_t next_id();

  Database db_;
  std::vector<std::string> indexes_;
  std::int64_t last_id_;
  Query identity_, record_, log_, value_, raise_, identifier_, identifier_told_, record_told_, thread_, counts_,
      engagement_, body_, key_, attribute_, trigger_, note_;
};

/// Writes customers into the flat schema; they have their ids already.
class FlatWriter {
 public:
  explicit FlatWriter(const std::string& path);
  void write(const Customer& customer);
  void finish();

 private:
  Database db_;
  Query identity_, identifier_, note_, interest_, engagement_;
};

}  // namespace bench
