// What the stored records brought, what their sources declared and what agents judged of them, in the order in which it
// came: for whoever goes through all of it again. Each page is read in a read transaction of its own. A record comes
// with the name, handle and birth date that it has now; an identifier that it got later comes later. Used by one
// thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/engagement.hpp"
#include "core/identity_event.hpp"
#include "store/pool.hpp"

namespace identities::store {

/// An identifier as it is stored; shown is what its source wrote.
struct ToldIdentifier {
  std::string kind;
  std::string value;
  std::string shown;
  bool verified = false;
  Microseconds first_us = 0;
};

/// A record, or what it got later.
struct Arrival {
  Id record = 0;
  Id account = 0;
  Id identity = 0;  // that it is in now; 0: it is known from before
  std::string name;
  std::string handle;
  std::optional<GivenAttribute> birth_date;
  Microseconds at_us = 0;  // when its source said so
  Microseconds created_us = 0;
  std::vector<ToldIdentifier> identifiers;
};

/// A decision of an agent, also one that was undone later: that is a decision, too. Or what a source declared, that two
/// of its customers are one.
struct Judgement {
  struct Detached {
    Id record = 0;
    ToldIdentifier identifier;
  };
  struct Shared {
    ToldIdentifier identifier;
    bool shared = false;
  };
  IdentityEvent event;
  std::vector<Detached> detached;       // identifiers that it took off
  std::vector<Shared> shared;           // values of which it said whether they are several people's
  std::optional<IdentityEvent> target;  // what it undoes
};

struct Happening {
  Id moment = 0;  // they are ordered by it
  std::variant<Arrival, Judgement> what;
};

class Happenings {
 public:
  /// aside: an SQLite database of the caller's own, where what comes later waits for its turn. Both outlive this.
  /// Throws as session.hpp says, as next does.
  Happenings(Pool& stored, Session& aside);

  /// The next ones, some hundred; none at the end. What is written to the database meanwhile may be among them or not.
  std::vector<Happening> next();

 private:
  void read_records();
  void put_aside(const std::vector<Happening>& later);
  /// Of those that wait, the ones of no later moment than that, at most a page; then the moment is lowered to the last.
  std::vector<Happening> take_from_aside(Id& until);
  void add_judgements(Id until, std::vector<Happening>& to);

  Pool& stored_;
  Session& aside_;
  std::deque<Happening> records_;  // read, and not yet given out
  Id last_read_ = 0;
  Id after_ = 0;  // moments up to this one were given out
  bool all_read_ = false;
  bool ended_ = false;
};

}  // namespace identities::store
