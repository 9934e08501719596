// SPDX-License-Identifier: Apache-2.0
// What tables of tests on a FaultDisk share: the ways to fail, their names, and the walk over all operations.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fault_disk.h"

namespace weir::fakes {

struct FaultWay {
  Fault fault;
  Lasting lasting;

  // Whoever meets it goes on and succeeds.
  bool is_harmless() const { return fault == Fault::short_count || fault == Fault::interrupted; }
};

inline constexpr std::pair<const char*, Fault> kFaults[] = {
    {"no_space", Fault::no_space},           {"io_error", Fault::io_error},       {"read_only", Fault::read_only},
    {"no_descriptor", Fault::no_descriptor}, {"short_count", Fault::short_count}, {"interrupted", Fault::interrupted}};

// All but an interruption that never ends.
inline std::vector<FaultWay> fault_ways() {
  std::vector<FaultWay> ways;
  for (auto& [name, fault] : kFaults)
    for (auto lasting : {Lasting::once, Lasting::from_then_on})
      if (lasting == Lasting::once || fault != Fault::interrupted) ways.push_back({fault, lasting});
  return ways;
}

// "io_error_once"
inline std::string name_of(const FaultWay& way) {
  std::string text;
  for (auto& [name, fault] : kFaults)
    if (fault == way.fault) text = name;
  return text + (way.lasting == Lasting::once ? "_once" : "_from_then_on");
}

// Calls `try_with_fault_at(n)` for the first operation, the second and so on, until the fault did not come (false).
template <typename Try>
void try_at_each_operation(Try try_with_fault_at) {
  constexpr uint64_t kMost = 2000;
  uint64_t operation = 1;
  while (!testing::Test::HasFailure() && try_with_fault_at(operation)) ASSERT_LT(++operation, kMost);
  testing::Test::RecordProperty("operations", static_cast<int>(operation - 1));
}

}  // namespace weir::fakes
