// Given names that are one name: short forms, pet forms and spellings of several languages, as people write themselves
// in mail and chat. Constant; written for this project.
#pragma once

#include <span>
#include <string_view>

namespace identities {

/// Each entry is a group of names in the form that parse_name gives them, parted by blanks. A name may stand in
/// several: "pat" is Patrick's and Patricia's, who are not each other's.
std::span<const std::string_view> nickname_groups();

}  // namespace identities
