// SPDX-License-Identifier: Apache-2.0
#include "proxy/tunnel.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace weir::proxy {
namespace {

constexpr size_t kBufferSize = 64 << 10;
// After so many blocks in a row the other connections of the loop get their turn.
constexpr int kBlocksPerTurn = 16;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Tunnel::Tunnel(Loop& loop, UniqueFd client, UniqueFd host, Duration idle_timeout, std::function<void()> on_closed)
    : client_(std::move(client)),
      host_(std::move(host)),
      client_watch_(loop, client_.get(), [this](bool, bool) { on_ready(); }),
      host_watch_(loop, host_.get(), [this](bool, bool) { on_ready(); }),
      idle_(loop, [this] { close(); }),
      idle_timeout_(idle_timeout),
      on_closed_(std::move(on_closed)) {
  to_client_.from = to_host_.to = host_.get();
  to_client_.to = to_host_.from = client_.get();
}

void Tunnel::start(std::string_view greeting) {
  to_client_.buffer = greeting;
  to_client_.own = greeting.size();
  idle_.start(idle_timeout_);
  on_ready();
}

void Tunnel::on_ready() {
  auto before = to_client_.carried + to_host_.carried;
  if (!pump(to_client_) || !pump(to_host_) || (to_client_.passed_on && to_host_.passed_on)) return close();
  if (to_client_.carried + to_host_.carried != before) idle_.start(idle_timeout_);
  update();
}

// Moves what can be moved now.  False when the direction is broken.
bool Tunnel::pump(Flow& flow) {
  for (int blocks = 0;; ++blocks) {
    while (flow.pending()) {
      ssize_t put = ::send(flow.to, flow.buffer.data() + flow.written, flow.buffer.size() - flow.written, MSG_NOSIGNAL);
      if (put < 0) return would_block();
      auto count = static_cast<size_t>(put);
      auto own = std::min(flow.own, count);
      flow.own -= own;
      flow.written += count;
      flow.carried += count - own;
    }
    flow.buffer.clear();
    flow.written = 0;
    if (flow.ended) {
      if (!flow.passed_on) ::shutdown(flow.to, SHUT_WR);
      flow.passed_on = true;
      return true;
    }
    // The socket stays readable, so it goes on behind the others.
    if (blocks == kBlocksPerTurn) return true;
    char bytes[kBufferSize];
    ssize_t got = ::recv(flow.from, bytes, sizeof bytes, 0);
    if (got < 0) return would_block();
    if (got == 0) flow.ended = true;
    flow.buffer.assign(bytes, static_cast<size_t>(got));
  }
}

void Tunnel::update() {
  auto interest = [](const Flow& reads, const Flow& writes) {
    int bits = 0;
    if (!reads.ended && !reads.pending()) bits |= static_cast<int>(Interest::read);
    if (writes.pending()) bits |= static_cast<int>(Interest::write);
    return static_cast<Interest>(bits);
  };
  client_watch_.want(interest(to_host_, to_client_));
  host_watch_.want(interest(to_client_, to_host_));
}

void Tunnel::close() {
  if (closed_) return;
  closed_ = true;
  client_watch_.want(Interest::none);
  host_watch_.want(Interest::none);
  idle_.stop();
  on_closed_();
}

}  // namespace weir::proxy
