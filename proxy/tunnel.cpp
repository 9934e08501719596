// SPDX-License-Identifier: Apache-2.0
#include "proxy/tunnel.h"

#include <algorithm>
#include <utility>

namespace weir::proxy {
namespace {

constexpr size_t kBufferSize = 64 << 10;
// After so many blocks in a row the other connections of the loop get their turn.
constexpr int kBlocksPerTurn = 16;

}  // namespace

Tunnel::Tunnel(Loop& loop, std::unique_ptr<Stream> client, std::unique_ptr<Stream> host, Duration idle_timeout,
               std::function<void()> on_closed)
    : client_(std::move(client)),
      host_(std::move(host)),
      client_watch_(loop, client_->fd(), [this](bool, bool) { on_ready(); }),
      host_watch_(loop, host_->fd(), [this](bool, bool) { on_ready(); }),
      idle_(loop, [this] { close(); }),
      again_(loop, [this] { on_ready(); }),
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

// ok when nothing is left to write.
IoStatus Tunnel::write_pending(Flow& flow) {
  while (flow.pending()) {
    auto [status, count] = flow.to->write(std::string_view(flow.buffer).substr(flow.written));
    if (status != IoStatus::ok) return status;
    auto own = std::min(flow.own, count);
    flow.own -= own;
    flow.written += count;
    flow.carried += count - own;
  }
  flow.buffer.clear();
  flow.written = 0;
  return IoStatus::ok;
}

void Tunnel::pass_end_on(Flow& flow) {
  if (!flow.passed_on) flow.passed_on = flow.to->end_output() != IoStatus::would_block;
}

// Moves what can be moved now.  False when the direction is broken.
bool Tunnel::pump(Flow& flow) {
  for (int blocks = 0;; ++blocks) {
    auto written = write_pending(flow);
    if (written != IoStatus::ok) return written == IoStatus::would_block;
    if (flow.ended) {
      pass_end_on(flow);
      return true;
    }
    // The socket stays readable, so it goes on behind the others.
    if (blocks == kBlocksPerTurn) return true;
    char bytes[kBufferSize];
    auto [status, count] = flow.from->read(bytes);
    if (status == IoStatus::would_block) return true;
    if (status == IoStatus::failed) return false;
    if (status == IoStatus::closed) flow.ended = true;
    flow.buffer.assign(bytes, count);
  }
}

void Tunnel::update() {
  auto interest = [](const Stream& stream, const Flow& reads, const Flow& writes) {
    int bits = 0;
    if (reads.wants_read()) bits |= static_cast<int>(stream.read_interest());
    if (writes.wants_write()) bits |= static_cast<int>(stream.write_interest());
    return static_cast<Interest>(bits);
  };
  client_watch_.want(interest(*client_, to_host_, to_client_));
  host_watch_.want(interest(*host_, to_client_, to_host_));
  if (to_host_.wants_read() && client_->has_buffered_input()) again_.start(Duration(0));
}

void Tunnel::close() {
  if (closed_) return;
  closed_ = true;
  client_watch_.want(Interest::none);
  host_watch_.want(Interest::none);
  idle_.stop();
  again_.stop();
  on_closed_();
}

}  // namespace weir::proxy
