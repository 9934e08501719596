// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_sources.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

const std::string* resolve_url(const hub::SharedGrant& grant) {
  const auto* request = grant ? std::get_if<hub::ResolveRequest>(&grant->accepted_for) : nullptr;
  return request ? &request->url : nullptr;
}

// A client that reads the whole in order costs the origin one transfer, as long as it is alone.
PlanSource origin_in_plan(const SourceOptions& options) {
  PlanSource source;
  source.trust = Trust::trusted;
  source.connections = options.parallelism;
  source.ahead = 1;
  return source;
}

PlanSource other_in_plan(const SourceOptions& options) {
  PlanSource source;
  source.trust = options.trusted ? Trust::trusted : Trust::untrusted;
  source.connections = source.ahead = options.parallelism;
  return source;
}

}  // namespace

FetchSources::FetchSources(const FetchContext& context, const Sha256& digest, uint64_t size,
                           std::function<void()> on_change)
    : context_(context),
      digest_(digest),
      on_change_(std::move(on_change)),
      names_{digest, "", std::nullopt},
      peers_(context, digest, size, [this] { on_change_(); }) {}

// Names go together with the permission to tell them: those of a file that everybody may read are kept.
void FetchSources::offer(const JoinRequest& request) {
  auto names = names_of(request);
  if (publicity_ == Publicity::everybody || (names_.file && !names.file) || (names == names_ && publicity_)) return;
  ticket_ = nullptr;
  publicity_.reset();
  names_ = std::move(names);
  grant_ = request.grant;
}

void FetchSources::admit(SourcePlan& plan, MonotonicTime now) {
  look_for_peers(now);
  auto all = context_.sources.sources();
  if (sources_.empty()) {
    auto options = all.front()->options();
    sources_.push_back({all.front(), cas::Trust::trusted});
    plan.add_source(origin_in_plan(*options));
  }
  for (SourceId id = 0; id < sources_.size(); ++id) review(id, plan, now);
  for (const auto& source : all) {
    if (is_admitted(*source)) continue;
    auto admitted = look_at(source, now);
    if (!admitted) continue;
    auto options = source->options();
    auto in_plan = other_in_plan(*options);
    if (admitted->peer) in_plan.holds = admitted->runs;
    sources_.push_back(*std::move(admitted));
    plan.add_source(in_plan);
    plan.set_ahead(kOrigin, this->options(kOrigin)->parallelism);
  }
}

// One that was removed is switched off thereby.
void FetchSources::look_for_peers(MonotonicTime now) {
  constexpr Duration kPause{1'000};
  if (now < peers_known_at_ + kPause) return;
  peers_known_at_ = now;
  context_.owner.look_for_peers();
}

bool FetchSources::is_admitted(const Source& source) const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const auto& each) { return each.source.get() == &source; });
}

// What has changed since it was admitted.
void FetchSources::review(SourceId id, SourcePlan& plan, MonotonicTime now) {
  if (plan.is_left_out(id)) return;
  auto& admitted = sources_[id];
  auto options = admitted.source->options();
  bool is_trusted = admitted.trust == cas::Trust::trusted;
  if (!options->enabled || options->trusted != is_trusted) {
    auto why = options->enabled ? "The source " + options->name + " has another trusted than when the file was begun."
                                : "The source " + options->name + " is switched off.";
    return plan.leave_out(id, {LaneFailure::Kind::refused, std::move(why), {}});
  }
  if (auto until = admitted.source->left_out_until(now)) return plan.hold(id, until);
  if (admitted.peer) look_again(id, plan, now);
}

// Nothing: it cannot be asked, or not yet.
std::optional<FetchSources::Admitted> FetchSources::look_at(const std::shared_ptr<Source>& source, MonotonicTime now) {
  auto options = source->options();
  if (!source->is_usable(now) || source->was_blamed_for(digest_)) return std::nullopt;
  Admitted found{source, options->trusted ? cas::Trust::trusted : cas::Trust::untrusted, source_url(*options, names_),
                 grant_};
  if (!found.url) return std::nullopt;
  if (!options->share_private && !is_public(now)) return std::nullopt;
  if (options->kind == SourceKind::peer && !find_peer(found, now)) return std::nullopt;
  return found;
}

// Whether it has any of the blob, as far as is known.
bool FetchSources::find_peer(Admitted& peer, MonotonicTime now) {
  peer.runs = peers_.runs(*peer.source);
  if (peer.runs.empty() && !peers_.is_due(*peer.source, now)) return false;
  peer.peer = context_.setup.peers ? context_.setup.peers->tls_of(*peer.source->options()) : nullptr;
  if (!peer.peer) {
    peer.source->failed("This Weir is not paired with it: weir peer invite there, and weir peer add here.", now);
    return false;
  }
  if (peers_.is_due(*peer.source, now)) peers_.ask(peer.source, *peer.url, peer.peer, now);
  return !peer.runs.empty();
}

// It may have more by now.
void FetchSources::look_again(SourceId id, SourcePlan& plan, MonotonicTime now) {
  auto& peer = sources_[id];
  if (peers_.is_due(*peer.source, now)) peers_.ask(peer.source, *peer.url, peer.peer, now);
  const auto& runs = peers_.runs(*peer.source);
  if (runs == peer.runs) return;
  peer.runs = runs;
  plan.set_holds(id, runs);
  // It had not what it was asked for before.
  plan.readmit(id);
}

void FetchSources::cancel() {
  ticket_ = nullptr;
  peers_.cancel();
}

// Asks, where it is not known.
bool FetchSources::is_public(MonotonicTime now) {
  const auto* url = resolve_url(grant_);
  if (!url) return false;
  if (publicity_ == Publicity::unknown) publicity_.reset();
  if (!publicity_ && !ticket_) publicity_ = context_.probe.known(*url, now);
  if (!publicity_ && !ticket_)
    ticket_ = context_.probe.ask(*url, [this](Publicity publicity) {
      ticket_ = nullptr;
      publicity_ = publicity;
      on_change_();
    });
  return publicity_ == Publicity::everybody;
}

void FetchSources::address(SourceId id, LaneRequest& request) const {
  auto options = this->options(id);
  request.source = *sources_[id].url;
  request.kind = options->kind;
  request.digest = digest_;
  const auto& grant = sources_[id].grant;
  if (options->send_token && grant && !grant->authorization.empty())
    request.credentials.add("Authorization", grant->authorization.reveal());
  request.peer = sources_[id].peer;
}

}  // namespace weir::upstream
