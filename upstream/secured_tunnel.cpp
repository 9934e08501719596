// SPDX-License-Identifier: Apache-2.0
#include "upstream/secured_tunnel.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace weir::upstream {
namespace {

constexpr size_t kBufferSize = 64 << 10;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

void SecuredTunnel::Flow::taken(size_t count) {
  written += count;
  if (pending()) return;
  buffer.clear();
  written = 0;
}

SecuredTunnel::SecuredTunnel(Loop& loop, std::function<void()> on_end)
    : loop_(loop), on_end_(std::move(on_end)), multi_(loop, {}) {}

UniqueFd SecuredTunnel::carry(EasyHandle easy, int socket) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    std::exchange(on_end_, nullptr)();
    return {};
  }
  easy_ = std::move(easy);
  far_ = socket;
  near_ = UniqueFd(pair[0]);
  // The watches begin to look after the CurlMulti has returned: a loop calls back from its own round alone.
  near_watch_ = std::make_unique<FdWatch>(loop_, near_.get(), [this](bool, bool) { on_ready(); });
  far_watch_ = std::make_unique<FdWatch>(loop_, far_, [this](bool, bool) { on_ready(); });
  // What came with the last bytes of the proxy's answer may lie in libcurl already, where no watch sees it.
  near_watch_->want(Interest::both);
  far_watch_->want(Interest::read);
  return UniqueFd(pair[1]);
}

void SecuredTunnel::on_ready() {
  bool whole = pump(to_far_, &SecuredTunnel::read_near, &SecuredTunnel::write_far, &SecuredTunnel::end_far) &&
               pump(to_near_, &SecuredTunnel::read_far, &SecuredTunnel::write_near, &SecuredTunnel::end_near);
  if (!whole || (to_far_.passed_on && to_near_.passed_on)) return close();
  update();
}

// Moves what can be moved now.  False when the direction is broken.
bool SecuredTunnel::pump(Flow& flow, Progress (SecuredTunnel::*read)(), Progress (SecuredTunnel::*write)(),
                         bool (SecuredTunnel::*end)()) {
  while (!flow.passed_on) {
    auto step = flow.pending() ? (this->*write)() : flow.ended ? Progress::none : (this->*read)();
    if (step == Progress::broken) return false;
    if (flow.ended && !flow.pending()) {
      flow.passed_on = true;
      return (this->*end)();
    }
    if (step == Progress::none) return true;
  }
  return true;
}

SecuredTunnel::Progress SecuredTunnel::read_near() {
  std::array<char, kBufferSize> bytes;
  auto got = ::recv(near_.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return would_block() ? Progress::none : Progress::broken;
  to_far_.ended = got == 0;
  to_far_.buffer.assign(bytes.data(), static_cast<size_t>(got));
  return Progress::some;
}

SecuredTunnel::Progress SecuredTunnel::write_near() {
  auto put = ::send(near_.get(), to_near_.buffer.data() + to_near_.written, to_near_.buffer.size() - to_near_.written,
                    MSG_NOSIGNAL);
  if (put < 0) return would_block() ? Progress::none : Progress::broken;
  to_near_.taken(static_cast<size_t>(put));
  return Progress::some;
}

SecuredTunnel::Progress SecuredTunnel::read_far() {
  std::array<char, kBufferSize> bytes;
  size_t got = 0;
  auto code = curl_easy_recv(easy_->get(), bytes.data(), bytes.size(), &got);
  if (code == CURLE_AGAIN) return Progress::none;
  if (code != CURLE_OK) return Progress::broken;
  to_near_.ended = got == 0;
  to_near_.buffer.assign(bytes.data(), got);
  return Progress::some;
}

SecuredTunnel::Progress SecuredTunnel::write_far() {
  size_t put = 0;
  auto code = curl_easy_send(easy_->get(), to_far_.buffer.data() + to_far_.written,
                             to_far_.buffer.size() - to_far_.written, &put);
  if (code == CURLE_AGAIN) return Progress::none;
  if (code != CURLE_OK) return Progress::broken;
  to_far_.taken(put);
  return Progress::some;
}

bool SecuredTunnel::end_near() {
  return ::shutdown(near_.get(), SHUT_WR) == 0;
}

// Says a close_notify, and goes on reading (RFC 8446, section 6.1).
bool SecuredTunnel::end_far() {
  auto* tls = easy_->tls();
  return tls && SSL_shutdown(tls) >= 0;
}

void SecuredTunnel::update() {
  auto interest = [](const Flow& reads, const Flow& writes) {
    int bits = 0;
    if (!reads.ended && !reads.pending()) bits |= static_cast<int>(Interest::read);
    if (writes.pending()) bits |= static_cast<int>(Interest::write);
    return static_cast<Interest>(bits);
  };
  near_watch_->want(interest(to_far_, to_near_));
  far_watch_->want(interest(to_near_, to_far_));
}

void SecuredTunnel::close() {
  near_watch_->want(Interest::none);
  far_watch_->want(Interest::none);
  // Whoever has the other end sees it close now.
  near_watch_.reset();
  near_.reset();
  if (auto ended = std::exchange(on_end_, nullptr)) ended();
}

}  // namespace weir::upstream
