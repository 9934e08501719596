// SPDX-License-Identifier: Apache-2.0
#include "load/load.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

namespace weir::bench {
namespace {

constexpr int kMaxRedirects = 5;

struct Item {
  std::string target;
  std::optional<ByteRange> range;
};

// What the threads share: which request is next, and what came of those before.
class Work {
 public:
  explicit Work(const Plan& plan) : plan_(plan), pieces_(pieces_of(plan)) {}

  std::optional<Item> take() {
    auto number = next_++;
    if (failed_ || number >= plan_.requests) return std::nullopt;
    Item item{plan_.target, std::nullopt};
    if (auto at = item.target.find("{}"); at != std::string::npos)
      item.target.replace(at, 2, std::to_string(number % plan_.files));
    if (plan_.piece > 0) item.range = pieces_[static_cast<size_t>(number / plan_.files) % pieces_.size()];
    return item;
  }

  void add(const Answer& answer, Clock::time_point started) {
    using Seconds = std::chrono::duration<double>;
    std::lock_guard lock(mutex_);
    ++report_.requests;
    report_.bytes += answer.bytes;
    report_.first_byte_seconds.push_back(Seconds(answer.first_byte - started).count());
    report_.whole_seconds.push_back(Seconds(Clock::now() - started).count());
  }

  void fail(Error error) {
    std::lock_guard lock(mutex_);
    if (!failed_.exchange(true)) error_ = std::move(error);
  }

  Result<Report> end(double seconds) {
    if (failed_) return weir::fail(error_);
    report_.seconds = seconds;
    return std::move(report_);
  }

 private:
  static std::vector<ByteRange> pieces_of(const Plan& plan) {
    std::vector<ByteRange> pieces;
    if (plan.piece == 0) return pieces;
    for (uint64_t begin = 0; begin < plan.size; begin += plan.piece)
      pieces.push_back({begin, std::min(begin + plan.piece, plan.size)});
    std::mt19937 random(1);  // the same order in each run
    for (size_t begin = 0; begin < pieces.size(); begin += plan.window) {
      auto first = pieces.begin() + static_cast<std::ptrdiff_t>(begin);
      std::shuffle(first, first + static_cast<std::ptrdiff_t>(std::min(plan.window, pieces.size() - begin)), random);
    }
    return pieces;
  }

  const Plan& plan_;
  const std::vector<ByteRange> pieces_;
  std::atomic<uint64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  Error error_;
  Report report_;
};

// One connection after another; follows redirects, to other hosts at the same address as well.
class Client {
 public:
  Client(const Plan& plan, Work& work) : plan_(plan), work_(work) {}

  void run() {
    while (auto item = work_.take()) {
      if (auto done = carry_out(*item); !done) return work_.fail(done.error().in(item->target));
    }
  }

 private:
  Result<void> carry_out(const Item& item) {
    auto started = Clock::now();
    if (plan_.connect_each) connection_.reset();
    if (!connection_) TRY(open(plan_.server, connection_));
    TRY_ASSIGN(auto answer, ask(*connection_, item));
    if (answer.status != 200 && answer.status != 206)
      return fail(ErrorCode::invalid, fmt::format("it was answered with {}", answer.status));
    if (!item.range && plan_.size > 0 && answer.bytes != plan_.size)
      return fail(ErrorCode::invalid, fmt::format("{} bytes came of {}", answer.bytes, plan_.size));
    work_.add(answer, started);
    return {};
  }

  static Result<void> open(const Server& server, std::optional<BlockingConnection>& connection) {
    TRY_ASSIGN(auto opened, BlockingConnection::open(server));
    connection.emplace(std::move(opened));
    return {};
  }

  Result<Answer> ask(BlockingConnection& connection, const Item& item) {
    TRY_ASSIGN(auto answer, connection.get(item.target, item.range, plan_.expected));
    for (int hops = 0; answer.status >= 300 && answer.status < 400 && hops < kMaxRedirects; ++hops) {
      TRY_ASSIGN(answer, follow(answer.location, item));
    }
    return answer;
  }

  Result<Answer> follow(const std::string& location, const Item& item) {
    constexpr std::string_view kScheme = "https://";
    if (!location.starts_with(kScheme)) return connection_->get(location, item.range, plan_.expected);
    auto path = location.find('/', kScheme.size());
    auto server = plan_.server;
    server.host = location.substr(kScheme.size(), path - kScheme.size());
    if (!elsewhere_ || elsewhere_host_ != server.host || plan_.connect_each) {
      TRY(open(server, elsewhere_));
      elsewhere_host_ = server.host;
    }
    return elsewhere_->get(location.substr(path), item.range, plan_.expected);
  }

  const Plan& plan_;
  Work& work_;
  std::optional<BlockingConnection> connection_;
  std::optional<BlockingConnection> elsewhere_;  // to where a redirect led
  std::string elsewhere_host_;
};

}  // namespace

Result<Report> put_load(const Plan& plan) {
  Work work(plan);
  auto started = Clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < plan.connections; ++i) threads.emplace_back([&] { Client(plan, work).run(); });
  for (auto& thread : threads) thread.join();
  return work.end(std::chrono::duration<double>(Clock::now() - started).count());
}

}  // namespace weir::bench
