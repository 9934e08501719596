// SPDX-License-Identifier: Apache-2.0
#include "cli/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace weir::cli {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;
constexpr int kSignalBase = 128;
constexpr mode_t kLogMode = 0600;

// Strings as exec takes them; they must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (auto& each : strings) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> lines_of(const Environment& environment) {
  std::vector<std::string> lines;
  lines.reserve(environment.size());
  for (const auto& [name, value] : environment) {
    auto& line = lines.emplace_back(name);
    line += '=';
    line += value;
  }
  return lines;
}

struct Attributes {
  Attributes() { posix_spawnattr_init(&value); }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t value;
};

struct FileActions {
  FileActions() { posix_spawn_file_actions_init(&value); }
  ~FileActions() { posix_spawn_file_actions_destroy(&value); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t value;
};

// Blocks the signals that concern the child, so that they wait for sigwaitinfo.
class WaitedSignals {
 public:
  WaitedSignals() {
    sigemptyset(&waited_);
    for (int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) sigaddset(&waited_, number);
    // An inherited SIG_IGN would let the child's end pass unseen.
    std::signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &waited_, &before_);
  }
  ~WaitedSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  WaitedSignals(const WaitedSignals&) = delete;
  WaitedSignals& operator=(const WaitedSignals&) = delete;

  const sigset_t& before() const { return before_; }

  // The next signal, and whether a process sent it (and not the kernel, to all of the terminal's programs).
  int next(bool& sent) const {
    siginfo_t info{};
    int number = sigwaitinfo(&waited_, &info);
    sent = info.si_code <= 0;
    return number;
  }

 private:
  sigset_t waited_;
  sigset_t before_;
};

int wait_for(pid_t child, const WaitedSignals& signals) {
  for (;;) {
    int status = 0;
    pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
    bool sent = false;
    int number = signals.next(sent);
    if (number > 0 && number != SIGCHLD && sent) ::kill(child, number);
  }
}

// Empty, or why there is no pipe.
Result<void> make_pipe(UniqueFd& read_end, UniqueFd& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(errno_error("making a pipe"));
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  return {};
}

}  // namespace

ChildEnd run_command(const std::vector<std::string>& command, const Environment& environment) {
  auto words = command;
  auto lines = lines_of(environment);
  WaitedSignals signals;
  Attributes attributes;
  posix_spawnattr_setsigmask(&attributes.value, &signals.before());
  posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  int error = ::posix_spawnp(&child, words[0].c_str(), nullptr, &attributes.value, pointers_to(words).data(),
                             pointers_to(lines).data());
  if (error != 0)
    return {error == ENOENT || error == ENOTDIR ? kNotFound : kNotExecutable, errno_error(words[0], error).message};
  return {wait_for(child, signals), ""};
}

Result<UniqueFd> start_detached(const std::vector<std::string>& arguments, const std::filesystem::path& log_file) {
  UniqueFd read_end;
  UniqueFd write_end;
  TRY(make_pipe(read_end, write_end));
  FileActions actions;
  posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.value, write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions.value, STDERR_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   kLogMode);
  Attributes attributes;
  posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSID);
  auto words = arguments;
  words.insert(words.begin(), "weir");
  pid_t child = 0;
  int error =
      ::posix_spawn(&child, "/proc/self/exe", &actions.value, &attributes.value, pointers_to(words).data(), environ);
  if (error != 0) return fail(errno_error("starting the proxy", error));
  return read_end;
}

}  // namespace weir::cli
