// A view as SQL: the conditions that keep out what the asking agent may not see, and their parameters. Every reader of
// facts has each of its statements twice, with and without these conditions. Plain values; the statements' text is
// built once.
#pragma once

#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/view.hpp"
#include "store/session.hpp"

namespace identities::store {

/// Condition on `thread t`; parameters: add_thread. A deleted thread has no partition.
inline constexpr std::string_view kThreadVisible =
    "(t.partition_key <> '' AND (t.partition_key IN @list OR "
    "(t.account_id = ? AND t.source_key IN @list)))";

/// Condition on `engagement e` and `thread t`; parameters: add_internal.
inline constexpr std::string_view kInternalVisible = "(e.direction <> 2 OR t.partition_key IN @list)";

/// Condition on `account a`: may what has no thread be seen? Parameters: add_account.
inline constexpr std::string_view kAccountVisible = "a.name IN @list";

class ViewFilter {
 public:
  /// ticket_account: the account that view.threads speaks of; 0 when it is not one of ours.
  ViewFilter(const View& view, Id ticket_account);

  bool all() const { return all_; }
  void add_thread(std::vector<Parameter>& parameters) const;
  void add_internal(std::vector<Parameter>& parameters) const;
  void add_account(std::vector<Parameter>& parameters) const;

 private:
  bool all_;
  Id ticket_account_;
  std::string partitions_;  // JSON arrays
  std::string internal_partitions_;
  std::string threads_;
};

}  // namespace identities::store
