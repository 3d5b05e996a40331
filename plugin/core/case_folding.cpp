#include "core/case_folding.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <new>

#include "core/utf8.hpp"

namespace identities {
namespace {

/// An identifier must not go without its key because memory was short.
void require_memory(UErrorCode status) {
  if (status == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
}

/// nullptr when ICU's data is not there.
const icu::Normalizer2* case_folding() {
  static const icu::Normalizer2* const fold = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* const found = icu::Normalizer2::getNFKCCasefoldInstance(status);
    require_memory(status);
    return U_FAILURE(status) ? nullptr : found;
  }();
  return fold;
}

}  // namespace

std::optional<std::string> fold_case(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    if (length == 0) return std::nullopt;
    rest.remove_prefix(length);
  }
  const icu::Normalizer2* const fold = case_folding();
  if (fold == nullptr) return std::nullopt;
  UErrorCode status = U_ZERO_ERROR;
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded);
  fold->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, nullptr, status);
  require_memory(status);
  if (U_FAILURE(status)) return std::nullopt;
  return folded;
}

}  // namespace identities
