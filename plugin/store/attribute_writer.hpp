// What is known of a record by attributes: facts that are set, and interests with their dated evidence. What it writes
// is in the batch it is given, or goes to the database at once. REQUIRES for every function: inside a write
// transaction.
#pragma once

#include "core/engagement.hpp"
#include "core/ids.hpp"
#include "store/write_batch.hpp"

namespace identities::store {

class AttributeWriter {
 public:
  AttributeWriter(WriteBatch& batch, Microseconds now_us) : batch_(batch), now_us_(now_us) {}

  /// Where an interest was triggered; 0 and 0 when it came with a profile or an import.
  struct Evidence {
    Id engagement = 0;
    Id thread = 0;
  };
  /// Shows the interest on the record, with one dated piece of evidence. False when that very piece was there.
  bool give_interest(Id record, const GivenInterest& interest, Microseconds at_us, const Evidence& evidence);
  /// False when what is stored is newer, or the same.
  bool set_attribute(Id record, const GivenAttribute& attribute, Microseconds changed_us);

 private:
  Id interest_for(const GivenInterest& interest);

  WriteBatch& batch_;
  Microseconds now_us_;
};

}  // namespace identities::store
