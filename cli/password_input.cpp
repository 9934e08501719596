// SPDX-License-Identifier: Apache-2.0
#include "cli/password_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/files.h"
#include "base/unique_fd.h"

namespace weir::cli {
namespace {

constexpr size_t kLongest = 1024;

volatile std::sig_atomic_t caught = 0;

void note_signal(int number) {
  caught = number;
}

// Turns the terminal's echo off, and on again whatever happens: signals are noted, and sent once more at the end.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    caught = 0;
    for (size_t i = 0; i < kSignals.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = note_signal;  // without SA_RESTART: read() returns
      ::sigaction(kSignals[i], &action, &handlers_[i]);
    }
    ::tcgetattr(terminal_, &before_);
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal_, TCSAFLUSH, &silent);
  }
  ~Silence() {
    ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    for (size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &handlers_[i], nullptr);
    if (caught != 0) std::raise(caught);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  int terminal_;
  termios before_{};
  std::array<struct sigaction, kSignals.size()> handlers_{};
};

// The first line, without its end.
Result<Secret> read_line(int fd, std::string_view where) {
  char line[kLongest + 2];
  size_t size = 0;
  while (size < sizeof line) {
    ssize_t got = ::read(fd, line + size, 1);
    if (got < 0) return fail(errno_error("reading a password from " + std::string(where)));
    if (got == 0 || line[size] == '\n') break;
    ++size;
  }
  Secret password(std::string_view(line, size));
  ::explicit_bzero(line, sizeof line);
  const auto& text = password.reveal();
  bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (text.empty() || size > kLongest || !printable)
    return fail(ErrorCode::invalid, "expected a password of 1 to " + std::to_string(kLongest) +
                                        " printable ASCII characters: clients differ in how they send others");
  return password;
}

Result<Secret> ask(int terminal, const std::string& question) {
  TRY(write_all(terminal, question, "the terminal"));
  auto answer = [&] {
    Silence silence(terminal);
    return read_line(terminal, "the terminal");
  }();
  TRY(write_all(terminal, "\n", "the terminal"));
  return answer;
}

}  // namespace

Result<Secret> ask_for_new_password(const std::string& whose) {
  UniqueFd terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal)
    return fail(ErrorCode::invalid, "there is no terminal to ask for the password: give it on stdin, with --stdin");
  TRY_ASSIGN(auto password, ask(terminal.get(), "Password for " + whose + ": "));
  TRY_ASSIGN(auto again, ask(terminal.get(), "Once more: "));
  if (password != again) return fail(ErrorCode::invalid, "the two passwords differ; nothing was changed");
  return password;
}

Result<Secret> read_password_from_stdin() {
  return read_line(STDIN_FILENO, "stdin");
}

}  // namespace weir::cli
