// SPDX-License-Identifier: Apache-2.0
#include "cli/running_server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "cas/blob_store.h"
#include "tests/fakes/one_answer_server.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

TEST(RunningServerTest, nobody_holds_a_store_that_is_not_there_or_idle) {
  TemporaryFolder folder;
  EXPECT_EQ(find_server(folder.path() / "none").value(), std::nullopt);
  { auto store = cas::BlobStore::open({folder.path()}).value(); }
  EXPECT_EQ(find_server(folder.path()).value(), std::nullopt);
}

TEST(RunningServerTest, the_owner_says_where_it_listens) {
  TemporaryFolder folder;
  auto store = cas::BlobStore::open({folder.path()}).value();
  EXPECT_EQ(find_server(folder.path()).value(), (RunningServer{::getpid(), std::nullopt}));
  ASSERT_TRUE(store->set_lock_note("0.0.0.0:4711"));
  EXPECT_EQ(find_server(folder.path()).value(), (RunningServer{::getpid(), Endpoint::parse("127.0.0.1:4711")}));
}

TEST(RunningServerTest, clients_reach_a_listener_on_all_addresses_by_loopback) {
  struct {
    std::string listen, reached;
  } const cases[] = {{"0.0.0.0:1", "127.0.0.1:1"},
                     {"[::]:1", "[::1]:1"},
                     {"127.0.0.1:1", "127.0.0.1:1"},
                     {"192.168.1.2:1", "192.168.1.2:1"}};
  for (const auto& each : cases) EXPECT_EQ(reachable(*Endpoint::parse(each.listen)).text(), each.reached);
}

TEST(RunningServerTest, only_a_weir_answers) {
  struct {
    std::string answer;
    bool expected;
  } const cases[] = {{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
                     {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", true},
                     {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false},
                     {"SSH-2.0-OpenSSH_9.2p1\r\n", false},
                     {"", false}};
  for (const auto& each : cases) {
    fakes::OneAnswerServer server(each.answer);
    EXPECT_EQ(answers(server.endpoint()), each.expected) << each.answer;
  }
  EXPECT_FALSE(answers(*Endpoint::parse("127.0.0.1:0")));
}

}  // namespace
}  // namespace weir::cli
