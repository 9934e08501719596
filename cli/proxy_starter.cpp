// SPDX-License-Identifier: Apache-2.0
#include "cli/proxy_starter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "cli/child_process.h"
#include "cli/running_server.h"

namespace weir::cli {
namespace {

constexpr Duration kStartTimeout{30'000};
constexpr Duration kRecheck{50};
constexpr off_t kLogLimit = 16 << 20;  // a longer log begins anew with the next proxy
constexpr off_t kShownLog = 4096;      // of what a proxy that did not start has written

// The log of the proxies that runs start.
class ServeLog {
 public:
  explicit ServeLog(std::filesystem::path path) : path_(std::move(path)) {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) return;
    if (status.st_size > kLogLimit && ::truncate(path_.c_str(), 0) == 0) return;
    begin_ = status.st_size;
  }

  const std::filesystem::path& path() const { return path_; }

  // The end of what was written since this object was made, without its last newline.
  std::string written_since() const {
    UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) return {};
    std::string text(kShownLog, '\0');
    auto got = ::pread(fd.get(), text.data(), text.size(), std::max(begin_, status.st_size - kShownLog));
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

 private:
  std::filesystem::path path_;
  off_t begin_ = 0;
};

enum class Started { ready, ended, neither };

// Waits for the first line on the proxy's stdout, which says that it answers.
Started wait_for_line(int fd, MonotonicTime deadline) {
  for (;;) {
    auto left = std::chrono::ceil<Duration>(deadline - monotonic_now()).count();
    if (left <= 0) return Started::neither;
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    char buffer[4096];
    auto got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Started::ended;
    if (std::string_view(buffer, static_cast<size_t>(got)).find('\n') != std::string_view::npos) return Started::ready;
  }
}

Result<void> start_proxy(const config::Config& config, const std::vector<std::string>& serve_options,
                         MonotonicTime deadline) {
  std::vector<std::string> arguments{"serve", "--for-runs"};
  arguments.insert(arguments.end(), serve_options.begin(), serve_options.end());
  ServeLog log(config.store.root / "serve.log");
  TRY_ASSIGN(auto output, start_detached(arguments, log.path()));
  if (wait_for_line(output.get(), deadline) == Started::ready) return {};
  // Another run's proxy may have been quicker: then this one ended because the store is taken, and all is well.
  TRY_ASSIGN(auto other, find_server(config));
  if (other) return {};
  auto said = log.written_since();
  return fail(ErrorCode::io,
              "the proxy did not start" + (said.empty() ? "; see " + log.path().string() : ":\n" + said));
}

}  // namespace

Result<Endpoint> ensure_proxy(const config::Config& config, const std::vector<std::string>& serve_options) {
  auto deadline = monotonic_now() + kStartTimeout;
  for (;;) {
    TRY_ASSIGN(auto server, find_server(config));
    if (server && server->address && answers(contact_of(config, *server->address))) return *server->address;
    if (monotonic_now() > deadline)
      return fail(ErrorCode::timeout,
                  "a process holds the store " + config.store.root.string() + " but answers no requests" +
                      (server && server->pid ? ": end process " + std::to_string(server->pid) : ""));
    if (server) {
      // It has just begun, or is just ending.
      std::this_thread::sleep_for(kRecheck);
    } else {
      TRY(start_proxy(config, serve_options, deadline));
    }
  }
}

}  // namespace weir::cli
