#include "store/view_filter.hpp"

#include "core/json_writer.hpp"

namespace identities::store {
namespace {

std::string json_array(const std::vector<std::string>& texts) {
  JsonWriter json(64);
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
  return json.take();
}

}  // namespace

ViewFilter::ViewFilter(const View& view, Id ticket_account) : all_(view.all), ticket_account_(ticket_account) {
  if (all_) return;
  partitions_ = json_array(view.partitions);
  internal_partitions_ = json_array(view.internal_partitions);
  threads_ = json_array(view.threads);
}

void ViewFilter::add_thread(std::vector<Parameter>& parameters) const {
  parameters.emplace_back(std::string_view(partitions_));
  parameters.emplace_back(ticket_account_);
  parameters.emplace_back(std::string_view(threads_));
}

void ViewFilter::add_internal(std::vector<Parameter>& parameters) const {
  parameters.emplace_back(std::string_view(internal_partitions_));
}

void ViewFilter::add_account(std::vector<Parameter>& parameters) const {
  parameters.emplace_back(std::string_view(partitions_));
}

}  // namespace identities::store
