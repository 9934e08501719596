// SPDX-License-Identifier: Apache-2.0
#include "cli/pull_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "cli/status_report.h"
#include "http/text.h"

namespace weir::cli {
namespace {

constexpr Duration kWindow{10'000};
constexpr size_t kShownFailures = 20;

}  // namespace

bool is_from_store(const http::Fields& fields) {
  bool hit = false;
  // The last member is that of the cache next to the client (RFC 9211, section 2).
  for (auto rest : fields.all("Cache-Status")) {
    while (!rest.empty()) {
      auto member = http::next_element(rest);
      auto parameter = member.substr(std::min(member.find(';'), member.size()));
      hit = member.starts_with("Weir;") && (parameter == "; hit" || parameter.starts_with("; hit;"));
    }
  }
  return hit;
}

std::string show_time_left(uint64_t seconds) {
  if (seconds >= 3600) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
  if (seconds >= 60) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", seconds);
}

std::string PullProgress::line(const PullTally& tally, MonotonicTime now) {
  if (!moments_.empty()) {
    const auto& last = moments_.back().tally;
    bool hub = tally.from_hub > last.from_hub;
    bool store = tally.held > last.held;
    if (hub || store) source_ = hub && store ? "from the hub and the store" : hub ? "from the hub" : "from the store";
  }
  moments_.push_back({now, tally});
  while (moments_.size() > 2 && now - moments_[1].time >= kWindow) moments_.pop_front();

  auto text = fmt::format("{} of {}, {} of {}", tally.files, counted(all_files_, "file"), show_bytes(tally.bytes()),
                          show_bytes(all_bytes_));
  const auto& first = moments_.front();
  std::chrono::duration<double> took = now - first.time;
  auto came = static_cast<double>(tally.bytes() - std::min(first.tally.bytes(), tally.bytes()));
  if (took.count() > 0 && came > 0) {
    auto speed = came / took.count();
    auto left = static_cast<double>(all_bytes_ - std::min(tally.bytes(), all_bytes_)) / speed;
    text += fmt::format(", {}/s, {} left", show_bytes(static_cast<uint64_t>(speed)),
                        show_time_left(static_cast<uint64_t>(left) + 1));
  }
  return source_.empty() ? text : text + ", " + source_;
}

std::string failure_lines(const std::vector<PullFailure>& failures) {
  std::string out;
  for (size_t i = 0; i < std::min(failures.size(), kShownFailures); ++i)
    out += fmt::format("failed  {}: {}\n", log::escaped(failures[i].path), failures[i].reason);
  if (failures.size() > kShownFailures)
    out += fmt::format("failed  {}\n", counted(failures.size() - kShownFailures, "more file"));
  return out;
}

std::string pull_summary(const PullTally& tally, size_t failures, Duration took) {
  auto text = fmt::format("{}, {}: {} from the hub, {} already held; {:.1f} s", counted(tally.files, "file"),
                          show_bytes(tally.bytes()), show_bytes(tally.from_hub), show_bytes(tally.held),
                          std::chrono::duration<double>(took).count());
  return failures == 0 ? text + "\n" : fmt::format("{}; {} failed\n", text, failures);
}

}  // namespace weir::cli
