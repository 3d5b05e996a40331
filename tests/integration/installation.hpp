// installation.hpp: what an admin would have after `identities init`, `migrate` and `account add`, in a private folder,
// with a real hdhost in front of it, on SQLite, or on the run's MariaDB (test_database.hpp). Removed at the end. One
// thread, but deliver() and panel() may be called from several.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "hdhost_process.hpp"
#include "http_client.hpp"
#include "store/database_url.hpp"
#include "test_database.hpp"

namespace integration {

struct Account {
  std::string address;  // path
  std::string secret;   // whsec_...
};

/// How a delivery differs from a good one.
struct Sent {
  std::string body;
  std::string id;
  std::string query = {};
  std::int64_t age_s = 0;
  std::string content_type = "application/json";
  bool is_signed = true;
};

class Installation {
 public:
  /// database_url: of an empty database whose user has no password; none: an SQLite file of its own.
  explicit Installation(const std::string& database_url = {});
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  Account add_account(const std::string& name, const std::string& provider = "generic");
  /// A further secret for the account; the former one is good for so many hours more.
  std::string rotate(const std::string& name, int overlap_hours);
  void start();
  void stop_hard();  // kill -9
  contract::HdhostProcess& hdhost() { return *hdhost_; }

  contract::Response deliver(const Account& account, const Sent& sent) const;
  contract::Response ask_delivery(const Account& account, const std::string& id) const;
  /// Opens the panel for that requester as agent "mia", with the given body; she sees everything unless a view is
  /// given.
  contract::Response panel(const std::string& email, const boost::json::object& body = {},
                           const boost::json::object& view = all()) const;
  contract::Response panel_with(const std::string& token, const boost::json::object& body) const;
  contract::Response action(const std::string& name, const std::string& email, const boost::json::object& body,
                            const std::string& agent = "mia") const;
  contract::Response action_with(const std::string& token, const std::string& name,
                                 const boost::json::object& body) const;
  std::string token(const std::string& email, const std::string& agent = "mia",
                    const boost::json::object& view = all()) const;
  /// The same with any claims changed.
  std::string token_with(const std::string& email, const boost::json::object& claims) const;
  static boost::json::object all() { return {{"all", true}}; }

  /// The first column of the first row of a query on the database itself; -1 when there is none.
  std::int64_t count(const std::string& sql) const;
  /// Waits until the query gives 1; false when it does not within ten seconds.
  bool wait_for(const std::string& sql) const;
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path config_file() const { return folder_ / "identities.json"; }
  std::filesystem::path database() const { return folder_ / "identities.db"; }

 private:
  std::string run(const std::string& arguments) const;

  std::filesystem::path folder_;
  identities::store::DatabaseUrl database_;
  std::string token_secret_;
  std::optional<support::TestDatabase> mariadb_;
  std::unique_ptr<contract::HdhostProcess> hdhost_;
};

/// One engagement as JSON: a message of customer c-1 (ada@customer.example) unless told otherwise.
boost::json::object message(const std::string& id, const std::string& text = "hello",
                            const std::string& email = "ada@customer.example");

}  // namespace integration
