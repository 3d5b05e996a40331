// Lawrence Philips, "The Double Metaphone Search Algorithm", C/C++ Users Journal, June 2000: a table of what English
// spelling, and names that came into it, sound like. The rules keep the article's order, one function a letter.
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/string_distance.hpp"

namespace identities {
namespace {

class Metaphone {
 public:
  explicit Metaphone(std::string_view word) {
    word_.reserve(word.size());
    for (const char c : word) word_ += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    slavic_or_germanic_ = word_.find_first_of("WK") != std::string::npos || word_.find("CZ") != std::string::npos;
  }

  std::pair<std::string, std::string> code(std::size_t length) {
    if (is(0, {"GN", "KN", "PN", "WR", "PS"})) at_ = 1;
    while (at_ < word_.size() && (primary_.size() < length || other_.size() < length)) letter();
    primary_.resize(std::min(primary_.size(), length));
    other_.resize(std::min(other_.size(), length));
    return {primary_, other_};
  }

 private:
  /// A space beyond the end; 0 before the start.
  [[nodiscard]] char at(std::ptrdiff_t place) const {
    if (place < 0) return '\0';
    const auto i = static_cast<std::size_t>(place);
    return i < word_.size() ? word_[i] : ' ';
  }
  [[nodiscard]] char near(std::ptrdiff_t step) const { return at(static_cast<std::ptrdiff_t>(at_) + step); }
  [[nodiscard]] static bool vowel(char c) { return std::string_view("AEIOUY").find(c) != std::string_view::npos; }
  [[nodiscard]] bool last() const { return at_ + 1 == word_.size(); }

