// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace weir {
namespace {

Result<std::unique_ptr<int>> make_number(bool works) {
  if (!works) return fail(ErrorCode::invalid, "no number");
  return std::make_unique<int>(7);
}

Result<int> read_number(bool works, int& calls) {
  TRY_ASSIGN(auto number, (++calls, make_number(works)));
  return *number;
}

Result<void> check_twice(bool first, bool second) {
  TRY(make_number(first));
  TRY(make_number(second));
  return {};
}

TEST(ResultTest, try_assign_hands_the_value_on_and_evaluates_once) {
  int calls = 0;
  EXPECT_EQ(read_number(true, calls), 7);
  EXPECT_EQ(calls, 1);
}

TEST(ResultTest, try_assign_returns_the_error) {
  int calls = 0;
  auto result = read_number(false, calls);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorCode::invalid, "no number"}));
  EXPECT_EQ(calls, 1);
}

TEST(ResultTest, try_returns_at_the_first_error) {
  EXPECT_TRUE(check_twice(true, true));
  EXPECT_FALSE(check_twice(false, true));
  EXPECT_FALSE(check_twice(true, false));
}

TEST(ResultTest, context_goes_in_front_and_the_code_stays) {
  Error error{ErrorCode::busy, "the lock is held"};
  EXPECT_EQ(error.in("opening the store").in("weir serve"),
            (Error{ErrorCode::busy, "weir serve: opening the store: the lock is held"}));
}

TEST(ResultTest, what_a_store_goes_without_has_codes_of_its_own) {
  for (int full : {ENOSPC, EDQUOT, EFBIG}) EXPECT_EQ(errno_error("x", full).code, ErrorCode::no_space) << full;
  EXPECT_EQ(errno_error("x", EROFS).code, ErrorCode::read_only);
  for (int none : {EMFILE, ENFILE}) EXPECT_EQ(errno_error("x", none).code, ErrorCode::no_descriptors) << none;
  for (int other : {EIO, EACCES, ENOENT}) EXPECT_EQ(errno_error("x", other).code, ErrorCode::io) << other;
}

TEST(ResultTest, an_errno_error_says_what_was_tried_and_why_it_failed) {
  errno = ENOENT;
  EXPECT_EQ(errno_error("opening /a/b").message, "opening /a/b: No such file or directory");
}

}  // namespace
}  // namespace weir
