// How much each outcome of a comparison says, in bits: the logarithm of how much likelier it is between two records of
// one person than between those of two. Plain data; threads share it.
//
// Fellegi, Sunter, "A Theory for Record Linkage", JASA 64 (1969): the weight log2(m/u) of an outcome, and their sum.
// Winkler, "Frequency-Based Matching in Fellegi-Sunter Model of Record Linkage" (2000): rare values weigh more.
// Enamorado, Fifield, Imai, "Using a Probabilistic Model to Assist Merging of Large-scale Administrative Records", APSR
// 113 (2019), and the documentation of Splink (Ministry of Justice): m by EM, a missing value says nothing.
//
// Two records are one person's, or two strangers', or two people's who share something by nature: a family its name,
// address and phone, a researcher the authors of two papers. Without that third class a family would be one person.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/matching/table.hpp"

namespace identities::matching {

using Rates = std::array<double, kMostOutcomes>;

struct ColumnModel {
  Comparator comparator = Comparator::kPlace;
  Group group = Group::kOther;
  Rates m{};         // how often each outcome is between records of one person
  Rates u{};         // and between those of strangers
  Rates r{};         // and between those of two people who share something
  bool own = false;  // people who share something are strangers in this column: r is u, but for what texts share
  /// A column with which this one agrees by nature, as a city does with its postcode; -1: none. Where that one is
  /// equal, the rates of two people are these.
  int parent = -1;
  Rates u_beside_parent{};
};

struct Model {
  std::vector<ColumnModel> columns;
  double prior = 0;      // bits: how likely two records are one person's before anything is compared
  double records = 0;    // that the counts of values are out of
  double related = -40;  // bits: how likely two records are of people who share something, against strangers
  double copies = 0;     // how many further records a record's person has, on average
};

/// How often a value that `count` of the records have is met in a record of somebody else.
double rate_of_value(const Model& model, const ColumnModel& column, double count);

/// What one column says, as logarithms of how likely its outcome is.
struct Bits {
  double person = 0;
  double strangers = 0;
  double related = 0;
};
/// equal_rate: rate_of_value of what is equal, where the outcome is 0. All 0 where it is missing.
Bits bits_of(const Model& model, std::size_t column, const Outcomes& outcomes, double equal_rate);

struct Weighed {
  double weight = 0;         // bits of the odds that both are one person's
  double strangers = 1;      // the probability that they are strangers'
  std::size_t agreeing = 0;  // independent kinds of evidence that speak for it
};

/// Evidence of one kind must say at least this much to count as agreeing.
constexpr double kAgreeingBits = 1;
/// And so many kinds must agree before two records are suggested.
constexpr std::size_t kLeastAgreeing = 2;

/// A pair is shown from this weight on, odds of 8 to 1, and called strong from that one on.
constexpr double kShownWeight = 3;
constexpr double kStrongWeight = 6;

/// equal_rates: of each column whose outcome is 0.
Weighed weigh(const Model& model, const Outcomes& outcomes, const std::array<double, kMostColumns>& equal_rates);

/// The same of two records of a table that compare so; what is equal, either of them tells.
Weighed weigh_records(const Model& model, const Table& table, std::size_t left, const Outcomes& outcomes);

}  // namespace identities::matching
