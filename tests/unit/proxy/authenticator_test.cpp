// SPDX-License-Identifier: Apache-2.0
#include "proxy/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/base64.h"
#include "tests/unit/proxy/peer.h"

namespace weir::proxy {
namespace {

using testing::ElementsAre;

// Cheap, so that the tests are quick.
PasswordHash hash_of_secret() {
  return PasswordHash::parse("$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gEeb/KeWbm5g+kBQOFr1yJbkjBxxxDOkhSmrSXFFwOg")
      .value();
}

http::Fields given(const std::string& name_and_password) {
  return {{"Proxy-Authorization", "Basic " + to_base64(name_and_password)}};
}

class AuthenticatorTest : public testing::Test {
 protected:
  // The answers so far, in their order: a user's name or a status.
  void ask(const http::Fields& fields) { ask(fields, checks_.emplace_back(std::make_unique<PasswordCheck>())); }
  void ask(const http::Fields& fields, std::unique_ptr<PasswordCheck>& check) {
    users_->admit(fields, loop_, *check, [this](const Admission& admission) {
      answers_.push_back(admission.refusal ? std::to_string(admission.refusal->status) : admission.user);
    });
  }
  bool wait_for(size_t count) {
    return static_cast<bool>(run_until(loop_, [&] { return answers_.size() == count; }));
  }
  // Keeps the pool's only thread until the promise is kept.
  std::shared_ptr<std::promise<void>> block_pool() {
    auto promise = std::make_shared<std::promise<void>>();
    pool_.submit([done = promise->get_future().share()] { done.wait(); });
    return promise;
  }

  Loop loop_;
  DiskPool pool_{1};
  std::shared_ptr<Authenticator> users_ =
      std::make_shared<Authenticator>(std::vector<User>{{"ann", hash_of_secret()}}, 2, pool_);
  std::vector<std::unique_ptr<PasswordCheck>> checks_;
  std::vector<std::string> answers_;
};

TEST_F(AuthenticatorTest, asks_at_once_when_nothing_usable_was_given) {
  auto block = block_pool();
  ask({});
  ask({{"Proxy-Authorization", "Bearer abc"}});
  ask({{"Authorization", "Basic YW5uOnNlY3JldA=="}});
  auto twice = given("ann:secret");
  twice.add("Proxy-Authorization", twice.get("Proxy-Authorization"));
  ask(twice);
  EXPECT_THAT(answers_, ElementsAre("407", "407", "407", "407"));
  block->set_value();
}

TEST_F(AuthenticatorTest, knows_right_from_wrong) {
  for (const char* pair : {"ann:secret", "ann:Secret", "ben:secret", "ann:", ":secret", "ANN:secret"}) {
    ask(given(pair));
    ASSERT_TRUE(wait_for(checks_.size()));
  }
  EXPECT_THAT(answers_, ElementsAre("ann", "407", "407", "407", "407", "407"));
}

TEST_F(AuthenticatorTest, remembers_what_was_right_and_nothing_else) {
  ask(given("ann:secret"));
  ask(given("ann:wrong"));
  ASSERT_TRUE(wait_for(2));
  auto block = block_pool();
  ask(given("ann:secret"));  // answered although the pool is not free
  EXPECT_THAT(answers_, ElementsAre("ann", "407", "ann"));
  ask(given("ann:wrong"));
  run_what_is_ready(loop_);
  EXPECT_EQ(answers_.size(), 3U);
  block->set_value();
  ASSERT_TRUE(wait_for(4));
}

TEST_F(AuthenticatorTest, lets_so_many_wait_and_no_more) {
  auto block = block_pool();
  for (const char* pair : {"ann:1", "ann:2", "ann:3"}) ask(given(pair));  // one that is next, two that wait
  EXPECT_TRUE(answers_.empty());
  ask(given("ann:4"));
  EXPECT_THAT(answers_, ElementsAre("503"));
  for (int i = 0; i < 50; ++i) ask(given("ann:3"));  // the same question: one check for all
  EXPECT_EQ(answers_.size(), 1U);
  block->set_value();
  ASSERT_TRUE(wait_for(54));
  ask(given("ann:secret"));
  ASSERT_TRUE(wait_for(55));
  EXPECT_EQ(answers_.back(), "ann");
}

TEST_F(AuthenticatorTest, forgets_who_has_left) {
  auto block = block_pool();
  ask(given("ann:secret"));
  ask(given("ann:secret"));
  checks_.front().reset();
  block->set_value();
  ASSERT_TRUE(wait_for(1));
  run_what_is_ready(loop_);
  EXPECT_THAT(answers_, ElementsAre("ann"));
}

TEST_F(AuthenticatorTest, without_users_nobody_is_right) {
  users_ = std::make_shared<Authenticator>(std::vector<User>{}, 2, pool_);
  ask(given("ann:secret"));
  ASSERT_TRUE(wait_for(1));
  EXPECT_THAT(answers_, ElementsAre("407"));
}

}  // namespace
}  // namespace weir::proxy
