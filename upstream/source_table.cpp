// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_table.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace weir::upstream {
namespace {

constexpr Duration kFirstPause{1'000};
constexpr Duration kLongestPause{60'000};
constexpr Duration kUnfitPause{600'000};
constexpr Duration kFirstBlamePause{600'000};
constexpr Duration kLongestBlamePause{86'400'000};
constexpr size_t kBlamesKept = 1'000;

// `first`, doubled for each time after the first.
Duration doubled(Duration first, uint64_t times, Duration longest) {
  auto pause = first;
  for (uint64_t i = 1; i < times && pause < longest; ++i) pause *= 2;
  return std::min(pause, longest);
}

std::optional<Duration> ago(const std::optional<MonotonicTime>& time, MonotonicTime now) {
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<Duration>(now - *time);
}

bool is_same(const SourceOptions& a, const SourceOptions& b) {
  return a.name == b.name && a.kind == b.kind && a.url == b.url;
}

}  // namespace

std::string_view name_of(SourceReport::State state) {
  switch (state) {
    case SourceReport::State::off:
      return "off";
    case SourceReport::State::unused:
      break;
    case SourceReport::State::reachable:
      return "reachable";
    case SourceReport::State::unreachable:
      return "unreachable";
    case SourceReport::State::left_out:
      return "left out";
  }
  return "unused";
}

Source::Source(SourceOptions options) : options_(std::make_shared<const SourceOptions>(std::move(options))) {}

std::shared_ptr<const SourceOptions> Source::options() const {
  std::lock_guard lock(mutex_);
  return options_;
}

void Source::use(SourceOptions options) {
  std::lock_guard lock(mutex_);
  options_ = std::make_shared<const SourceOptions>(std::move(options));
}

bool Source::is_usable(MonotonicTime now) const {
  std::lock_guard lock(mutex_);
  return options_->enabled && !is_left_out(now);
}

std::optional<MonotonicTime> Source::left_out_until(MonotonicTime now) const {
  std::lock_guard lock(mutex_);
  return is_left_out(now) ? left_out_until_ : std::nullopt;
}

bool Source::was_blamed_for(const Sha256& digest) const {
  std::lock_guard lock(mutex_);
  return std::find(blamed_for_.begin(), blamed_for_.end(), digest) != blamed_for_.end();
}

void Source::received(uint64_t bytes, MonotonicTime now) {
  std::lock_guard lock(mutex_);
  bytes_ += bytes;
  speed_.add(bytes, now);
  succeed(now);
}

void Source::answered(const SourceAnswer& answer, MonotonicTime now) {
  std::lock_guard lock(mutex_);
  switch (answer.kind) {
    case SourceAnswer::Kind::use:
    case SourceAnswer::Kind::redirect:
    case SourceAnswer::Kind::has_not:
      return succeed(now);
    case SourceAnswer::Kind::refuses:
      if (!answer.pause) return succeed(now);
      break;
    case SourceAnswer::Kind::unfit:
      trouble(answer.reason, now);
      return leave_out(kUnfitPause, now);
    case SourceAnswer::Kind::lies:
      return trouble(answer.reason, now);
    case SourceAnswer::Kind::busy:
    case SourceAnswer::Kind::fails:
      break;
  }
  trouble(answer.reason, now);
  if (answer.pause) return leave_out(*answer.pause, now);
  back_off(now);
}

void Source::failed(std::string words, MonotonicTime now) {
  std::lock_guard lock(mutex_);
  trouble(std::move(words), now);
  back_off(now);
}

void Source::blame(const Sha256& digest, MonotonicTime now) {
  std::lock_guard lock(mutex_);
  ++blamed_;
  last_blame_ = now;
  if (blamed_for_.size() == kBlamesKept) blamed_for_.erase(blamed_for_.begin());
  blamed_for_.push_back(digest);
  leave_out(doubled(kFirstBlamePause, blamed_, kLongestBlamePause), now);
  log::warning("the source {} sent wrong bytes of {}", options_->name, digest.hex());
}

SourceReport Source::report(MonotonicTime now) const {
  using State = SourceReport::State;
  std::lock_guard lock(mutex_);
  SourceReport report;
  report.name = options_->name;
  report.kind = options_->kind;
  report.place = options_->place;
  report.enabled = options_->enabled;
  report.trusted = options_->trusted;
  bool well = answered_ && (!failed_ || *answered_ > *failed_);
  report.state = well ? State::reachable : failed_ ? State::unreachable : State::unused;
  if (is_left_out(now)) report.state = State::left_out;
  if (is_left_out(now)) report.left_out_for = std::chrono::duration_cast<Duration>(*left_out_until_ - now);
  if (!options_->enabled) report.state = State::off;
  report.answered_ago = ago(answered_, now);
  report.failed_ago = ago(failed_, now);
  report.trouble = trouble_;
  report.bytes = bytes_;
  report.speed = speed_.at(now);
  report.errors = errors_;
  report.blamed = blamed_;
  if (!blamed_for_.empty()) report.blamed_for = blamed_for_.back();
  report.blamed_ago = ago(last_blame_, now);
  return report;
}

void Source::succeed(MonotonicTime now) {
  answered_ = now;
  if (troubles_in_a_row_ > 0) log::info("the source {} answers again", options_->name);
  troubles_in_a_row_ = 0;
}

void Source::trouble(std::string words, MonotonicTime now) {
  ++errors_;
  failed_ = now;
  trouble_ = std::move(words);
  log::debug("the source {}: {}", options_->name, trouble_);
}

// Many connections of one source fail together: that is one trouble.
void Source::back_off(MonotonicTime now) {
  if (is_left_out(now)) return;
  if (++troubles_in_a_row_ == 1) log::warning("the source {} is in trouble: {}", options_->name, trouble_);
  leave_out(doubled(kFirstPause, troubles_in_a_row_, kLongestPause), now);
}

void Source::leave_out(Duration pause, MonotonicTime now) {
  if (options_->kind == SourceKind::origin) return;
  auto until = now + pause;
  if (!left_out_until_ || *left_out_until_ < until) left_out_until_ = until;
}

void SourceTable::use(std::vector<SourceOptions> configured) {
  std::lock_guard lock(mutex_);
  configured_ = std::move(configured);
  merge();
}

void SourceTable::use_peers(Peers::Sources peers) {
  std::lock_guard lock(mutex_);
  if (peers == peers_) return;
  peers_ = std::move(peers);
  merge();
}

void SourceTable::merge() {
  auto all = configured_;
  auto is_taken = [&](const std::string& name) {
    return std::any_of(all.begin(), all.end(), [&](const auto& source) { return source.name == name; });
  };
  for (auto peer : peers_ ? *peers_ : std::vector<SourceOptions>()) {
    bool configured = std::any_of(configured_.begin(), configured_.end(), [&](const auto& source) {
      return source.kind == SourceKind::peer && source.place == peer.place;
    });
    if (configured) continue;
    auto name = peer.name;
    for (int i = 2; is_taken(peer.name); ++i) peer.name = name + "-" + std::to_string(i);
    all.push_back(std::move(peer));
  }
  replace(std::move(all));
}

void SourceTable::replace(std::vector<SourceOptions> sources) {
  std::vector<std::shared_ptr<Source>> next;
  for (auto& options : sources) {
    auto known = std::find_if(sources_.begin(), sources_.end(),
                              [&](const auto& source) { return is_same(*source->options(), options); });
    if (known == sources_.end()) {
      next.push_back(std::make_shared<Source>(std::move(options)));
      continue;
    }
    (*known)->use(std::move(options));
    next.push_back(*known);
  }
  for (const auto& source : sources_) {
    if (std::find(next.begin(), next.end(), source) != next.end()) continue;
    auto gone = *source->options();
    gone.enabled = false;
    source->use(std::move(gone));
  }
  sources_ = std::move(next);
}

std::vector<std::shared_ptr<Source>> SourceTable::sources() const {
  std::lock_guard lock(mutex_);
  return sources_;
}

std::vector<SourceReport> SourceTable::reports(MonotonicTime now) const {
  std::vector<SourceReport> reports;
  for (const auto& source : sources()) reports.push_back(source->report(now));
  return reports;
}

}  // namespace weir::upstream
