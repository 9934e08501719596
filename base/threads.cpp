// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <future>
#include <string>
#include <system_error>
#include <vector>

namespace weir {

Error no_thread_error() {
  return Error{ErrorCode::io,
               "the system gives Weir no further thread: raise the limit of processes and threads (TasksMax= of a "
               "systemd service, --pids-limit of a container, ulimit -u of a user), or give it more memory"};
}

Result<std::thread> start_thread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error&) {
    return fail(no_thread_error());
  }
}

Result<void> check_threads(size_t count) {
  std::promise<void> counted;
  auto wait = [all = counted.get_future().share()] { all.wait(); };
  std::vector<std::thread> threads;
  Result<void> enough;
  while (enough && threads.size() < count) {
    auto thread = start_thread(wait);
    if (thread) {
      threads.push_back(std::move(*thread));
    } else {
      enough = fail(thread.error().in("Weir needs " + std::to_string(count) + " threads"));
    }
  }
  counted.set_value();
  for (auto& thread : threads) thread.join();
  return enough;
}

}  // namespace weir
