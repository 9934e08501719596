// SPDX-License-Identifier: Apache-2.0
#include "cli/run_guard.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/threads.h"

namespace weir::cli {
namespace {

Result<UniqueFd> open_runs(const std::filesystem::path& store_root) {
  auto path = store_root / "runs";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  // flock(2) asks for no right to write.
  if (!fd && errno == EROFS) {
    fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd && errno == ENOENT) errno = EROFS;
  }
  if (!fd) return fail(errno_error("opening " + path.string()));
  return fd;
}

Result<void> lock(int fd, int operation) {
  while (::flock(fd, operation) != 0)
    if (errno != EINTR) return fail(errno_error("locking the file of runs"));
  return {};
}

}  // namespace

Result<RunLease> RunLease::take(const std::filesystem::path& store_root) {
  auto fd = open_runs(store_root);
  // Without the file no proxy waits for runs, and none can be started that would.
  if (!fd && fd.error().code == ErrorCode::read_only) return RunLease(UniqueFd());
  if (!fd) return fail(fd.error());
  TRY(lock(fd->get(), LOCK_SH));
  return RunLease(std::move(*fd));
}

struct RunWatch::State {
  std::mutex mutex;
  std::function<void()> callback;  // guarded by mutex; empty once it is not wanted
};

Result<std::unique_ptr<RunWatch>> RunWatch::start(const std::filesystem::path& store_root,
                                                  std::function<void()> on_last_run_ended) {
  TRY_ASSIGN(auto fd, open_runs(store_root));
  auto state = std::make_shared<State>();
  state->callback = std::move(on_last_run_ended);
  // Detached: nothing but the lock ends its wait, and at the end of the process it needs no goodbye.  Its descriptor is
  // given away to the process, for the lock must outlast everything that a new run could still meet.
  auto wait = [state, fd = fd.release()] {
    auto locked = lock(fd, LOCK_EX);
    if (!locked) log::error("{}; the proxy ends now, as it cannot know its runs", locked.error().message);
    std::lock_guard guard(state->mutex);
    if (state->callback) state->callback();
  };
  TRY_ASSIGN(auto thread, start_thread(std::move(wait)));
  thread.detach();
  return std::unique_ptr<RunWatch>(new RunWatch(std::move(state)));
}

RunWatch::~RunWatch() {
  std::lock_guard guard(state_->mutex);
  state_->callback = nullptr;
}

}  // namespace weir::cli
