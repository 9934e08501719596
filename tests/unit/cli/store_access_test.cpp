// SPDX-License-Identifier: Apache-2.0
#include "cli/store_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/fakes/one_answer_server.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

class StoreAccessTest : public testing::Test {
 protected:
  StoreAccessTest() { config_.store.root = folder_.path() / "store"; }

  void expect_busy() {
    auto access = reach_store(config_, NoStore::make, Duration(0));
    ASSERT_FALSE(access);
    EXPECT_EQ(access.error().code, ErrorCode::busy);
    EXPECT_THAT(access.error().message, HasSubstr("held by process " + std::to_string(::getpid())));
  }

  TemporaryFolder folder_;
  config::Config config_;
};

TEST_F(StoreAccessTest, makes_a_store_only_where_one_is_to_be_made) {
  auto refused = reach_store(config_, NoStore::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_FALSE(std::filesystem::exists(config_.store.root));
  EXPECT_TRUE(reach_store(config_, NoStore::make).value().store);
  EXPECT_TRUE(reach_store(config_, NoStore::refuse).value().store);
}

TEST_F(StoreAccessTest, asks_the_proxy_that_answers) {
  fakes::OneAnswerServer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  auto store = cas::BlobStore::open(config_.store).value();
  ASSERT_TRUE(store->set_lock_note(server.endpoint().text()));
  auto access = reach_store(config_, NoStore::refuse, Duration(0)).value();
  EXPECT_EQ(access.server, (RunningServer{::getpid(), server.endpoint()}));
  EXPECT_FALSE(access.store);
}

TEST_F(StoreAccessTest, does_not_wait_for_ever) {
  auto store = cas::BlobStore::open(config_.store).value();
  expect_busy();
  // Who had that address answers there no more.
  ASSERT_TRUE(store->set_lock_note("127.0.0.1:1"));
  expect_busy();
}

}  // namespace
}  // namespace weir::cli
