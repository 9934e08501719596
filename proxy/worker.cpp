// SPDX-License-Identifier: Apache-2.0
#include "proxy/worker.h"

#include <utility>
#include <vector>

namespace weir::proxy {

Worker::Worker(Services& services, const upstream::OriginOptions& origin, const std::string& trusted_roots,
               const upstream::AddressPolicy& policy)
    : origin_(loop_, origin, trusted_roots, policy),
      dialler_(loop_, origin, policy, trusted_roots),
      access_log_(loop_),
      context_{services, loop_, origin_, dialler_, access_log_, nullptr} {}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  thread_ = std::thread([this] {
    loop_.run();
    sessions_.clear();
  });
}

void Worker::use(std::shared_ptr<const Settings> settings) {
  loop_.post([this, settings = std::move(settings)] { context_.settings = settings; });
}

void Worker::adopt(UniqueFd fd, IpAddress client) {
  load_.fetch_add(1, std::memory_order_relaxed);
  // A std::function must be copyable, so the descriptor travels in a shared owner.
  auto owner = std::make_shared<UniqueFd>(std::move(fd));
  loop_.post([this, owner, client] { begin(std::move(*owner), client); });
}

void Worker::begin(UniqueFd fd, IpAddress client) {
  if (draining_) {
    load_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  auto slot = std::make_shared<Session*>(nullptr);
  auto session = std::make_unique<Session>(context_, std::move(fd), client, [this, slot] { end(*slot); });
  auto* raw = *slot = session.get();
  sessions_.emplace(raw, std::move(session));
  raw->start();
}

void Worker::end(Session* session) {
  auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  loop_.destroy_later(std::move(found->second));
  sessions_.erase(found);
  load_.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::drain() {
  loop_.post([this] {
    draining_ = true;
    std::vector<Session*> all;
    for (auto& [raw, owned] : sessions_) all.push_back(raw);
    for (auto* session : all) session->drain();
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

}  // namespace weir::proxy
