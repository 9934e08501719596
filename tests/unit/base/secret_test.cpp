// SPDX-License-Identifier: Apache-2.0
// Whether a secret is wiped is seen where memory is given back: this program's operator delete looks through each block
// for the secret's text before it frees it.  A short secret lies in the object itself, whose storage the test owns.
#include "base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <sstream>
#include <type_traits>
#include <vector>

namespace {

constexpr std::string_view kText = "hf_not_a_token_that_anybody_has_ever_had";
// What is looked for: clearing a string overwrites its first byte, and that alone is no wiping.
constexpr std::string_view kTail = kText.substr(8);

std::atomic<bool> watching = false;
std::atomic<int> leaks = 0;

// noinline: the compiler must not conclude from the coming free() that nobody reads.
[[gnu::noinline]] void look_through(const void* block) {
  std::string_view bytes(static_cast<const char*>(block), ::malloc_usable_size(const_cast<void*>(block)));
  if (bytes.find(kTail) != bytes.npos) ++leaks;
}

void give_back(void* block) {
  if (block && watching) look_through(block);
  std::free(block);
}

}  // namespace

void* operator new(size_t size) {
  if (void* block = std::malloc(size ? size : 1)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  give_back(block);
}
void operator delete(void* block, size_t) noexcept {
  give_back(block);
}

namespace weir {
namespace {

class SecretTest : public testing::Test {
 protected:
  void SetUp() override {
    leaks = 0;
    watching = true;
  }
  void TearDown() override { watching = false; }
};

TEST_F(SecretTest, the_watch_sees_a_string_that_is_not_wiped) {
  {
    std::string plain(kText);
    asm volatile("" : : "r"(plain.data()) : "memory");  // so that it is not optimized away
  }
  EXPECT_EQ(leaks, 1);
}

TEST_F(SecretTest, reveals_what_it_was_given) {
  Secret secret(kText);
  EXPECT_EQ(secret.reveal(), kText);
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST_F(SecretTest, is_wiped_at_its_end) {
  { Secret secret(kText); }
  EXPECT_EQ(leaks, 0);
}

TEST_F(SecretTest, copies_are_equal_and_all_are_wiped) {
  {
    Secret first(kText);
    Secret second(first);  // NOLINT(performance-unnecessary-copy-initialization): the copy is under test
    Secret third;
    third = second;
    EXPECT_EQ(first, third);
    EXPECT_NE(first, Secret("other"));
  }
  EXPECT_EQ(leaks, 0);
}

TEST_F(SecretTest, what_was_moved_from_is_empty_and_wiped) {
  {
    Secret first(kText);
    Secret second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the contract under test
    Secret third("before");
    third = std::move(second);
    EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(third.reveal(), kText);
  }
  EXPECT_EQ(leaks, 0);
}

TEST_F(SecretTest, an_assignment_wipes_the_old_value) {
  {
    Secret shorter(kText);
    shorter = Secret("short");
    EXPECT_EQ(shorter.reveal(), "short");
    Secret longer(kText);
    longer = Secret(std::string(500, 'x'));
    Secret short_one("short");
    Secret long_one(std::string(500, 'x'));
    Secret copied_over(kText);
    copied_over = short_one;
    Secret copied_beyond(kText);
    copied_beyond = long_one;
  }
  EXPECT_EQ(leaks, 0);
}

TEST_F(SecretTest, assigning_itself_changes_nothing) {
  Secret secret(kText);
  auto& same = secret;
  secret = same;
  EXPECT_EQ(secret.reveal(), kText);
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), kText);
}

TEST_F(SecretTest, a_vector_that_grows_leaves_nothing_behind) {
  {
    std::vector<Secret> all;
    for (int i = 0; i < 20; ++i)
      all.emplace_back(kText);  // NOLINT(performance-inefficient-vector-operation): it must grow
    all.erase(all.begin());
  }
  EXPECT_EQ(leaks, 0);
}

TEST_F(SecretTest, a_short_one_is_wiped_within_the_object) {
  static constexpr std::string_view kShort = "token-12";
  alignas(Secret) std::array<char, sizeof(Secret)> storage{};
  auto holds = [&storage] {
    asm volatile("" : : "r"(storage.data()) : "memory");  // the object's last stores count
    return std::string_view(storage.data(), storage.size()).find(kShort.substr(1)) != std::string_view::npos;
  };
  auto* secret = new (storage.data()) Secret(kShort);
  ASSERT_TRUE(holds()) << "a short string is kept in the object";
  secret->~Secret();
  EXPECT_FALSE(holds());
}

template <typename T>
concept Streams = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST_F(SecretTest, cannot_be_printed) {
  static_assert(Streams<std::string> && !Streams<Secret>);
  static_assert(fmt::is_formattable<std::string>::value && !fmt::is_formattable<Secret>::value);
  static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
}

}  // namespace
}  // namespace weir
