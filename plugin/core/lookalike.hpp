// Domains that only look like another one, as one with a Cyrillic letter among Latin ones does (homographs, UTS 39).
// Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace identities {

/// The ASCII domain that people read where that one stands. domain: as normalise_domain gives it, in A-labels. Read
/// from the top down, as far as its labels read as ASCII: one with a letter that reads as itself, and all before it, is
/// left out. Nothing where no A-label is among those that are read, as in "bücher.example" and in honest names in
/// another script. What is taken for what, ICU tells (the skeletons of UTS 39); but whole letters such as the Danish
/// ae, and the dotless i in Turkey, read as themselves. An honest name is told, too, where all of its letters look like
/// ASCII: it is another domain all the same. Nothing, too, when ICU's data is not there. Throws std::bad_alloc.
std::optional<std::string> imitated_domain(std::string_view domain);

}  // namespace identities
