#include "core/case_folding.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <new>

namespace identities {
namespace {

/// An identifier must not go without its key because memory was short.
void require_memory(UErrorCode status) {
  if (status == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
}

}  // namespace

std::optional<std::string> fold_case(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  require_memory(status);
  if (U_FAILURE(status)) return std::nullopt;
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded);
  fold->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, nullptr, status);
  require_memory(status);
  if (U_FAILURE(status)) return std::nullopt;
  return folded;
}

}  // namespace identities