  /// Does one of the texts stand at this place?
  [[nodiscard]] bool is(std::ptrdiff_t place, std::initializer_list<std::string_view> texts) const {
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (at(place + static_cast<std::ptrdiff_t>(i)) != text[i]) return false;
      }
      return true;
    });
  }
  [[nodiscard]] bool here(std::ptrdiff_t step, std::initializer_list<std::string_view> texts) const {
    return is(static_cast<std::ptrdiff_t>(at_) + step, texts);
  }
  [[nodiscard]] bool one_of(std::ptrdiff_t step, std::string_view letters) const {
    return near(step) != '\0' && letters.find(near(step)) != std::string_view::npos;
  }
  [[nodiscard]] bool germanic() const { return is(0, {"VAN ", "VON ", "SCH"}); }

  void add(std::string_view both) { add(both, both); }
  void add(std::string_view primary, std::string_view other) {
    primary_ += primary;
    other_ += other;
  }
  void go(std::size_t steps) { at_ += steps; }
  /// A letter that sounds the same single or doubled.
  void plain(std::string_view sound) {
    add(sound);
    go(near(1) == near(0) ? 2 : 1);
  }

  void letter() {
    switch (near(0)) {
      case 'A':
      case 'E':
      case 'I':
      case 'O':
      case 'U':
      case 'Y':
        if (at_ == 0) add("A");
        return go(1);
      case 'B':
        return plain("P");
      case 'C':
        return letter_c();
      case 'D':
        return letter_d();
      case 'F':
        return plain("F");
      case 'G':
        return letter_g();
      case 'H':
        if ((at_ == 0 || vowel(near(-1))) && vowel(near(1))) {
          add("H");
          return go(2);
        }
        return go(1);
      case 'J':
        return letter_j();
      case 'K':
      case 'Q':
        return plain("K");
      case 'L':
        return letter_l();
      case 'M':
        return letter_m();
      case 'N':
        return plain("N");
      case 'P':
        return letter_p();
      case 'R':
        return letter_r();
      case 'S':
        return letter_s();
      case 'T':
        return letter_t();
      case 'V':
        return plain("F");
      case 'W':
        return letter_w();
      case 'X':
        return letter_x();
      case 'Z':
        return letter_z();
      default:
        return go(1);
    }
  }

  /// The "ch" of Bach and Bacher, but not that of "chi" and "che" elsewhere.
  [[nodiscard]] bool germanic_ach() const {
    return at_ > 1 && !vowel(near(-2)) && here(-1, {"ACH"}) && near(2) != 'I' &&
           (near(2) != 'E' || here(-2, {"BACHER", "MACHER"}));
  }

  void letter_c() {
    if (germanic_ach()) return add("K"), go(2);
    if (at_ == 0 && here(0, {"CAESAR"})) return add("S"), go(2);
    if (here(0, {"CHIA"})) return add("K"), go(2);
    if (here(0, {"CH"})) return letters_ch();
    if (here(0, {"CZ"}) && !here(-2, {"WICZ"})) return add("S", "X"), go(2);
    if (here(1, {"CIA"})) return add("X"), go(3);
    if (here(0, {"CC"}) && !(at_ == 1 && at(0) == 'M')) return letters_cc();
    if (here(0, {"CK", "CG", "CQ"})) return add("K"), go(2);
    if (here(0, {"CI", "CE", "CY"})) {
      here(0, {"CIO", "CIE", "CIA"}) ? add("S", "X") : add("S");
      return go(2);
    }
    add("K");
    if (here(1, {" C", " Q", " G"})) return go(3);
    go(one_of(1, "CKQ") && !here(1, {"CE", "CI"}) ? 2 : 1);
  }

  void letters_cc() {
    if (!one_of(2, "IEH") || here(2, {"HU"})) return add("K"), go(2);
    const bool hard = (at_ == 1 && near(-1) == 'A') || here(-1, {"UCCEE", "UCCES"});
    add(hard ? "KS" : "X");
    go(3);
  }

  void letters_ch() {
    if (at_ > 0 && here(0, {"CHAE"})) return add("K", "X"), go(2);
    const bool greek = at_ == 0 && here(1, {"HARAC", "HARIS", "HOR", "HYM", "HIA", "HEM"}) && !is(0, {"CHORE"});
    const bool hard = germanic() || here(-2, {"ORCHES", "ARCHIT", "ORCHID"}) || one_of(2, "TS") ||
                      ((one_of(-1, "AOUE") || at_ == 0) && one_of(2, "LRNMBHFVW "));
    if (greek || hard) return add("K"), go(2);
    if (at_ == 0) {
      add("X");
    } else {
      is(0, {"MC"}) ? add("K") : add("X", "K");
    }
    go(2);
  }

  void letter_d() {
    if (here(0, {"DG"})) {
      if (one_of(2, "IEY")) return add("J"), go(3);
      return add("TK"), go(2);
    }
    add("T");
    go(here(0, {"DT", "DD"}) ? 2 : 1);
  }

  void letter_g() {
    if (near(1) == 'H') return letters_gh();
    if (near(1) == 'N') return letters_gn();
    if (here(1, {"LI"}) && !slavic_or_germanic_) return add("KL", "L"), go(2);
    if (at_ == 0 && (near(1) == 'Y' || here(1, {"ES", "EP", "EB", "EL", "EY", "IB", "IL", "IN", "IE", "EI", "ER"}))) {
      return add("K", "J"), go(2);
    }
    if ((here(1, {"ER"}) || near(1) == 'Y') && !is(0, {"DANGER", "RANGER", "MANGER"}) && !one_of(-1, "EI") &&
        !here(-1, {"RGY", "OGY"})) {
      return add("K", "J"), go(2);
    }
    if (one_of(1, "EIY") || here(-1, {"AGGI", "OGGI"})) {
      if (germanic() || here(1, {"ET"})) {
        add("K");
      } else {
        here(1, {"IER "}) ? add("J") : add("J", "K");
      }
      return go(2);
    }
    plain("K");
  }

  void letters_gn() {
    if (at_ == 1 && vowel(at(0)) && !slavic_or_germanic_) {
      add("KN", "N");
    } else {
      !here(2, {"EY"}) && !slavic_or_germanic_ ? add("N", "KN") : add("KN");
    }
    go(2);
  }

  void letters_gh() {
    if (at_ > 0 && !vowel(near(-1))) return add("K"), go(2);
    if (at_ == 0) return add(near(2) == 'I' ? "J" : "K"), go(2);
    const bool silent = one_of(-2, "BHD") || one_of(-3, "BHD") || one_of(-4, "BH");
    if (silent) return go(2);
    if (at_ > 2 && near(-1) == 'U' && one_of(-3, "CGLRT")) {
      add("F");
    } else if (near(-1) != 'I') {
      add("K");
    }
    go(2);
  }

  void letter_j() {
    const bool spanish = is(0, {"SAN "});
    if (here(0, {"JOSE"}) || spanish) {
      (at_ == 0 && near(4) == ' ') || word_.size() == 4 || spanish ? add("H") : add("J", "H");
      return go(1);
    }
    if (at_ == 0) {
      add("J", "A");
    } else if (vowel(near(-1)) && !slavic_or_germanic_ && one_of(1, "AO")) {
      add("J", "H");
    } else if (last()) {
      add("J", "");
    } else if (!one_of(1, "LTKSNMBZ") && !one_of(-1, "SKL")) {
      add("J");
    }
    go(near(1) == 'J' ? 2 : 1);
  }

  void letter_l() {
    if (near(1) != 'L') return add("L"), go(1);
    const auto size = static_cast<std::ptrdiff_t>(word_.size());
    const bool spanish = (at_ + 3 == word_.size() && here(-1, {"ILLO", "ILLA", "ALLE"})) ||
                         ((is(size - 2, {"AS", "OS"}) || is(size - 1, {"A", "O"})) && here(-1, {"ALLE"}));
    add("L", spanish ? "" : "L");
    go(2);
  }

  void letter_m() {
    const bool silent_b = here(-1, {"UMB"}) && (at_ + 2 == word_.size() || here(2, {"ER"}));
    add("M");
    go(silent_b || near(1) == 'M' ? 2 : 1);
  }

  void letter_p() {
    if (near(1) == 'H') return add("F"), go(2);
    add("P");
    go(one_of(1, "PB") ? 2 : 1);
  }

  void letter_r() {
    const bool french = last() && !slavic_or_germanic_ && here(-2, {"IE"}) && !here(-4, {"ME", "MA"});
    add(french ? "" : "R", "R");
    go(near(1) == 'R' ? 2 : 1);
  }

  void letter_s() {
    if (here(-1, {"ISL", "YSL"})) return go(1);
    if (at_ == 0 && here(0, {"SUGAR"})) return add("X", "S"), go(1);
    if (here(0, {"SH"})) {
      add(here(1, {"HEIM", "HOEK", "HOLM", "HOLZ"}) ? "S" : "X");
      return go(2);
    }
    if (here(0, {"SIO", "SIA"})) {
      slavic_or_germanic_ ? add("S") : add("S", "X");
      return go(3);
    }
    if ((at_ == 0 && one_of(1, "MNLW")) || near(1) == 'Z') {
      add("S", "X");
      return go(near(1) == 'Z' ? 2 : 1);
    }
    if (here(0, {"SC"})) return letters_sc();
    add(last() && here(-2, {"AI", "OI"}) ? "" : "S", "S");
    go(one_of(1, "SZ") ? 2 : 1);
  }

  void letters_sc() {
    if (near(2) == 'H') {
      if (here(3, {"ER", "EN"})) {
        add("X", "SK");
      } else if (here(3, {"OO", "UY", "ED", "EM"})) {
        add("SK");
      } else if (at_ == 0 && !vowel(at(3)) && at(3) != 'W') {
        add("X", "S");
      } else {
        add("X");
      }
    } else {
      add(one_of(2, "IEY") ? "S" : "SK");
    }
    go(3);
  }

  void letter_t() {
    if (here(0, {"TION", "TIA", "TCH"})) return add("X"), go(3);
    if (here(0, {"TH", "TTH"})) {
      here(2, {"OM", "AM"}) || germanic() ? add("T") : add("0", "T");
      return go(2);
    }
    add("T");
    go(one_of(1, "TD") ? 2 : 1);
  }

  void letter_w() {
    if (here(0, {"WR"})) return add("R"), go(2);
    if (at_ == 0 && vowel(near(1))) {
      add("A", "F");
    } else if (at_ == 0 && near(1) == 'H') {
      add("A");
    }
    if ((last() && vowel(near(-1))) || here(-1, {"EWSKI", "EWSKY", "OWSKI", "OWSKY"}) || is(0, {"SCH"})) {
      add("", "F");
      return go(1);
    }
    if (here(0, {"WICZ", "WITZ"})) return add("TS", "FX"), go(4);
    go(1);
  }

  void letter_x() {
    if (at_ == 0) return add("S"), go(1);
    const bool french = last() && (here(-3, {"IAU", "EAU"}) || here(-2, {"AU", "OU"}));
    if (!french) add("KS");
    go(one_of(1, "CX") ? 2 : 1);
  }

  void letter_z() {
    if (near(1) == 'H') return add("J"), go(2);
    const bool italian = here(1, {"ZO", "ZI", "ZA"});
    italian || (slavic_or_germanic_ && at_ > 0 && near(-1) != 'T') ? add("S", "TS") : add("S");
    go(near(1) == 'Z' ? 2 : 1);
  }

  std::string word_;
  bool slavic_or_germanic_ = false;
  std::size_t at_ = 0;
  std::string primary_;
  std::string other_;
};

}  // namespace

std::pair<std::string, std::string> double_metaphone(std::string_view word, std::size_t length) {
  return Metaphone(word).code(length);
}

}  // namespace identities
