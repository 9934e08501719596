// SPDX-License-Identifier: Apache-2.0
#include "cli/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "base/unique_fd.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

using testing::MatchesRegex;

// What a service manager listens on; `name` as it stands in NOTIFY_SOCKET.
class Listener {
 public:
  explicit Listener(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.starts_with('@')) address.sun_path[0] = '\0';
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  }
  std::string next() {
    char message[1024];
    ssize_t got = ::recv(fd_.get(), message, sizeof message, MSG_DONTWAIT);
    return got < 0 ? "nothing" : std::string(message, static_cast<size_t>(got));
  }

 private:
  UniqueFd fd_;
};

void expect_all_arrives(const std::string& name) {
  Listener listener(name);
  ServiceManager manager({{"NOTIFY_SOCKET", name}});
  manager.ready("Serving on 127.0.0.1:1");
  EXPECT_EQ(listener.next(), "READY=1\nSTATUS=Serving on 127.0.0.1:1\n");
  manager.reloading();
  EXPECT_THAT(listener.next(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+\nSTATUS=[^\n]*\n"));
  manager.stopping();
  EXPECT_THAT(listener.next(), MatchesRegex("STOPPING=1\nSTATUS=[^\n]*\n"));
  EXPECT_EQ(listener.next(), "nothing");
}

TEST(ServiceManagerTest, is_told_at_a_path) {
  TemporaryFolder folder;
  expect_all_arrives(folder.path() / "notify");
}

TEST(ServiceManagerTest, is_told_at_an_abstract_name) {
  expect_all_arrives("@weir-test-" + std::to_string(::getpid()));
}

TEST(ServiceManagerTest, need_not_be_there) {
  ServiceManager(Environment()).ready("");
  ServiceManager(Environment{{"NOTIFY_SOCKET", "/nowhere/notify"}}).ready("");
  ServiceManager(Environment{{"NOTIFY_SOCKET", "relative"}}).ready("");
  ServiceManager(Environment{{"NOTIFY_SOCKET", "/" + std::string(200, 'x')}}).ready("");
}

}  // namespace
}  // namespace weir::cli
